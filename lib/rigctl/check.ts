// What a check before a deploy is asked about, and what it finds.
import type { RigConfig } from '../config.js';
import type { Aws } from './aws.js';
import type { Call } from './ec2.js';

/** A deploy that is meant: a configuration, and what makes the CDK see the same one. */
export interface Deployment {
  readonly config: RigConfig;
  /** Passed to the CDK app as it came from the command line. */
  readonly context: Readonly<Record<string, string>>;
  /** What the CDK has looked up once and keeps in cdk.context.json. */
  readonly pins: Readonly<Record<string, unknown>>;
}

/** What checks share beside that. */
export interface Subject extends Deployment {
  readonly account: string;
  /** How many resources of a CloudFormation type the deploy makes beside those that the rig has; asked for on an update. */
  readonly countNew: (type: string) => Promise<number>;
}

export interface Check {
  readonly name: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do about it, where it is not ok. */
  readonly next?: string;
}

export interface Checker {
  (subject: Subject, aws: Aws, call: Call): Promise<Check[]>;
  /** Its name where the credentials may not ask. */
  readonly label: string;
}

export function checker(
  label: string,
  check: (subject: Subject, aws: Aws, call: Call) => Promise<Check[]>,
): Checker {
  return Object.assign(check, { label });
}
