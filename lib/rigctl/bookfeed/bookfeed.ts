// `npm start -- --workload bookfeed`: an exchange in one network namespace, bookfeed in another, and what it makes of the feed.
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { isOrderlyEnd } from '../interrupt.js';
import { buildBookfeed } from '../local/core.js';
import { addHugepages, mountHugetlbfs, returnHugepages, unmountHugetlbfs } from '../local/hugepages.js';
import { endProcess, isAlive } from '../local/process.js';
import { requireRoot } from '../local/root.js';
import { placeCores, readCpus } from '../pair/placement.js';
import { RigError } from '../run.js';
import type { Terminal } from '../terminal.js';
import { makeNetwork, removeNetwork } from './network.js';
import type { BookfeedOptions } from './options.js';
import {
  endExchange,
  exchangeReady,
  fault,
  startBookfeed,
  startExchange,
  stopProcesses,
  type Exchange,
  type Started,
} from './processes.js';
import { bookfeedReporter, type BookfeedReporter } from './report.js';
import { findStaleRuns, RunFolder, type RunState } from './state.js';
import { differingBooks, readBookfeed, type BookfeedStatus } from './status.js';

/** Count of 2 MB pages: packet buffers take about 10 MB, those of af_xdp are locked besides, EAL and telemetry the rest. */
const HUGEPAGES = 48;
const GOOD_SECONDS = 20;
const AGREE_MS = 3000;

interface Running {
  readonly exchange: Exchange;
  readonly bookfeed: Started;
}

/**
 * Brings exchange and bookfeed up, shows the books, and takes all down again.
 * @param signal aborted by Ctrl-C or SIGTERM: ends the run early, with its summary once the books are good.
 * @throws the signal's reason when it ended before its time; one without a time ends by Ctrl-C.
 */
export async function runBookfeed(
  options: BookfeedOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  requireRoot();
  await clearStaleRuns(terminal);
  terminal.progress('building bookfeed');
  const program = await buildBookfeed(options.venue, { signal, onProgress: terminal.progress });
  const folder = new RunFolder(process.pid);
  const reporter = bookfeedReporter(options, terminal);
  try {
    const running = await bringUp(program, folder, options, reporter, terminal, signal);
    const seconds = await watch(folder, running, options, reporter, signal);
    await finish(folder, running, seconds, reporter);
    const whole = options.seconds === 0 ? isOrderlyEnd(signal) : seconds >= options.seconds;
    if (!whole) signal.throwIfAborted();
  } finally {
    terminal.progress('taking exchange and bookfeed down');
    await takeDown(folder);
  }
}

/** Takes down what killed runs left. @returns whether there was any. */
export async function clearStaleRuns(terminal: Terminal): Promise<boolean> {
  const stale = await findStaleRuns();
  for (const folder of stale) {
    terminal.progress('an earlier bookfeed run ended without cleaning up; taking it down first');
    await takeDown(folder);
  }
  return stale.length > 0;
}

