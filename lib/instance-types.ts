// The EC2 types that a rig may run on, and what it has to know of each. Figures from DescribeInstanceTypes (memory,
// interfaces, vCPUs) and from the EC2 guide's table of burstable types (credits). Only types with ENA.
import {
  FAMILIES,
  type Architecture,
  type EnaGeneration,
  type PlacementStrategy,
} from './ena-generations.js';

export interface InstanceType {
  readonly name: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  /** Network interfaces that can be attached, at least. */
  readonly interfaces: number;
  /** CPU credits earned in an hour; undefined where the type is not burstable. */
  readonly creditsPerHour?: number;
  readonly architecture: Architecture;
  readonly ena: EnaGeneration;
  /** Queue pairs that each interface has. */
  readonly queues: number;
  /** How two of them can be put so that their distance is known. */
  readonly placement: PlacementStrategy;
}

/** vCPUs and the fewest interfaces that any family below has in this size. */
const SIZES: Readonly<Record<string, { readonly vcpus: number; readonly interfaces: number }>> = {
  nano: { vcpus: 2, interfaces: 2 },
  micro: { vcpus: 2, interfaces: 2 },
  small: { vcpus: 2, interfaces: 2 },
  medium: { vcpus: 2, interfaces: 3 },
  large: { vcpus: 2, interfaces: 3 },
  xlarge: { vcpus: 4, interfaces: 4 },
  '2xlarge': { vcpus: 8, interfaces: 4 },
  '3xlarge': { vcpus: 12, interfaces: 8 },
  '4xlarge': { vcpus: 16, interfaces: 8 },
  '6xlarge': { vcpus: 24, interfaces: 8 },
  '8xlarge': { vcpus: 32, interfaces: 8 },
  '9xlarge': { vcpus: 36, interfaces: 8 },
  '12xlarge': { vcpus: 48, interfaces: 8 },
  '16xlarge': { vcpus: 64, interfaces: 15 },
  '18xlarge': { vcpus: 72, interfaces: 15 },
  '24xlarge': { vcpus: 96, interfaces: 15 },
};

const BURSTABLE_GIB = { nano: 0.5, micro: 1, small: 2, medium: 4, large: 8, xlarge: 16, '2xlarge': 32 };
const BURSTABLE_CREDITS: Readonly<Record<string, number>> = {
  nano: 6,
  micro: 12,
  small: 24,
  medium: 24,
  large: 36,
  xlarge: 96,
  '2xlarge': 192,
};
const BURSTABLE = new Set(['t3', 't3a', 't4g']);

const GEN5 = 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge';
const FLEX = 'large xlarge 2xlarge 4xlarge 8xlarge';
const GRAVITON = 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge';

/** Memory in GiB by family and size. */
const MEMORY_GIB: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  t3: BURSTABLE_GIB,
  t3a: BURSTABLE_GIB,
  t4g: BURSTABLE_GIB,
  c5: perVcpu(2, 'large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge'),
  c5a: perVcpu(2, GEN5),
  c5n: { ...perVcpu(2.625, 'large xlarge 2xlarge 4xlarge'), '9xlarge': 96, '18xlarge': 192 },
  c6a: perVcpu(2, GEN5),
  c6g: perVcpu(2, GRAVITON),
  c6gn: perVcpu(2, GRAVITON),
  c6i: perVcpu(2, GEN5),
  c6in: perVcpu(2, GEN5),
  c7a: perVcpu(2, GEN5),
  c7g: perVcpu(2, GRAVITON),
  c7gn: perVcpu(2, GRAVITON),
  c7i: perVcpu(2, GEN5),
  'c7i-flex': perVcpu(2, FLEX),
  c8g: perVcpu(2, `${GRAVITON} 24xlarge`),
  m5: perVcpu(4, GEN5),
  m5n: perVcpu(4, GEN5),
  m5zn: perVcpu(4, 'large xlarge 2xlarge 3xlarge 6xlarge 12xlarge'),
  m6a: perVcpu(4, GEN5),
  m6g: perVcpu(4, GRAVITON),
  m6i: perVcpu(4, GEN5),
  m6in: perVcpu(4, GEN5),
  m7a: perVcpu(4, GEN5),
  m7g: perVcpu(4, GRAVITON),
  m7i: perVcpu(4, GEN5),
  'm7i-flex': perVcpu(4, FLEX),
  m8g: perVcpu(4, `${GRAVITON} 24xlarge`),
  r5: perVcpu(8, GEN5),
  r5n: perVcpu(8, GEN5),
  r6g: perVcpu(8, GRAVITON),
  r6i: perVcpu(8, GEN5),
  r6in: perVcpu(8, GEN5),
  r7g: perVcpu(8, GRAVITON),
  r7i: perVcpu(8, GEN5),
  r8g: perVcpu(8, `${GRAVITON} 24xlarge`),
};

function perVcpu(gib: number, sizes: string): Record<string, number> {
  return Object.fromEntries(sizes.split(' ').map((size) => [size, gib * (SIZES[size]?.vcpus ?? NaN)]));
}

/** Looks a type up; undefined when the table does not have it. */
export function findInstanceType(name: string): InstanceType | undefined {
  if (!/^[a-z0-9-]+\.[a-z0-9]+$/.test(name)) return undefined;
  const [familyName = '', size = ''] = name.split('.');
  const gib = MEMORY_GIB[familyName]?.[size];
  const shape = SIZES[size];
  const family = FAMILIES[familyName];
  if (gib === undefined || shape === undefined || family === undefined) return undefined;
  const creditsPerHour = BURSTABLE.has(familyName) ? BURSTABLE_CREDITS[size] : undefined;
  const queues = family.ena.queues(shape.vcpus);
  return { name, memoryMib: gib * 1024, ...shape, creditsPerHour, ...family, queues };
}

/** Says why a type is not in the table and what to do about it. */
export function explainUnknownType(name: string): string {
  const [family = '', size = ''] = name.split('.');
  const sizes = Object.hasOwn(MEMORY_GIB, family) ? MEMORY_GIB[family] : undefined;
  if (sizes) return `${family} has no size "${size}" here; its sizes: ${Object.keys(sizes).join(', ')}`;
  const families = Object.keys(MEMORY_GIB).join(', ');
  return `known families: ${families}; for another type with ENA add its line to lib/instance-types.ts and lib/ena-generations.ts`;
}
