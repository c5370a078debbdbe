// `rigctl compare A.json B.json`: two measurements side by side. A difference counts only where it is larger than what each
// of them shows by itself: the range of its repeats, and for a rate also how near the search came.
import { readFile } from 'node:fs/promises';

import { parseMeasurement, type Load, type Measurement, type Setup } from '../measurement.js';
import { EXIT, RigFault } from './exit.js';
import { formatTable } from './operation.js';
import { loadName } from './plot/panels.js';
import { formatRate, formatShare, formatTime } from './plot/scale.js';
import type { Terminal } from './terminal.js';

export type Verdict = 'same' | 'better' | 'worse' | 'unknown';

/** A figure of both: its value and the range within which it scatters. */
export interface Row {
  readonly what: string;
  readonly a: number;
  readonly b: number;
  /** (B - A) / A; null where A is 0 and B is not. */
  readonly change: number | null;
  readonly spreadA: Range | undefined;
  readonly spreadB: Range | undefined;
  /** Of B. Unknown: one of them was measured once only. */
  readonly verdict: Verdict;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface Comparison {
  readonly rows: readonly Row[];
  readonly differences: readonly { readonly what: string; readonly a: string; readonly b: string }[];
}

export interface CompareOptions {
  readonly json: boolean;
}

/** @returns the exit code: 1 when B is worse in any row by more than the spread. */
export async function compareFiles(
  [fileA, fileB]: readonly [string, string],
  options: CompareOptions,
  terminal: Terminal,
): Promise<number> {
  const [a, b] = await Promise.all([readMeasurement(fileA), readMeasurement(fileB)]);
  const comparison = compare(a, b);
  if (comparison.rows.length === 0) {
    throw new RigFault(
      `nothing in ${fileA} (${a.profile}) compares with ${fileB} (${b.profile}): no load is in both`,
      'measure both with the same profile and --rates',
      EXIT.usage,
    );
  }
  const worse = comparison.rows.some((row) => row.verdict === 'worse');
  if (options.json) terminal.out(`${JSON.stringify({ a: fileA, b: fileB, worse, ...comparison })}\n`);
  else terminal.out(formatComparison(comparison, fileA, fileB));
  return worse ? EXIT.failed : EXIT.done;
}

async function readMeasurement(file: string): Promise<Measurement> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new RigFault(`${file} cannot be read: ${why}`, 'name a JSON file of rigctl measure', EXIT.usage);
  });
  const parsed = parseMeasurement(text);
  if (parsed.kind === 'measurement') return parsed.measurement;
  throw new RigFault(
    `${file} is no measurement: ${parsed.reason}`,
    'name a JSON file of rigctl measure, npm start or rig-measure',
    EXIT.usage,
  );
}

/** Pure. Loads are matched by their share of the rate without loss, or by their rate. */
export function compare(a: Measurement, b: Measurement): Comparison {
  return { rows: [...rateRow(a, b), ...loadRows(a, b)], differences: differences(a, b) };
}

function rateRow(a: Measurement, b: Measurement): Row[] {
  const [rateA, rateB] = [a.result.loss_free_pps, b.result.loss_free_pps];
  if (rateA === undefined || rateB === undefined) return [];
  return [makeRow('rate without loss', rateA, rateB, rateSpread(a), rateSpread(b), 'more')];
}

/** A search that found the same each time still only came as near as its precision. */
function rateSpread({ result, settings }: Measurement): Range | undefined {
  const found = result.searches_pps ?? [];
  return widen(range(found), settings.precision);
}

/** Where two times may lie in the same bucket of the histogram: an octave has 128 of them. */
const BUCKET = 1 / 128;
const TIMES = ['p50', 'p99', 'p99_9'] as const;

function loadRows(a: Measurement, b: Measurement): Row[] {
  return a.loads.flatMap((load) => {
    const other = b.loads.find((candidate) =>
      load.share === null
        ? candidate.share === null && candidate.rate_pps === load.rate_pps
        : candidate.share === load.share,
    );
    return other ? compareLoads(load, other) : [];
  });
}

function compareLoads(a: Load, b: Load): Row[] {
  const name = loadName(a);
  const loss = makeRow(
    `${name}: loss`,
    a.loss,
    b.loss,
    range(a.repeats.map((repeat) => repeat.loss)),
    range(b.repeats.map((repeat) => repeat.loss)),
    'less',
  );
  const times = TIMES.flatMap((key) => {
    if (!a.rtt_ns || !b.rtt_ns) return [];
    const spread = (load: Load): Range | undefined =>
      widen(range(load.repeats.flatMap((repeat) => repeat.rtt_ns?.[key] ?? [])), BUCKET);
    const what = `${name}: ${key.replace('_', '.')}`;
    return [makeRow(what, a.rtt_ns[key], b.rtt_ns[key], spread(a), spread(b), 'less')];
  });
  return [loss, ...times];
}

