// What a check before a deploy is, and what it finds.
import type { RigConfig } from '../config.js';
import type { Aws } from './aws.js';
import type { Call } from './ec2.js';

export interface Check {
  readonly name: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do about it, where it is not ok. */
  readonly next?: string;
}

export interface Checker {
  (config: RigConfig, aws: Aws, call: Call): Promise<Check[]>;
  /** Its name where the credentials may not ask. */
  readonly label: string;
}

export function checker(
  label: string,
  check: (config: RigConfig, aws: Aws, call: Call) => Promise<Check[]>,
): Checker {
  return Object.assign(check, { label });
}
