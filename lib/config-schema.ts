// Each key that a rig's configuration has: what is allowed, what is the default. Pure; config.ts makes a RigConfig of it.
import { isIPv4 } from 'node:net';

import { z } from 'zod';

export const DEFAULT_NAME = 'DpdkRig';
/** A fleet of pairs this long is what one stack can hold: 500 resources, 200 outputs, of which a pair takes 28 and 12. */
const MAX_RIGS = 16;

/** A list as JSON in cdk.json, or as JSON or with commas after -c, which passes strings alone. */
export function splitList(value: unknown): unknown {
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
export const schema = z.object({
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
  workload: z.enum(['pollcore', 'bookfeed']).default('pollcore').describe('pollcore or bookfeed'),
  'feed.venue': z
    .enum(['binance', 'binance-futures', 'kraken', 'coinbase'])
    .optional()
    .describe('binance, binance-futures, kraken or coinbase'),
  'feed.symbols': z
    .preprocess(
      splitList,
      z
        .array(z.string().regex(/^[\w/.:-]{1,23}$/))
        .min(1)
        .max(64)
        .optional(),
    )
    .describe("1 to 64 of the venue's names, such as XBT/USD,ETH/USD"),
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

export type Key = keyof typeof schema.shape;
export type Parsed = z.output<typeof schema>;
export type Input = Readonly<Record<string, unknown>>;
