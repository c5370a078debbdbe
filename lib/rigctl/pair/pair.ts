// `npm start -- --topology pair`: two cores on this machine, of which one measures the other, as a pair on AWS does.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { parseMeasurement, type Measurement } from '../../measurement.js';
import { buildCore, PROJECT } from '../local/core.js';
import { addHugepages, mountHugetlbfs, returnHugepages, unmountHugetlbfs } from '../local/hugepages.js';
import { requireRoot } from '../local/root.js';
import { faultFromWords } from '../measure.js';
import { measureArguments, type MeasureOptions } from '../measure-options.js';
import { formatMeasurement, saveMeasurement } from '../results.js';
import { RigError, run, type RunOptions } from '../run.js';
import type { Terminal } from '../terminal.js';
import {
  generatorOptions,
  peerOptions,
  startPairCore,
  stopPairCores,
  waitForPairCore,
  waitUntil,
} from './cores.js';
import { makeLink, removeLink, type CoreName, type End, type Link } from './link.js';
import { placeCores, readCpus, type Placement } from './placement.js';
import { findStalePairs, PairFolder, type PairState } from './state.js';

/** Count of 2 MB pages for both cores: each takes about 20 MB for packet buffers, EAL and telemetry the rest. */
const PAIR_HUGEPAGES = 48;
/** Enough for a rate to show itself between virtual ports; a NIC wants more. Bounds a default run to less than a minute. */
export const PAIR_DEFAULTS = { trial: 0.5, precision: 0.02 };
const BOUNDS = ['--settle', '0.1', '--drain', '0.5', '--retries', '1', '--budget', '20'];

export interface PairOptions extends MeasureOptions {
  readonly link: Link;
  /** What the peer does with a frame. */
  readonly mode: 'reflect' | 'respond';
  /** Where the results go. */
  readonly out: string;
  readonly json: boolean;
}

/**
 * Brings the pair up, measures, writes the results, takes it down again.
 * @param signal aborted by Ctrl-C or SIGTERM: the pair is taken down all the same.
 */
export async function runPair(options: PairOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  requireRoot();
  await clearStalePairs(terminal);
  terminal.progress('building the core');
  const program = await buildCore({ signal, onProgress: terminal.progress });
  const cpus = await readCpus();
  const placement = placeCores(cpus);
  if (placement.warning !== undefined) terminal.progress(placement.warning);
  const folder = new PairFolder(process.pid);
  let measurement: Measurement;
  try {
    await bringUp(folder, program, options, placement, cpus.length, { signal });
    terminal.progress(`generator and peer (${options.mode}) run, joined by ${options.link}; measuring`);
    measurement = await measure(folder, options, { signal, onProgress: measuring(terminal) });
  } finally {
    terminal.progress('taking the pair down');
    await takeDown(folder);
  }
  await report(measurement, placement, options, terminal);
}

async function report(
  measured: Measurement,
  { warning }: Placement,
  options: PairOptions,
  terminal: Terminal,
): Promise<void> {
  const warnings = [...(warning === undefined ? [] : [warning]), ...measured.warnings];
  const measurement = { ...measured, warnings };
  const files = await saveMeasurement(measurement, `pair-${options.link}`, options.out);
  if (options.json) terminal.out(`${JSON.stringify({ event: 'measured', files, measurement })}\n`);
  else {
    terminal.out(`\n${formatMeasurement(measurement)}\n`);
    terminal.out(
      Object.values(files)
        .map((file: string) => `  ${file}\n`)
        .join(''),
    );
  }
}

/** Takes down what killed pairs left. @returns whether there was any. */
export async function clearStalePairs(terminal: Terminal): Promise<boolean> {
  const stale = await findStalePairs();
  for (const folder of stale) {
    terminal.progress('an earlier pair ended without cleaning up; taking it down first');
    await takeDown(folder);
  }
  return stale.length > 0;
}

async function bringUp(
  folder: PairFolder,
  program: string,
  { link, mode, frameSize = '64' }: PairOptions,
  placement: Placement,
  processors: number,
  options: RunOptions,
): Promise<void> {
  let state: PairState = { ownerPid: process.pid, hugepages: 0, corePids: [] };
  const record = async (change: Partial<PairState>): Promise<void> => {
    state = { ...state, ...change };
    await folder.write(state);
  };
  await record({});
  await record({ hugepages: await addHugepages(PAIR_HUGEPAGES) });
  await mountHugetlbfs(folder.hugetlbfs);
  const ends = await makeLink(link, folder, options);
  const start = async (name: CoreName, end: End, words: readonly string[]): Promise<number> => {
    const pid = await startPairCore(folder, {
      program,
      name,
      end,
      processors: placement[name],
      options: words,
    });
    await record({ corePids: [...state.corePids, pid] });
    return pid;
  };
  const peer = await start('peer', ends.peer, peerOptions(mode, processors));
  // A memif client asks once, when it starts.
  if (link === 'memif') {
    await waitUntil(folder, 'peer', peer, options, () => Promise.resolve(existsSync(folder.memifSocket)));
  }
  const generator = await start('generator', ends.generator, generatorOptions(mode, ends.peer, frameSize));
  // Each has a link only while the other is there, so the first fault is the one that explains.
  await Promise.all([
    waitForPairCore(folder, 'generator', generator, options),
    waitForPairCore(folder, 'peer', peer, options),
  ]);
}

async function measure(folder: PairFolder, options: PairOptions, running: RunOptions): Promise<Measurement> {
  const output = `${folder.path}/measurement.json`;
  const args = [
    ...['--socket', folder.telemetrySocket('generator'), '--peer-socket', folder.telemetrySocket('peer')],
    ...measureArguments({
      ...options,
      frameSize: undefined, // the generator has been started with it
      trial: options.trial ?? PAIR_DEFAULTS.trial,
      precision: options.precision ?? PAIR_DEFAULTS.precision,
    }),
    ...BOUNDS,
    ...['--output', output],
  ];
  let said = '';
  const onProgress = (line: string): void => {
    said = line;
    running.onProgress?.(line);
  };
  await run('python3', [`${PROJECT}/userdata/bin/rig-measure`, ...args], { ...running, onProgress }).catch(
    (error: unknown) => {
      throw error instanceof RigError ? faultFromWords(said, error.cause) : error;
    },
  );
  const parsed = parseMeasurement(await readFile(output, 'utf8'));
  if (parsed.kind === 'measurement') return parsed.measurement;
  throw new RigError(
    `rig-measure wrote what is no measurement: ${parsed.reason}`,
    'this is a fault of the project',
  );
}

/** One line that is written over where a person watches. */
function measuring(terminal: Terminal): (line: string) => void {
  return (line) => {
    terminal.live(`rig: ${line.replace(/^rig-measure: /, '')}`);
  };
}

/** Undoes all that a pair's state speaks of, in reverse order; what is not there is passed over. */
async function takeDown(folder: PairFolder): Promise<void> {
  const state = await folder.read();
  if (state === undefined) return;
  await stopPairCores(folder, state.corePids);
  await removeLink(folder);
  await unmountHugetlbfs(folder.hugetlbfs);
  await returnHugepages(state.hugepages);
  await folder.remove();
}
