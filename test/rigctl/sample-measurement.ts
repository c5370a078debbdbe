// A measurement as rig-measure prints it: a search that found 500,000 packets a second three times.
import type { Interval, Load, Measurement, RoundTrip, Trial } from '../../lib/measurement.js';

/** Round trips that are `times` as long as those of a quiet rig. */
export function sampleTrips(times = 1): RoundTrip {
  const ns = {
    min: 900,
    mean: 1400,
    p10: 1000,
    p50: 1300,
    p90: 1900,
    p99: 6000,
    p99_9: 20_000,
    p99_99: 80_000,
  };
  const trips = { ...ns, max: 120_000 };
  return Object.fromEntries(Object.entries(trips).map(([key, value]) => [key, value * times])) as RoundTrip;
}

export function sampleTrial(changes: Partial<Trial> = {}): Trial {
  const { p50, p99, p99_9, max } = sampleTrips();
  return {
    purpose: 'search',
    repeat: 1,
    attempt: 1,
    rate_pps: 500_000,
    offered_pps: 500_000,
    seconds: 1,
    sent: 500_000,
    received: 500_000,
    lost: 0,
    lost_here: 0,
    lost_at_peer: null,
    unsent: 0,
    duplicates: 0,
    reordered: 0,
    late: 0,
    loss: 0,
    poll_gaps_1ms: 0,
    poll_gaps_10ms: 0,
    stolen: 0,
    rtt_ns: { p50, p99, p99_9, max },
    disturbed: null,
    ...changes,
  };
}

/** @param times of each repeat, how much longer its round trips are. */
export function sampleLoad(
  share: number | null,
  rate: number,
  times: readonly number[] = [1, 1.1, 0.9],
): Load {
  return {
    rate_pps: rate,
    share,
    sent: rate * times.length,
    received: rate * times.length,
    lost: 0,
    unsent: 0,
    duplicates: 0,
    reordered: 0,
    loss: 0,
    rtt_ns: sampleTrips(times[0]),
    curve: [
      [0.01, 1000],
      [0.5, 1300],
      [0.99, 6000],
      [0.9999, 80_000],
    ],
    repeats: times.map((factor) => ({ loss: 0, disturbed: null, rtt_ns: sampleTrips(factor) })),
  };
}

export function sampleInterval(at: number): Interval {
  return {
    at_s: at,
    sent: 1000,
    received: 1000,
    outstanding: at,
    mbufs_free: 4000,
    stolen: 0,
    poll_gaps_1ms: 0,
    poll_gaps_10ms: 0,
    rtt_ns: sampleTrips(),
  };
}

const core: Measurement['setup']['core'] = {
  version: '0.1.0',
  dpdk: '24.11.8',
  mode: 'generate',
  device: '0000:00:06.0',
  driver: 'net_ena',
  mac: '02:00:00:00:00:06',
  ipv4: '10.0.1.23',
  link: 'up',
  link_mbps: 0,
  burst: 32,
  alarms: '',
  resets: 0,
  command: '/opt/dpdk-rig/bin/pollcore --lcores 0@0,1@1 -- --mode generate --rate 0',
};

export function sampleMeasurement(changes: Partial<Measurement> = {}): Measurement {
  return {
    schema: 1,
    profile: 'search',
    started: '2026-11-24T09:00:00Z',
    seconds: 31.5,
    settings: {
      frame_size: '64',
      seconds: 1,
      rates: [],
      max_rate: null,
      precision: 0.01,
      repeat: 3,
      retries: 2,
      budget: 3600,
      max_stolen: 0.01,
      settle: 0.2,
      drain: 1,
      interval: 1,
    },
    setup: {
      rig: 'Two-generator',
      generation: '1a2b3c4d',
      host: 'ip-10-0-1-23',
      os: 'Ubuntu 22.04.5 LTS',
      kernel: '6.8.0-1021-aws',
      architecture: 'x86_64',
      cpu: 'Intel(R) Xeon(R) Platinum 8259CL',
      cpus: 2,
      cpus_online: 2,
      governor: null,
      virtual_machine: true,
      kernel_command_line: 'root=PARTUUID=1',
      hugepages: { total: 512, free: 400, size_kb: 2048 },
      instance: { id: 'i-1', type: 'c6i.large', zone: 'eu-west-1a', placement_group: 'p', image: 'ami-1' },
      core,
      peers: [],
    },
    result: {
      loss_free_pps: 500_000,
      searches_pps: [500_000, 495_000, 505_000],
      limit: 'loss',
      ceiling_pps: 1_000_000,
      at_pps: 400_000,
      loss: 0,
      rtt_ns: sampleTrips(),
    },
    loads: [0.1, 0.5, 0.8, 0.9].map((share) => sampleLoad(share, share * 500_000)),
    intervals: [],
    trials: [
      sampleTrial({ purpose: 'ceiling', rate_pps: null, offered_pps: 1_000_000, lost: 250_000, loss: 0.25 }),
      sampleTrial({ rate_pps: 750_000, offered_pps: 600_000, unsent: 100_000 }),
      sampleTrial({ disturbed: 'a poller waited for its processor 12.0 % of the time' }),
      sampleTrial({ purpose: 'latency', rate_pps: 250_000, offered_pps: 250_000 }),
    ],
    counters: { before: { pps_allowance_exceeded: 0 }, after: { pps_allowance_exceeded: 7 } },
    warnings: [],
    ...changes,
  };
}
