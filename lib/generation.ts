// A rig's generation: one hash of all that makes the machine what it is. It is part of the logical id of every
// resource that CloudFormation must replace together, since a new instance cannot take an interface, an address or
// a wait condition that the old one still holds.
import { createHash } from 'node:crypto';

import type { CfnResource } from 'aws-cdk-lib';

/** Values that synth knows: a token would hash to its number, not to what it stands for. */
export type GenerationInputs = Readonly<Record<string, string | number | readonly string[]>>;

/** Eight hex digits that change when any of the inputs does, and not with their order. */
export function hashGeneration(inputs: GenerationInputs): string {
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 8);
}

/** Makes `resource` one of those that are replaced when the generation changes. */
export function replaceWith(generation: string, name: string, resource: CfnResource): void {
  resource.overrideLogicalId(`${name}${generation}`);
}
