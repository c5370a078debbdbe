// The schema of a rig's status: userdata/lib/status.py writes it, rigctl, npm start and the tests read it here.
// On the serial console one status is one line: `rig-status: {json}`.
import { z } from 'zod';

const CONSOLE_MARK = 'rig-status: ';
/** Far above the longest true status (about 1 KB); a longer line is something else. */
const MAX_LINE_CHARS = 16_384;

/** Text that a terminal may show: the machine's words with whatever could steer the terminal taken out. */
const text = z
  .string()
  .max(2000)
  .transform((value) => value.replace(/\p{Cc}+/gu, ' '));
const count = z.int().nonnegative();
const milestone = z.enum(['pending', 'success', 'failure']);

export const portStatusSchema = z.object({
  schema: z.literal(1),
  rig: text,
  generation: text,
  time: text,
  uptime_s: count,
  state: z.enum(['provisioning', 'ready', 'degraded', 'failed']),
  step: text.nullable(),
  progress: z.object({ done: count, total: count }).nullable(),
  milestones: z.object({
    DpdkReady: milestone,
    PortReady: milestone,
    CoreRunning: milestone,
    // Of a generator alone.
    Measured: milestone.optional(),
  }),
  // The next three only of a machine that is one of a pair; the address and the figures are the generator's.
  role: z.enum(['generator', 'reflector']).optional(),
  peer: text.nullable().optional(),
  measurement: z
    .object({ loss_free_pps: count, loss: z.number().min(0).max(1), p50_ns: count, p99_ns: count })
    .nullable()
    .optional(),
  // Of a bookfeed that answers.
  feed: z.object({ venue: text, state: text, symbols: count, good: count }).optional(),
  error: z
    .object({ code: z.string().regex(/^E_[A-Z0-9_]{1,60}$/), step: text, cause: text, fix: text })
    .nullable(),
  dpdk: text.nullable(),
  port: z
    .object({
      pci: text,
      driver: text.nullable(),
      link: z.enum(['up', 'down', 'unknown']),
      mac: text,
      ipv4: text,
      prefix: z.int().min(0).max(32),
      gateway: text.nullable(),
    })
    .nullable(),
  hugepages: z.object({ total: count, free: count, size_kb: count }).nullable(),
  core: z
    .object({
      state: z.enum(['running', 'starting', 'stopped', 'failed']),
      mode: text,
      uptime_s: count,
      rx_packets: count,
      tx_packets: count,
      rx_dropped: count,
      restarts: count,
    })
    .nullable(),
});

export type PortStatus = z.output<typeof portStatusSchema>;

export type ParsedStatus =
  | { readonly kind: 'status'; readonly status: PortStatus }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Reads one status document, as `rig-status --json` prints it. Never throws. */
export function parsePortStatus(json: string): ParsedStatus {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    return { kind: 'invalid', reason: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const parsed = portStatusSchema.safeParse(document);
  if (parsed.success) return { kind: 'status', status: parsed.data };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'status'}: ${issue.message}`);
  return { kind: 'invalid', reason: faults.join('; ') };
}

/**
 * Finds the status in one line of console output, wherever in the line it stands: the kernel's messages share the
 * console and may come before or after it. Never throws.
 */
export function parseConsoleLine(line: string): ParsedStatus | { readonly kind: 'none' } {
  const mark = line.indexOf(CONSOLE_MARK);
  if (mark < 0) return { kind: 'none' };
  if (line.length > MAX_LINE_CHARS) {
    return { kind: 'invalid', reason: `the line has ${line.length} characters, more than ${MAX_LINE_CHARS}` };
  }
  const json = leadingObject(line.slice(mark + CONSOLE_MARK.length));
  if (json === undefined) return { kind: 'invalid', reason: 'the JSON is cut off' };
  return parsePortStatus(json);
}

/** The JSON object at the start of `input`, without what follows it; undefined when it has no end. */
function leadingObject(input: string): string | undefined {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < input.length; i++) {
    const char = input[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return input.slice(0, i + 1);
  }
  return undefined;
}

/** One readable line: what a person wants to know first. */
export function formatPortStatus(status: PortStatus): string {
  const { state, step, error, progress, port, hugepages, core, role, peer, measurement, feed } = status;
  const parts: string[] = [];
  if (error) parts.push(`${error.code} in ${error.step}: ${error.cause}; ${error.fix}`);
  else if (step !== null) parts.push(progress ? `${step} ${progress.done}/${progress.total}` : step);
  if (port) {
    parts.push(`${port.pci} on ${port.driver ?? 'no driver'}`, `link ${port.link}`);
    parts.push(`${port.ipv4}/${port.prefix} ${port.mac}`);
  }
  if (role) parts.push(peer === null || peer === undefined ? role : `${role}, peer ${peer}`);
  if (hugepages) {
    parts.push(`hugepages ${hugepages.free} of ${hugepages.total} x ${hugepages.size_kb / 1024} MB free`);
  }
  if (core) {
    parts.push(`core ${core.state} (${core.mode}), rx ${core.rx_packets} tx ${core.tx_packets}`);
    if (core.rx_dropped > 0) parts.push(`dropped ${core.rx_dropped}`);
    if (core.restarts > 0) parts.push(`restarts ${core.restarts}`);
  }
  if (measurement) {
    const { loss_free_pps: rate, p50_ns: p50, p99_ns: p99 } = measurement;
    parts.push(`measured ${rate} packets/s without loss, p50 ${p50 / 1000} us, p99 ${p99 / 1000} us`);
  }
  if (feed) parts.push(`${feed.venue} ${feed.state}, ${feed.good} of ${feed.symbols} books good`);
  return [state, parts.join(', ')].filter((part) => part !== '').join(': ');
}
