// The two programs of a local bookfeed run: the exchange that plays a feed, and bookfeed that follows it.
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createInterface, type Interface } from 'node:readline';

import type { z } from 'zod';

import { PROJECT } from '../local/core.js';
import { inside } from '../local/network.js';
import { endProcess } from '../local/process.js';
import type { Processors } from '../pair/placement.js';
import { RigError } from '../run.js';
import { EXCHANGE, PORT } from './network.js';
import type { BookfeedOptions } from './options.js';
import type { RunFolder } from './state.js';
import { exchangeEnd, exchangeStart, type ExchangeEnd, type ExchangeStart } from './status.js';

/** Recorded feeds are no part of the project. */
const FEEDS = `${PROJECT}/../shared/feeds`;
const EXCHANGE_SECONDS = 20;

/** The exchange's process, and the lines that it answers with. */
export interface Exchange extends Started {
  readonly lines: Interface;
}

export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
}

/** Detached from the terminal: a Ctrl-C is ours to handle, so that both are stopped in order. */
async function start(
  namespace: string,
  words: readonly string[],
  log: string,
  pipes: boolean,
): Promise<Started> {
  const file = await open(log, 'w');
  const child = spawn('ip', inside(namespace, ...words), {
    detached: true,
    stdio: pipes ? ['pipe', 'pipe', file.fd] : ['ignore', file.fd, file.fd],
  });
  // What cannot be started says so here; the missing pid below is what is acted upon.
  child.on('error', () => undefined);
  await file.close();
  if (child.pid === undefined) throw new RigError('ip could not be started', 'bash bin/setup.sh start');
  return { child, pid: child.pid };
}

/** @param cpus that it may run on: not the one where bookfeed polls, if there are others. */
export async function startExchange(
  folder: RunFolder,
  { venue, rate, feed }: BookfeedOptions,
  cpus: readonly number[],
): Promise<Exchange> {
  const program = [
    'taskset',
    '-c',
    cpus.join(','),
    'python3',
    '-B',
    `${PROJECT}/native/bench/local_exchange.py`,
  ];
  const where = ['--address', EXCHANGE.ipv4, '--port', String(EXCHANGE.port), '--folder', folder.path];
  const record = feed === 'generated' ? [] : ['--feeds', FEEDS];
  const what = ['--venue', venue, '--rate', String(rate), ...record];
  const words = [...program, ...where, ...what];
  const { child, pid } = await start(folder.namespaces.exchange, words, folder.exchangeLog, true);
  // Writing to one that has ended is not a fault: that it has is found by its silence.
  child.stdin?.on('error', () => undefined);
  if (child.stdout === null) throw new TypeError('the exchange has no standard output');
  return { pid, child, lines: createInterface({ input: child.stdout }) };
}

/** Waits until the exchange listens. */
export async function exchangeReady(
  folder: RunFolder,
  exchange: Exchange,
  { feed, venue }: BookfeedOptions,
  signal: AbortSignal,
): Promise<ExchangeStart> {
  const start = await answer(folder, exchange, exchangeStart, signal);
  if (feed === undefined || feed === start.source) return start;
  throw new RigError(`no recorded feed of ${venue} in ${FEEDS}`, 'leave --feed out, or --feed generated');
}

/** Has the exchange stop its stream and tell what it has sent. */
export async function endExchange(folder: RunFolder, exchange: Exchange): Promise<ExchangeEnd> {
  const ended = answer(folder, exchange, exchangeEnd, undefined);
  exchange.child.stdin?.write('end\n');
  return ended;
}

/** The exchange's next line. */
async function answer<T>(
  folder: RunFolder,
  { lines }: Exchange,
  schema: z.ZodType<T>,
  stop: AbortSignal | undefined,
): Promise<T> {
  const late = AbortSignal.timeout(EXCHANGE_SECONDS * 1000);
  const signal = stop === undefined ? late : AbortSignal.any([stop, late]);
  const line = await new Promise<string | undefined>((resolve) => {
    const done = (text?: string): void => {
      resolve(text);
    };
    lines.once('line', done);
    lines.once('close', done);
    signal.addEventListener('abort', () => {
      done();
    });
  });
  stop?.throwIfAborted();
  if (line !== undefined) return schema.parse(JSON.parse(line));
  throw await fault(
    folder.exchangeLog,
    'the exchange',
    late.aborted ? `said nothing for ${EXCHANGE_SECONDS} s` : 'ended',
  );
}

/** Starts bookfeed; it keeps its status in the folder. */
export async function startBookfeed(
  program: string,
  folder: RunFolder,
  symbols: readonly string[],
  options: BookfeedOptions,
  { poll, control }: Processors,
): Promise<Started> {
  const lwip = options.transport === 'lwip';
  const eal = [
    ...[
      '--no-pci',
      '--log-level=error',
      `--file-prefix=${folder.filePrefix}`,
      `--huge-dir=${folder.hugetlbfs}`,
    ],
    ...[`--lcores=0@${control},1@${poll}`, `--vdev=${DEVICES[options.link]}`, '--'],
  ];
  const own = lwip
    ? ['--transport=lwip', `--ipv4=${PORT.ipv4}/${PORT.prefix}`, `--gateway=${EXCHANGE.ipv4}`]
    : ['--transport=kernel', '--wait=spin'];
  const words = [
    ...(lwip ? [program, ...eal] : ['taskset', '-c', String(poll), program]),
    ...own,
    ...[`--venue=${options.venue}`, `--symbols=${symbols.join(',')}`],
    ...[`--connect=${EXCHANGE.ipv4}:${EXCHANGE.port}`, `--ca=${folder.ca}`],
    ...['--output=quiet', '--interval-ms=250', `--status-file=${folder.status}`],
  ];
  return start(folder.namespaces.bookfeed, words, folder.bookfeedLog, false);
}

const DEVICES = {
  af_packet: `net_af_packet0,iface=${PORT.device},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1`,
  af_xdp: `net_af_xdp0,iface=${PORT.device}`,
} as const;

/** A program's fault with the last lines that it wrote. */
export async function fault(log: string, program: string, what: string): Promise<RigError> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).trim();
  if (lines === '') return new RigError(`${program} ${what} and said nothing of it`, 'run again');
  const said = lines.split('\n').slice(-5).join('\n  ');
  return new RigError(`${program} ${what}; it said:\n  ${said}\n`, 'mend what it names and run again');
}

/** Stops those of the processes that are of this run; waits for their end. */
export async function stopProcesses(folder: RunFolder, pids: readonly number[]): Promise<void> {
  await Promise.all(pids.map((pid) => endProcess(pid, folder.path)));
}
