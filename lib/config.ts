// RigConfig: what a rig can be asked to be. parseConfig turns the user's context into it and reports every fault at
// once. Pure: bin/rig.ts reads the context and hands it in.
import { isIPv4 } from 'node:net';

import { z } from 'zod';

import { unknownKeys } from './config-keys.js';
import { explainUnknownType, findInstanceType, type InstanceType } from './instance-types.js';

export const DEFAULT_NAME = 'DpdkRig';

const MIN_MEMORY_MIB = 4096;
const MIN_INTERFACES = 2;
/** What stays for Ubuntu, the agent and the build beside the hugepages. */
const KEPT_MEMORY_MIB = 1024;
const HUGEPAGE_MIB = 2;
/** A fleet of pairs this long is what one stack can hold: 500 resources, 200 outputs, of which a pair takes 28 and 12. */
export const MAX_RIGS = 16;

/** The user's keys of a context. CDK's own have a colon or an @ in them, but for what its commands write down. */
export function rigContext(context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const ofCdk = /[:@]|^acknowledged-issue-numbers$|^cli-telemetry$/;
  return Object.fromEntries(Object.entries(context).filter(([key]) => !ofCdk.test(key)));
}

/** A list as JSON in cdk.json, or as JSON or with commas after -c, which passes strings alone. */
function splitList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (!value.trimStart().startsWith('[')) {
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isCidr(value: string): boolean {
  const [, network = '', prefix] = /^([\d.]+)\/([1-9]|[12]\d|3[0-2])$/.exec(value) ?? [];
  if (!isIPv4(network)) return false;
  const address = network.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return address % 2 ** (32 - Number(prefix)) === 0;
}

function isEndpoint(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}${pathname}${search}${hash}` === '/';
}

/** As a number in cdk.json, as a string after -c. */
const wholeNumber = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

/** Each key's schema; the description says what is allowed and completes the sentence of a fault. */
const schema = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/)
    .default(DEFAULT_NAME)
    .describe('a stack name: a letter, then up to 63 letters, digits and hyphens'),
  instanceType: z
    .string()
    .max(32)
    .default('t3.medium')
    .describe('an EC2 type with ENA, two interfaces and 4 GiB, such as t3.medium, c6i.large or c7g.large'),
  hugepages: wholeNumber
    .pipe(z.int().min(64))
    .default(512)
    .describe('a whole number of 2 MB pages, 64 or more'),
  driver: z.enum(['igb_uio', 'vfio-pci']).default('igb_uio').describe('igb_uio or vfio-pci'),
  workload: z.enum(['pollcore']).default('pollcore').describe('pollcore'),
  pollcoreMode: z
    .enum(['respond', 'sink', 'reflect'])
    .default('respond')
    .describe('respond, sink or reflect'),
  topology: z.enum(['single', 'pair', 'fleet']).default('single').describe('single, pair or fleet'),
  pairPeer: z.enum(['reflect', 'respond']).optional().describe('reflect or respond'),
  rigs: wholeNumber
    .pipe(z.int().min(1).max(MAX_RIGS))
    .optional()
    .describe(`a whole number, 1 to ${MAX_RIGS}: one stack holds no more`),
  fleetOf: z.enum(['rig', 'pair']).optional().describe('rig or pair'),
  image: z
    .union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')])
    .default(false)
    .describe('true or false'),
  dataCidrs: z
    .preprocess(splitList, z.array(z.string().refine(isCidr)).max(50))
    .default([])
    .describe('up to 50 IPv4 networks without host bits, such as 10.2.0.0/16; a prefix of 1 to 32'),
  amiId: z
    .string()
    .regex(/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/)
    .optional()
    .describe("the id of an image of the type's architecture, such as ami-0123456789abcdef0"),
  amiParameter: z
    .string()
    .regex(/^\/[\w./-]{1,1000}$/)
    .optional()
    .describe("the name of an SSM parameter that holds an image's id, such as /dpdk-rig/DpdkRigImage/ami-id"),
  availabilityZone: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/)
    .optional()
    .describe('a zone of the region that is deployed to, such as eu-west-1b'),
  cpuCredits: z.enum(['unlimited', 'standard']).optional().describe('unlimited or standard'),
  s3Endpoint: z
    .string()
    .refine(isEndpoint)
    .transform((value) => new URL(value).origin)
    .optional()
    .describe('http:// or https:// with host and port alone, such as http://10.0.2.100:9000'),
  ttlHours: wholeNumber
    .pipe(z.int().min(1).max(720))
    .optional()
    .describe('whole hours from the deploy to the end of the rig, 1 to 720'),
  extraDrivers: z
    .preprocess(splitList, z.array(z.string().regex(/^net\/[a-z0-9_]{1,32}$/)).max(16))
    .default([])
    .describe('up to 16 DPDK network drivers, such as net/e1000'),
});

export const CONFIG_KEYS: readonly string[] = Object.keys(schema.shape);

export type Driver = z.output<typeof schema>['driver'];
export type PollcoreMode = z.output<typeof schema>['pollcoreMode'];
export type PairPeer = NonNullable<z.output<typeof schema>['pairPeer']>;
export type Topology = z.output<typeof schema>['topology'];
export type FleetOf = NonNullable<z.output<typeof schema>['fleetOf']>;
export type Workload = z.output<typeof schema>['workload'];
export type CpuCredits = NonNullable<z.output<typeof schema>['cpuCredits']>;

export interface RigConfig {
  readonly name: string;
  readonly instanceType: InstanceType;
  readonly hugepages: number;
  readonly driver: Driver;
  readonly workload: Workload;
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
export function parseConfig(input: Readonly<Record<string, unknown>>): RigConfig {
  const parsed = schema.safeParse(input);
  const faults = [
    ...unknownKeys(input, CONFIG_KEYS),
    ...(parsed.error?.issues ?? []).map((issue) => describeFault(issue.path, input)),
    ...machineFaults(input),
    ...(parsed.success ? topologyFaults(parsed.data, input) : []),
  ];
  const instanceType = parsed.success ? findInstanceType(parsed.data.instanceType) : undefined;
  if (faults.length > 0 || !parsed.success || !instanceType) throw new ConfigError(faults);

  const { cpuCredits = 'unlimited', ...rest } = parsed.data;
  const burstable = instanceType.creditsPerHour !== undefined;
  return { ...rest, ...fillTopology(rest), instanceType, cpuCredits: burstable ? cpuCredits : undefined };
}

type Parsed = z.output<typeof schema>;

/** The defaults that depend on the topology. */
function fillTopology(
  parsed: Pick<Parsed, 'topology' | 'pairPeer' | 'rigs' | 'fleetOf'>,
): Partial<RigConfig> {
  const fleet = parsed.topology === 'fleet';
  const fleetOf = fleet ? (parsed.fleetOf ?? 'rig') : undefined;
  const pairs = parsed.topology === 'pair' || fleetOf === 'pair';
  return {
    rigs: fleet ? (parsed.rigs ?? 2) : undefined,
    fleetOf,
    pairPeer: pairs ? (parsed.pairPeer ?? 'reflect') : undefined,
  };
}

/** Keys that mean nothing, or something else, with the topology that is asked for. */
function topologyFaults(parsed: Parsed, input: Readonly<Record<string, unknown>>): string[] {
  const filled = fillTopology(parsed);
  const given = (key: Key): boolean => input[key] !== undefined;
  const fault = (key: Key, why: string): string => `${key} = ${JSON.stringify(input[key])}; ${why}`;
  const pairs = filled.pairPeer !== undefined;
  return [
    ...(['rigs', 'fleetOf'] as const)
      .filter((key) => given(key) && filled.fleetOf === undefined)
      .map((key) => fault(key, 'it belongs to a fleet: add topology=fleet, or leave the key out')),
    ...(given('pairPeer') && !pairs
      ? [fault('pairPeer', 'it belongs to pairs: add topology=pair or fleetOf=pair, or leave the key out')]
      : []),
    ...(given('pollcoreMode') && pairs
      ? [fault('pollcoreMode', 'in a pair one machine generates, and pairPeer says what the other does')]
      : []),
    ...(given('amiId') && given('amiParameter')
      ? [fault('amiParameter', 'amiId names an image already: leave one of them out')]
      : []),
    ...(parsed.image && given('ttlHours')
      ? [fault('ttlHours', 'an image stays until its stack is destroyed: leave the key out')]
      : []),
    ...(parsed.image && parsed.topology !== 'single'
      ? [
          fault(
            'image',
            'an image is baked by itself: leave topology out, and add it for the rigs of that image',
          ),
        ]
      : []),
  ];
}

type Key = keyof typeof schema.shape;

function describeFault(path: readonly PropertyKey[], input: Readonly<Record<string, unknown>>): string {
  const [key, index] = path;
  const value = splitListAt(input[String(key)], index);
  return `${String(key)} = ${JSON.stringify(value)}; allowed: ${schema.shape[key as Key].description ?? ''}`;
}

function splitListAt(value: unknown, index: PropertyKey | undefined): unknown {
  const list = splitList(value);
  return typeof index === 'number' && Array.isArray(list) ? (list[index] as unknown) : value;
}

/** What only shows when the keys are seen together with the type's own limits. */
function machineFaults(input: Readonly<Record<string, unknown>>): string[] {
  const named = schema.shape.instanceType.safeParse(input['instanceType']);
  if (!named.success) return [];
  const type = findInstanceType(named.data);
  if (!type) return [`instanceType = "${named.data}"; ${explainUnknownType(named.data)}`];
  if (type.memoryMib < MIN_MEMORY_MIB || type.interfaces < MIN_INTERFACES) {
    const has = `${type.memoryMib} MiB and ${type.interfaces} interfaces`;
    return [
      `instanceType = "${type.name}"; it has ${has}, a rig needs ${MIN_MEMORY_MIB} and ${MIN_INTERFACES}`,
    ];
  }
  const faults: string[] = [];
  const pages = schema.shape.hugepages.safeParse(input['hugepages']);
  const most = Math.floor((type.memoryMib - KEPT_MEMORY_MIB) / HUGEPAGE_MIB);
  if (pages.success && pages.data > most) {
    faults.push(
      `hugepages = ${pages.data}; allowed: at most ${most} on ${type.name}, which leaves the machine 1 GiB`,
    );
  }
  const credits = schema.shape.cpuCredits.safeParse(input['cpuCredits']);
  if (credits.success && credits.data !== undefined && type.creditsPerHour === undefined) {
    faults.push(`cpuCredits = "${credits.data}"; ${type.name} has no CPU credits: leave the key out`);
  }
  return faults;
}