function range(values: readonly number[]): Range | undefined {
  return values.length < 2 ? undefined : { low: Math.min(...values), high: Math.max(...values) };
}

function widen(spread: Range | undefined, part: number): Range | undefined {
  return spread && { low: spread.low * (1 - part), high: spread.high * (1 + part) };
}

function makeRow(
  what: string,
  a: number,
  b: number,
  spreadA: Range | undefined,
  spreadB: Range | undefined,
  better: 'more' | 'less',
): Row {
  const change = a === b ? 0 : a === 0 ? null : (b - a) / a;
  const row = { what, a, b, change, spreadA, spreadB };
  if (a === b) return { ...row, verdict: 'same' };
  if (!spreadA || !spreadB) return { ...row, verdict: 'unknown' };
  if (spreadA.low <= spreadB.high && spreadB.low <= spreadA.high) return { ...row, verdict: 'same' };
  return { ...row, verdict: b > a === (better === 'more') ? 'better' : 'worse' };
}

/** What is not alike in the two set-ups: the first thing to look at when the figures differ. */
function differences(a: Measurement, b: Measurement): Comparison['differences'] {
  const [factsA, factsB] = [facts(a), facts(b)];
  return Object.keys(factsA)
    .filter((what) => factsA[what] !== factsB[what])
    .map((what) => ({ what, a: factsA[what] ?? '', b: factsB[what] ?? '' }));
}

function facts({ profile, settings, setup }: Measurement): Record<string, string> {
  const { core, instance } = setup;
  const peers = setup.peers.map(
    (peer) => `${peer.mode} on ${peer.driver}, ${peer.version}, DPDK ${peer.dpdk}`,
  );
  return {
    profile,
    'frame size': settings.frame_size,
    'trial seconds': String(settings.seconds),
    repeats: String(settings.repeat),
    precision: String(settings.precision),
    pollcore: core.version,
    DPDK: core.dpdk,
    driver: core.driver,
    link: `${core.link_mbps} Mbit/s`,
    burst: String(core.burst),
    options: coreOptions(core.command),
    peers: peers.join('; ') || 'not on this machine',
    'instance type': instance?.type ?? 'none',
    zone: instance?.zone ?? 'none',
    'placement group': instance?.placement_group ?? 'none',
    image: instance?.image ?? 'none',
    ...machineFacts(setup),
  };
}

function machineFacts(setup: Setup): Record<string, string> {
  return {
    generation: setup.generation ?? 'none',
    os: setup.os,
    kernel: setup.kernel,
    'kernel command line': setup.kernel_command_line,
    architecture: setup.architecture,
    CPU: setup.cpu,
    CPUs: `${setup.cpus} of ${setup.cpus_online}`,
    governor: setup.governor ?? 'none',
    hugepages: setup.hugepages ? `${setup.hugepages.total} x ${setup.hugepages.size_kb} kB` : 'none',
  };
}

/** The core's own options; EAL's have names of files and processes in them, which differ always. */
function coreOptions(command: string): string {
  return command.split(' -- ').slice(1).join(' -- ');
}

const WORDS: Readonly<Record<Verdict, string>> = {
  same: 'within the spread',
  better: 'B is better',
  worse: 'B is worse',
  unknown: 'spread unknown: --repeat 3',
};

export function formatComparison({ rows, differences: differ }: Comparison, a: string, b: string): string {
  const table = rows.map((row) => {
    const format = formatterOf(row.what);
    const change =
      row.change === null ? 'from none' : `${row.change > 0 ? '+' : ''}${(row.change * 100).toFixed(1)} %`;
    const spread = (range_: Range | undefined): string =>
      range_ ? `${format(range_.low)} .. ${format(range_.high)}` : '-';
    return [
      row.what,
      format(row.a),
      spread(row.spreadA),
      format(row.b),
      spread(row.spreadB),
      change,
      WORDS[row.verdict],
    ];
  });
  const header = ['', 'A', 'SPREAD OF A', 'B', 'SPREAD OF B', 'CHANGE', 'VERDICT'];
  const setups =
    differ.length === 0
      ? 'the set-ups are alike in all that was recorded\n'
      : `what differs in the set-up:\n${formatTable([['', 'A', 'B'], ...differ.map((row) => [row.what, row.a, row.b])])}`;
  return `A = ${a}\nB = ${b}\n\n${formatTable([header, ...table])}\n${setups}`;
}

function formatterOf(what: string): (value: number) => string {
  if (what.startsWith('rate')) return (value) => `${formatRate(value)}/s`;
  return what.endsWith('loss') ? formatShare : formatTime;
}
