// RigConfig: what a rig can be asked to be. parseConfig turns the user's context into it and reports every fault at
// once. Pure: bin/rig.ts reads the context and hands it in.
import type { z } from 'zod';

import { feedFaults, fillTopology, machineFaults, topologyFaults } from './config-faults.js';
import { unknownKeys } from './config-keys.js';
import { DEFAULT_NAME, schema, splitList, type Input, type Key } from './config-schema.js';
import { findInstanceType, type InstanceType } from './instance-types.js';

export { DEFAULT_NAME };

/** The user's keys of a context. CDK's own have a colon or an @ in them, but for what its commands write down. */
export function rigContext(context: Input): Record<string, unknown> {
  const ofCdk = /[:@]|^acknowledged-issue-numbers$|^cli-telemetry$/;
  return Object.fromEntries(Object.entries(context).filter(([key]) => !ofCdk.test(key)));
}

export const CONFIG_KEYS: readonly string[] = Object.keys(schema.shape);

export type Driver = z.output<typeof schema>['driver'];
export type PollcoreMode = z.output<typeof schema>['pollcoreMode'];
export type PairPeer = NonNullable<z.output<typeof schema>['pairPeer']>;
export type Topology = z.output<typeof schema>['topology'];
export type FleetOf = NonNullable<z.output<typeof schema>['fleetOf']>;
export type Workload = z.output<typeof schema>['workload'];
export type CpuCredits = NonNullable<z.output<typeof schema>['cpuCredits']>;

export interface Feed {
  readonly venue: string;
  readonly symbols: readonly string[];
}

export interface RigConfig {
  readonly name: string;
  readonly instanceType: InstanceType;
  readonly hugepages: number;
  readonly driver: Driver;
  readonly workload: Workload;
  /** What a bookfeed follows; set for that workload, and only there. */
  readonly feed?: Feed;
  /** What every machine does that is not one of a pair. */
  readonly pollcoreMode: PollcoreMode;
  readonly topology: Topology;
  /** What a pair's second machine does with the first one's frames; set where there are pairs, and only there. */
  readonly pairPeer?: PairPeer;
  /** How many rigs or pairs a fleet has; set for a fleet, and only there. */
  readonly rigs?: number;
  readonly fleetOf?: FleetOf;
  /** Bakes an image in place of making a rig. */
  readonly image: boolean;
  readonly dataCidrs: readonly string[];
  readonly amiId?: string;
  readonly amiParameter?: string;
  /** @default - the region's first; not every zone has every type */
  readonly availabilityZone?: string;
  /** Set for burstable types, and only for them. */
  readonly cpuCredits?: CpuCredits;
  readonly s3Endpoint?: string;
  /** @default - the rig stays until it is destroyed */
  readonly ttlHours?: number;
  readonly extraDrivers: readonly string[];
}

/** Every fault of a configuration, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    const lines = faults.map((fault) => `  ${fault}`).join('\n');
    super(`the rig's configuration (cdk.json "context", or -c key=value) is not valid:\n${lines}`);
  }
}

/** @throws ConfigError with all faults, of which each names the key, the value and what is allowed. */
export function parseConfig(input: Input): RigConfig {
  const parsed = schema.safeParse(input);
  const faults = [
    ...unknownKeys(input, CONFIG_KEYS),
    ...(parsed.error?.issues ?? []).map((issue) => describeFault(issue.path, input)),
    ...machineFaults(input),
    ...(parsed.success ? [...topologyFaults(parsed.data, input), ...feedFaults(parsed.data, input)] : []),
  ];
  const instanceType = parsed.success ? findInstanceType(parsed.data.instanceType) : undefined;
  if (faults.length > 0 || !parsed.success || !instanceType) throw new ConfigError(faults);

  const {
    cpuCredits = 'unlimited',
    'feed.venue': venue,
    'feed.symbols': symbols = [],
    ...rest
  } = parsed.data;
  const burstable = instanceType.creditsPerHour !== undefined;
  const feed = venue === undefined ? undefined : { venue, symbols };
  return {
    ...rest,
    ...fillTopology(rest),
    feed,
    instanceType,
    cpuCredits: burstable ? cpuCredits : undefined,
  };
}

function describeFault(path: readonly PropertyKey[], input: Input): string {
  const [key, index] = path;
  const value = splitListAt(input[String(key)], index);
  return `${String(key)} = ${JSON.stringify(value)}; allowed: ${schema.shape[key as Key].description ?? ''}`;
}

function splitListAt(value: unknown, index: PropertyKey | undefined): unknown {
  const list = splitList(value);
  return typeof index === 'number' && Array.isArray(list) ? (list[index] as unknown) : value;
}