async function bringUp(
  program: string,
  folder: RunFolder,
  options: BookfeedOptions,
  reporter: BookfeedReporter,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Running> {
  let state: RunState = { hugepages: 0, pids: [] };
  const record = async (change: Partial<RunState>): Promise<void> => {
    state = { ...state, ...change };
    await folder.write(state);
  };
  const lwip = options.transport === 'lwip';
  await record({});
  if (lwip) {
    await record({ hugepages: await addHugepages(HUGEPAGES) });
    await mountHugetlbfs(folder.hugetlbfs);
  }
  await makeNetwork(folder, !lwip, { signal });
  const cpus = await readCpus();
  const { generator: processors } = placeCores(cpus);
  const others = cpus.map(({ number }) => number).filter((number) => number !== processors.poll);
  const exchange = await startExchange(folder, options, others.length > 0 ? others : [processors.poll]);
  await record({ pids: [exchange.pid] });
  const start = await exchangeReady(folder, exchange, options, signal);
  reporter.exchange(start);
  terminal.progress(`starting bookfeed by ${lwip ? `lwip on ${options.link}` : "the kernel's TCP"}`);
  const bookfeed = await startBookfeed(program, folder, start.symbols, options, processors);
  await record({ pids: [exchange.pid, bookfeed.pid] });
  const running = { exchange, bookfeed };
  await waitGood(folder, running, signal);
  return running;
}

/** @throws RigError when one of the two has ended by itself. */
async function checkAlive(folder: RunFolder, { exchange, bookfeed }: Running): Promise<void> {
  const how = ({ child }: Started): string =>
    `ended by itself (${child.signalCode ?? `exit code ${child.exitCode}`})`;
  if (!isAlive(bookfeed.pid)) throw await fault(folder.bookfeedLog, 'bookfeed', how(bookfeed));
  if (!isAlive(exchange.pid)) throw await fault(folder.exchangeLog, 'the exchange', how(exchange));
}

async function waitGood(folder: RunFolder, running: Running, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + GOOD_SECONDS * 1000;
  let status: BookfeedStatus | undefined;
  while (performance.now() < deadline) {
    await checkAlive(folder, running);
    status = await readBookfeed(folder.status);
    if (status !== undefined && status.good === status.symbols) return;
    await sleep(100, undefined, { signal });
  }
  const found = status
    ? `${status.good} of ${status.symbols} books, ${status.state}, ${status.why}`
    : 'no status';
  throw await fault(
    folder.bookfeedLog,
    'bookfeed',
    `had not all books good within ${GOOD_SECONDS} s (${found})`,
  );
}

/** Shows the books once a second until the time is over or Ctrl-C. @returns how long that was, in seconds. */
async function watch(
  folder: RunFolder,
  running: Running,
  options: BookfeedOptions,
  reporter: BookfeedReporter,
  signal: AbortSignal,
): Promise<number> {
  const begun = performance.now();
  const limit = options.seconds === 0 ? Infinity : options.seconds * 1000;
  for (let elapsed = 0; elapsed < limit && !signal.aborted; elapsed = performance.now() - begun) {
    await checkAlive(folder, running);
    const status = await readBookfeed(folder.status);
    if (status !== undefined) reporter.books(status, elapsed / 1000);
    // An early end is as good as any.
    await sleep(Math.min(1000, limit - elapsed), undefined, { signal }).catch(() => undefined);
  }
  return (performance.now() - begun) / 1000;
}

/** Stops the stream, compares the books of both sides, stops bookfeed, and reports. */
async function finish(
  folder: RunFolder,
  { exchange, bookfeed }: Running,
  seconds: number,
  reporter: BookfeedReporter,
): Promise<void> {
  const end = await endExchange(folder, exchange);
  const deadline = performance.now() + AGREE_MS;
  let status = await readBookfeed(folder.status);
  while (performance.now() < deadline && status !== undefined && differingBooks(status, end).length > 0) {
    await sleep(100);
    status = await readBookfeed(folder.status);
  }
  await endProcess(bookfeed.pid, folder.path);
  status = await readBookfeed(folder.status);
  if (status === undefined) throw await fault(folder.bookfeedLog, 'bookfeed', 'left no status');
  const differing = differingBooks(status, end);
  reporter.summary({ seconds, status, end, differing });
  if (differing.length === 0) return;
  throw new RigError(
    `${differing.length} of ${status.symbols} books are not the exchange's at the end: ${differing.join(', ')}`,
    'see resyncs and reconnects above; is the machine overloaded? try a lower --rate',
  );
}

/** Undoes all that a run's state speaks of, in reverse order; what is not there is passed over. */
async function takeDown(folder: RunFolder): Promise<void> {
  const state = await folder.read();
  if (state === undefined) return;
  await stopProcesses(folder, state.pids);
  await rm(folder.runtimeDirectory, { recursive: true, force: true });
  await removeNetwork(folder);
  await unmountHugetlbfs(folder.hugetlbfs);
  await returnHugepages(state.hugepages);
  await folder.remove();
}
