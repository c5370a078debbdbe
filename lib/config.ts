// RigConfig: what a rig can be asked to be. parseConfig turns the user's context into it and reports every fault at
// once. Pure: bin/rig.ts reads the context and hands it in.
import { isIPv4 } from 'node:net';

import { z } from 'zod';

import { explainUnknownType, findInstanceType, type InstanceType } from './instance-types.js';

export const DEFAULT_NAME = 'DpdkRig';

const MIN_MEMORY_MIB = 4096;
const MIN_INTERFACES = 2;
/** What stays for Ubuntu, the agent and the build beside the hugepages. */
const KEPT_MEMORY_MIB = 1024;
const HUGEPAGE_MIB = 2;

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
    .describe('an x86_64 EC2 type with ENA, two interfaces and 4 GiB, such as t3.medium or c6i.large'),
  hugepages: z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
    .pipe(z.int().min(64))
    .default(512)
    .describe('a whole number of 2 MB pages, 64 or more'),
  driver: z.enum(['igb_uio', 'vfio-pci']).default('igb_uio').describe('igb_uio or vfio-pci'),
  workload: z.enum(['pollcore']).default('pollcore').describe('pollcore'),
  pollcoreMode: z
    .enum(['respond', 'sink', 'reflect'])
    .default('respond')
    .describe('respond, sink or reflect'),
  dataCidrs: z
    .preprocess(splitList, z.array(z.string().refine(isCidr)).max(50))
    .default([])
    .describe('up to 50 IPv4 networks without host bits, such as 10.2.0.0/16; a prefix of 1 to 32'),
  amiId: z
    .string()
    .regex(/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/)
    .optional()
    .describe('the id of an Ubuntu 22.04 x86_64 image, such as ami-0123456789abcdef0'),
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
  ttlHours: z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
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
export type Workload = z.output<typeof schema>['workload'];
export type CpuCredits = NonNullable<z.output<typeof schema>['cpuCredits']>;

export interface RigConfig {
  readonly name: string;
  readonly instanceType: InstanceType;
  readonly hugepages: number;
  readonly driver: Driver;
  readonly workload: Workload;
  readonly pollcoreMode: PollcoreMode;
  readonly dataCidrs: readonly string[];
  readonly amiId?: string;
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
    ...unknownKeys(input),
    ...(parsed.error?.issues ?? []).map((issue) => describeFault(issue.path, input)),
    ...machineFaults(input),
  ];
  const instanceType = parsed.success ? findInstanceType(parsed.data.instanceType) : undefined;
  if (faults.length > 0 || !parsed.success || !instanceType) throw new ConfigError(faults);

  const { cpuCredits = 'unlimited', ...rest } = parsed.data;
  const burstable = instanceType.creditsPerHour !== undefined;
  return { ...rest, instanceType, cpuCredits: burstable ? cpuCredits : undefined };
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

function unknownKeys(input: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(input)
    .filter((key) => !CONFIG_KEYS.includes(key))
    .map((key) => {
      const meant = findMeantKey(key.toLowerCase());
      const hint = meant === undefined ? `the keys are ${CONFIG_KEYS.join(', ')}` : `did you mean ${meant}?`;
      return `${key} = ${JSON.stringify(input[key])}; no such key: ${hint}`;
    });
}

/** The key that is a slip of the pen away, else the one that the given word is a part of. */
function findMeantKey(key: string): string | undefined {
  const slips = Math.min(2, Math.floor((key.length - 1) / 2));
  return (
    CONFIG_KEYS.find((known) => editDistance(key, known.toLowerCase()) <= slips) ??
    CONFIG_KEYS.find((known) => key.length > 2 && known.toLowerCase().includes(key))
  );
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
