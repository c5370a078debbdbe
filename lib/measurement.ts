// The schema of a measurement: userdata/bin/rig-measure writes it, rigctl measure, rigctl compare, npm start and the tests
// read it here. Rates are packets a second, times nanoseconds, loss and shares fractions of 1.
import { z } from 'zod';

/** Text that a terminal or a picture may show: whatever could steer a terminal is taken out. */
const text = z
  .string()
  .max(8000)
  .transform((value) => value.replace(/\p{Cc}+/gu, ' '));
const count = z.int().nonnegative();
const share = z.number().min(0).max(1);
const ns = z.number().nonnegative();

const rtt = z.object({
  min: ns,
  mean: ns,
  p10: ns,
  p50: ns,
  p90: ns,
  p99: ns,
  p99_9: ns,
  p99_99: ns,
  max: ns,
});
export type RoundTrip = z.output<typeof rtt>;

/** Counted in a trial, or in all trials of a load. */
const packets = {
  sent: count,
  received: count,
  lost: count,
  /** What the generator could not send in time: not lost, never on the way. */
  unsent: count,
  duplicates: count,
  reordered: count,
  loss: share,
};
/** How the machine disturbed the pollers: the part of the time that one waited for its processor, and gaps in polling. */
const disturbances = { stolen: z.number().nonnegative(), poll_gaps_1ms: count, poll_gaps_10ms: count };

const trial = z.object({
  purpose: z.enum(['ceiling', 'search', 'latency', 'soak']),
  repeat: count,
  attempt: count,
  /** Asked for; null: as fast as it goes. */
  rate_pps: count.nullable(),
  offered_pps: count,
  seconds: z.number().positive(),
  ...packets,
  /** Lost at the generator's own port, and at the peer where that could be asked: the rest was lost on the way. */
  lost_here: count,
  lost_at_peer: count.nullable(),
  late: count,
  ...disturbances,
  rtt_ns: rtt.pick({ p50: true, p99: true, p99_9: true, max: true }).nullable(),
  /** Why the machine may have made this trial what it is; null when it had no part. */
  disturbed: text.nullable(),
});
export type Trial = z.output<typeof trial>;

const load = z.object({
  rate_pps: count,
  /** Of the highest rate without loss; null where the rate was given. */
  share: share.nullable(),
  ...packets,
  rtt_ns: rtt.nullable(),
  /** [fraction of the packets, their greatest round trip], rising. */
  curve: z.array(z.tuple([share, ns])),
  repeats: z.array(z.object({ loss: share, disturbed: text.nullable(), rtt_ns: rtt.nullable() })).min(1),
});
export type Load = z.output<typeof load>;

const interval = z.object({
  at_s: z.number().nonnegative(),
  sent: count,
  received: count,
  /** Sent since the beginning and not back yet. */
  outstanding: count,
  mbufs_free: count,
  ...disturbances,
  rtt_ns: rtt.nullable(),
});
export type Interval = z.output<typeof interval>;

const core = z.object({
  version: text,
  dpdk: text,
  mode: text,
  device: text,
  driver: text,
  mac: text,
  ipv4: text,
  link: text,
  link_mbps: count,
  burst: count,
  alarms: text,
  resets: count,
  /** Empty where the process could not be seen. */
  command: text,
});

const instance = z.object({
  id: text.nullable(),
  type: text.nullable(),
  zone: text.nullable(),
  placement_group: text.nullable(),
  image: text.nullable(),
});

const setup = z.object({
  rig: text.nullable(),
  generation: text.nullable(),
  host: text,
  os: text,
  kernel: text,
  architecture: text,
  cpu: text,
  cpus: count,
  cpus_online: count,
  governor: text.nullable(),
  virtual_machine: z.boolean(),
  kernel_command_line: text,
  hugepages: z.object({ total: count, free: count, size_kb: count }).nullable(),
  /** Null where there is no metadata service. */
  instance: instance.nullable(),
  core,
  /** Those that could be asked: on another machine none. */
  peers: z.array(core),
});
export type Setup = z.output<typeof setup>;

const result = z.object({
  /** Of profile search: the median of the searches, what each found, what stopped the median one, where they began. */
  loss_free_pps: count.optional(),
  searches_pps: z.array(count).optional(),
  limit: z.enum(['loss', 'sender', 'max-rate']).optional(),
  ceiling_pps: count.optional(),
  /** The load that loss and rtt_ns speak of: 80 % of the rate without loss, the highest of latency's, the soak's own. */
  at_pps: count,
  loss: share,
  rtt_ns: rtt.nullable(),
});

export const measurementSchema = z.object({
  schema: z.literal(1),
  profile: z.enum(['search', 'latency', 'soak']),
  started: z.iso.datetime(),
  seconds: z.number().nonnegative(),
  settings: z.object({
    frame_size: z.string().regex(/^(\d{2,4}|imix)$/),
    seconds: z.number().positive(),
    rates: z.array(count),
    max_rate: count.nullable(),
    precision: share,
    repeat: count,
    retries: count,
    budget: z.number(),
    max_stolen: share,
    settle: z.number(),
    drain: z.number(),
    interval: z.number(),
  }),
  setup,
  result,
  loads: z.array(load),
  intervals: z.array(interval),
  trials: z.array(trial),
  counters: z.object({ before: z.record(z.string(), z.number()), after: z.record(z.string(), z.number()) }),
  warnings: z.array(text),
});
export type Measurement = z.output<typeof measurementSchema>;

export type ParsedMeasurement =
  | { readonly kind: 'measurement'; readonly measurement: Measurement }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Reads what rig-measure printed. Never throws. */
export function parseMeasurement(json: string): ParsedMeasurement {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    return { kind: 'invalid', reason: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const parsed = measurementSchema.safeParse(document);
  if (parsed.success) return { kind: 'measurement', measurement: parsed.data };
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'measurement'}: ${message}`,
  );
  const more = faults.length > 5 ? `; and ${faults.length - 5} more` : '';
  return { kind: 'invalid', reason: faults.slice(0, 5).join('; ') + more };
}
