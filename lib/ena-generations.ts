// The generations of ENA, as a rig can tell them apart, and which of them each family of types has. Queues and placement
// from DescribeInstanceTypes; what LLQ is worth from DPDK's guide to its ENA driver.

export type Architecture = 'x86_64' | 'arm64';
export type PlacementStrategy = 'cluster' | 'spread';

export interface EnaGeneration {
  /** Queue pairs of one interface of a type with so many vCPUs. */
  readonly queues: (vcpus: number) => number;
  /** Whether sending without low-latency queues, which want write-combined memory, is slow beyond use. */
  readonly needsLlq: boolean;
  /** Bytes of a packet's headers that fit into a low-latency queue's regular entry: 128 less two descriptors of 16. */
  readonly llqHeaderBytes: number;
}

const LLQ_HEADER_BYTES = 96;

function generation(needsLlq: boolean, queues: EnaGeneration['queues']): EnaGeneration {
  return { queues, needsLlq, llqHeaderBytes: LLQ_HEADER_BYTES };
}

const atMost = (queues: number) => (vcpus: number) => Math.min(vcpus, queues);

/** A device with more queues than the machine has vCPUs offers them all the same. */
const FIFTH = generation(false, () => 8);
const FIFTH_NETWORK = generation(false, (vcpus) => (vcpus < 12 ? 8 : 32));
const BURSTABLE = generation(false, atMost(8));
const SIXTH = generation(true, atMost(8));
const SIXTH_NETWORK = generation(true, (vcpus) => (vcpus < 32 ? Math.min(vcpus, 8) : vcpus < 96 ? 16 : 32));
const GRAVITON_NETWORK = generation(true, atMost(32));
const FLEX = generation(true, (vcpus) => Math.min(vcpus / 2, 4));

export interface Family {
  readonly ena: EnaGeneration;
  readonly architecture: Architecture;
  /** EC2 packs neither burstable nor flex types into a cluster placement group. */
  readonly placement: PlacementStrategy;
}

function families(
  names: string,
  ena: EnaGeneration,
  architecture: Architecture,
  placement: PlacementStrategy = 'cluster',
): Record<string, Family> {
  return Object.fromEntries(names.split(' ').map((name) => [name, { ena, architecture, placement }]));
}

export const FAMILIES: Readonly<Record<string, Family>> = {
  ...families('t3', BURSTABLE, 'x86_64', 'spread'),
  ...families('t3a', FIFTH, 'x86_64', 'spread'),
  ...families('t4g', BURSTABLE, 'arm64', 'spread'),
  ...families('c5 c5a m5 r5', FIFTH, 'x86_64'),
  ...families('c5n m5n m5zn r5n', FIFTH_NETWORK, 'x86_64'),
  ...families('c6a c6i c7a c7i m6a m6i m7a m7i r6i r7i', SIXTH, 'x86_64'),
  ...families('c6in m6in r6in', SIXTH_NETWORK, 'x86_64'),
  ...families('c7i-flex m7i-flex', FLEX, 'x86_64', 'spread'),
  ...families('c6g m6g r6g', FIFTH, 'arm64'),
  ...families('c6gn c7gn', GRAVITON_NETWORK, 'arm64'),
  ...families('c7g c8g m7g m8g r7g r8g', SIXTH, 'arm64'),
};
