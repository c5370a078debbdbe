// The two pollcore processes of a local pair: start, wait until both run, stop.
import { spawn } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { PROJECT } from '../local/core.js';
import { endProcess, isAlive } from '../local/process.js';
import { RigError, run, type RunOptions } from '../run.js';
import { ADDRESSES, CORES, type CoreName, type End } from './link.js';
import type { Processors } from './placement.js';
import type { PairFolder } from './state.js';

const READY_SECONDS = 30;

export interface CoreProps {
  readonly program: string;
  readonly name: CoreName;
  readonly end: End;
  readonly processors: Processors;
  readonly options: readonly string[];
}

/** What the generator is told of the peer: one that reflects answers no ARP, one that responds is found by it. */
export function generatorOptions(peerMode: 'reflect' | 'respond', peer: End, frameSize: string): string[] {
  const where =
    peerMode === 'reflect'
      ? [`--peer-mac=${peer.mac}`]
      : [`--ipv4=${ADDRESSES.generator}`, `--peer-ipv4=${ADDRESSES.peer}`];
  return ['--mode=generate', '--rate=0', `--frame-size=${frameSize}`, ...where];
}

export function peerOptions(mode: 'reflect' | 'respond', processors: number): string[] {
  const address = mode === 'respond' ? [`--ipv4=${ADDRESSES.peer}`] : [];
  // On one processor a peer that never rests would only keep the generator from sending.
  return [`--mode=${mode}`, ...address, ...(processors < 2 ? ['--idle=adaptive'] : [])];
}

/** Starts a core, detached from the terminal so that a Ctrl-C stops it in order, and gives its process id. */
export async function startPairCore(folder: PairFolder, props: CoreProps): Promise<number> {
  const { program, name, end, processors, options } = props;
  const eal = [
    '--no-pci',
    `--file-prefix=${folder.filePrefix(name)}`,
    `--huge-dir=${folder.hugetlbfs}`,
    `--lcores=0@${processors.control},1@${processors.poll}`,
    `--vdev=${end.vdev}`,
  ];
  const [file, ...args] = [...end.enter, program, ...eal, '--', ...options, '--self-test-timeout=30'];
  const log = await open(folder.log(name), 'w');
  const child = spawn(file, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  child.unref();
  if (child.pid === undefined) throw new RigError(`${file} could not be started`, 'bash bin/setup.sh start');
  return child.pid;
}

const status = z.looseObject({ state: z.string(), self_test: z.string() });

/** @throws RigError with the core's last words when it ends, or after READY_SECONDS. */
export async function waitForPairCore(
  folder: PairFolder,
  name: CoreName,
  pid: number,
  options: RunOptions,
): Promise<void> {
  await waitUntil(folder, name, pid, options, async () => {
    const ask = [`${PROJECT}/userdata/bin/rig-telemetry`, '--socket', folder.telemetrySocket(name)];
    const answer = await run('python3', [...ask, '/pollcore/status'], options).catch((error: unknown) => {
      if (error instanceof RigError) return '{}'; // it is not there yet
      throw error;
    });
    const { success, data } = status.safeParse(JSON.parse(answer));
    return success && data.state === 'running' && data.self_test === 'passed';
  });
}

/** Waits for a condition that a core brings about. */
export async function waitUntil(
  folder: PairFolder,
  name: CoreName,
  pid: number,
  options: RunOptions,
  condition: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + READY_SECONDS * 1000;
  while (performance.now() < deadline) {
    if (!isAlive(pid)) throw await fault(folder, name, 'ended before it was ready');
    if (await condition()) return;
    await sleep(100, undefined, { signal: options.signal });
  }
  throw await fault(folder, name, `was not ready within ${READY_SECONDS} s`);
}

async function fault(folder: PairFolder, name: CoreName, what: string): Promise<RigError> {
  const lines = (await readFile(folder.log(name), 'utf8')).trim().split('\n');
  // What drivers print while they stop comes after the core's own words.
  const own = lines.filter((line) => line.startsWith('pollcore: ') && !line.includes(': stopped after'));
  const said = (own.length > 0 ? own : lines).slice(-5).join('\n  ');
  return new RigError(`the ${name} ${what}; it said:\n  ${said}\n`, 'mend what it names and run again');
}

/** Stops those of the processes that are cores of this pair, and removes what EAL leaves behind. */
export async function stopPairCores(folder: PairFolder, pids: readonly number[]): Promise<void> {
  await Promise.all(pids.map((pid) => endProcess(pid, `--file-prefix=${folder.filePrefix('')}`)));
  for (const name of CORES) await rm(folder.runtimeDirectory(name), { recursive: true, force: true });
}
