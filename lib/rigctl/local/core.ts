// The local rig's packet-polling core: build it, start it on the port, ask it, stop it.
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, symlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { RigError, run, type RunOptions } from '../run.js';
import { inside, PEER, PORT } from './network.js';
import { endProcess, isAlive } from './process.js';
import { CORE_LOG, FILE_PREFIX, HUGETLBFS } from './state.js';

/** The project's folder, as npm enters it. */
export const PROJECT = resolve(__dirname, '../../..');
const TELEMETRY = `${PROJECT}/userdata/bin/rig-telemetry`;
const CACHE = `${PROJECT}/.cache/local`;
const BUILD_LOCK = `${CACHE}/build.lock`;
const READY_SECONDS = 15;

export const coreStatus = z.looseObject({
  state: z.string(),
  self_test: z.string(),
  dpdk: z.string(),
  driver: z.string(),
  mode: z.string(),
});
export const coreStats = z.looseObject({
  rx_packets: z.number(),
  tx_packets: z.number(),
  rx_dropped: z.number(),
  tx_dropped: z.number(),
  polls: z.number(),
  mbufs_free: z.number(),
  mbufs_total: z.number(),
});
export type CoreStats = z.infer<typeof coreStats>;

/**
 * Builds native/ by the rig's own step, and DPDK too where the system's is older than 22.11.
 * @returns the path of the core's program.
 */
export async function buildCore(options: RunOptions): Promise<string> {
  return buildProgram('pollcore', CACHE, {}, options);
}

/** Builds bookfeed likewise, in a place of its own: neither program makes the other be built anew. */
export async function buildBookfeed(venue: string, options: RunOptions): Promise<string> {
  const root = `${CACHE}/bookfeed`;
  await mkdir(root, { recursive: true });
  await symlink('../dpdk', `${root}/dpdk`).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  // The step wants a rig's whole configuration; what is built does not depend on the feed.
  const workload = { RIG_WORKLOAD: 'bookfeed', RIG_FEED_VENUE: venue, RIG_FEED_SYMBOLS: 'ANY' };
  return buildProgram('bookfeed', root, workload, options);
}

async function buildProgram(
  program: string,
  root: string,
  workload: Readonly<Record<string, string>>,
  options: RunOptions,
): Promise<string> {
  const env = {
    RIG_STATE: `${CACHE}/state`,
    RIG_RUN: `${CACHE}/run`,
    RIG_NATIVE_SRC: `${PROJECT}/native`,
    RIG_CONSOLE: '/dev/null',
    ...workload,
  };
  await mkdir(CACHE, { recursive: true });
  const step = (name: string, more: Record<string, string>): Promise<string> =>
    // Another rig may be built at this moment, in the same folders.
    run('flock', [BUILD_LOCK, 'bash', `${PROJECT}/userdata/steps/${name}.sh`], {
      ...options,
      env: { ...env, ...more },
    });
  const fromSystem = await systemHasDpdk(options);
  if (!fromSystem) await step('build-dpdk', { RIG_ROOT: CACHE });
  await step('build-native', { RIG_ROOT: root, ...(fromSystem ? { RIG_DPDK_SYSTEM: '1' } : {}) });
  return `${root}/bin/${program}`;
}

async function systemHasDpdk(options: RunOptions): Promise<boolean> {
  return run('pkg-config', ['--atleast-version=22.11', 'libdpdk'], options).then(
    () => true,
    (error: unknown) => {
      if (error instanceof RigError && !error.cause.includes('not installed')) return false;
      throw error;
    },
  );
}

/** Starts the core in the port's namespace, detached from the terminal, and gives its process id. */
export async function startCore(program: string, mode: string): Promise<number> {
  const cpus = await allowedCpus();
  const eal = [
    '--no-pci',
    `--file-prefix=${FILE_PREFIX}`,
    `--huge-dir=${HUGETLBFS}`,
    `--lcores=0@${cpus.at(0)},1@${cpus.at(-1)}`,
    `--vdev=net_af_packet0,iface=${PORT.device},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1`,
  ];
  const options = [`--mode=${mode}`, `--ipv4=${PORT.ipv4}`, `--gateway=${PEER.ipv4}`];
  const log = await open(CORE_LOG, 'w');
  const child = spawn('ip', inside(PORT.namespace, program, ...eal, '--', ...options), {
    detached: true, // a Ctrl-C in the terminal is ours to handle: the core is stopped in order, not at once
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  child.unref();
  if (child.pid === undefined) throw new RigError('ip could not be started', 'bash bin/setup.sh start');
  return child.pid;
}

/** The processors that this process may run on, in order; at least one. */
export async function allowedCpus(): Promise<readonly number[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/**
 * Waits until the core says through its telemetry that it runs and that its self-test passed.
 * @throws RigError with the core's last words when it ends, or after READY_SECONDS.
 */
export async function waitForCore(pid: number, options: RunOptions): Promise<void> {
  const deadline = performance.now() + READY_SECONDS * 1000;
  while (performance.now() < deadline) {
    if (!isAlive(pid)) throw await coreFault('ended before it was ready');
    const status = await askCore('/pollcore/status', coreStatus, options).catch((error: unknown) => {
      if (error instanceof RigError) return undefined; // it is not there yet
      throw error;
    });
    if (status?.state === 'running' && status.self_test === 'passed') return;
    await sleep(100, undefined, { signal: options.signal });
  }
  throw await coreFault(`was not ready within ${READY_SECONDS} s`);
}

/** A fault of the core with the last lines that it wrote. */
export async function coreFault(what: string): Promise<RigError> {
  const log = await readFile(CORE_LOG, 'utf8');
  const said = log.trim().split('\n').slice(-5).join('\n  ');
  return new RigError(`the core ${what}; it said:\n  ${said}\n`, 'mend what it names and run again');
}

/**
 * Asks the running core one of its telemetry commands.
 * @throws RigError when nobody listens, or the answer is not of that shape: DPDK answers null to what is not registered yet.
 */
export async function askCore<T>(command: string, schema: z.ZodType<T>, options: RunOptions): Promise<T> {
  const answer = await run(TELEMETRY, ['--file-prefix', FILE_PREFIX, command], options);
  const parsed = schema.safeParse(JSON.parse(answer));
  if (parsed.success) return parsed.data;
  throw new RigError(`${command} answered ${answer.trim()}`, `see ${CORE_LOG}`);
}

/** Stops the core if it runs, and gives its last report. */
export async function stopCore(pid: number): Promise<string> {
  await endProcess(pid, `--file-prefix=${FILE_PREFIX}`);
  const log = await readFile(CORE_LOG, 'utf8').catch(() => '');
  return log.match(/^pollcore: .*$/gm)?.at(-1) ?? '';
}
