// `rigctl local`, which is `npm start`: the rig on this machine. Brings it up, proves it, watches it, takes it down.
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { parsePortStatus, portStatusSchema, type PortStatus } from '../port-status.js';
import {
  askCore,
  buildCore,
  coreFault,
  coreStats,
  PROJECT,
  startCore,
  stopCore,
  waitForCore,
} from './local/core.js';
import { mountHugetlbfs, returnHugepages, takeHugepages, unmountHugetlbfs } from './local/hugepages.js';
import { makeNetwork, PEER, PORT, removeNetwork } from './local/network.js';
import { isAlive } from './local/process.js';
import { requireRoot } from './local/root.js';
import { echoUdp, ping } from './local/probe.js';
import { jsonReporter, localOutputs, textReporter, type Reporter } from './local/report.js';
import { FILE_PREFIX, HUGETLBFS, readState, removeState, RUN_DIRECTORY, writeState } from './local/state.js';
import { clearStaleRuns } from './bookfeed/bookfeed.js';
import { isAbort, isOrderlyEnd } from './interrupt.js';
import { clearStalePairs } from './pair/pair.js';
import { RigError, run, type RunOptions } from './run.js';
import type { Terminal } from './terminal.js';

const PINGS = 10;
const RIG_STATUS = `${PROJECT}/userdata/bin/rig-status`;
const STATUS_WRITER = `${PROJECT}/userdata/lib/status.py`;

export interface LocalOptions {
  readonly mode: 'respond' | 'sink' | 'reflect';
  /** Ends by itself after so many seconds of polling. @default - runs until Ctrl-C */
  readonly seconds: number | undefined;
  /** Leaves the rig running at the end. */
  readonly keep: boolean;
  /** One JSON document a line on standard output instead of text. */
  readonly json: boolean;
}

/**
 * Runs the local rig until it is asked to end.
 * @param signal aborted by Ctrl-C or SIGTERM: the rig is taken down all the same, unless it is to be kept and runs.
 * @throws RigError when it cannot be brought up, or its port does not answer; nothing stays behind then.
 * @throws AbortError when it was ended before its time; a rig without a time ends by Ctrl-C, once it is proven.
 */
export async function runLocal(
  options: LocalOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const reporter = (options.json ? jsonReporter : textReporter)(terminal);
  requireRoot();
  await clearStale(terminal);
  terminal.progress('building the core');
  const program = await buildCore({ signal, onProgress: terminal.progress });
  let proven = false;
  try {
    const corePid = await bringUp(program, options.mode, terminal, { signal });
    await prove(options.mode, reporter, { signal });
    proven = true;
    if (!options.keep || options.seconds !== undefined)
      await watch(options.seconds, corePid, reporter, signal);
  } catch (error) {
    const ended = proven && options.seconds === undefined && isOrderlyEnd(signal);
    if (!ended || !isAbort(error, signal)) throw error;
  } finally {
    if (proven && options.keep) await leaveRunning(terminal);
    else reporter.stopped(await takeDown(terminal));
  }
}

async function leaveRunning(terminal: Terminal): Promise<void> {
  const state = await readState();
  if (state) await writeState({ ...state, kept: true });
  terminal.progress('the rig is left running; take it down with: npm start -- --down');
}

/** Takes down a rig that was left running. @returns false when there was none. */
export async function downLocal(terminal: Terminal): Promise<boolean> {
  requireRoot();
  const pairs = await clearStalePairs(terminal);
  const runs = await clearStaleRuns(terminal);
  if ((await readState()) === undefined) return pairs || runs;
  await takeDown(terminal);
  return true;
}

async function clearStale(terminal: Terminal): Promise<void> {
  const state = await readState();
  if (state === undefined) return;
  if (state.kept || isAlive(state.ownerPid)) {
    throw new RigError(`a local rig is running (process ${state.ownerPid})`, 'npm start -- --down');
  }
  terminal.progress('an earlier rig ended without cleaning up; taking it down first');
  await takeDown(terminal);
}

async function bringUp(
  program: string,
  mode: string,
  terminal: Terminal,
  options: RunOptions,
): Promise<number> {
  const state = { ownerPid: process.pid, kept: false, hugepages: 0, corePid: null };
  await writeState(state);
  const hugepages = await takeHugepages();
  await writeState({ ...state, hugepages });
  await mountHugetlbfs(HUGETLBFS);
  const mac = await makeNetwork(options);
  await writePort(mac);
  terminal.progress(`starting the core on ${PORT.device}, ${PORT.ipv4}, mode ${mode}`);
  const corePid = await startCore(program, mode);
  await writeState({ ...state, hugepages, corePid });
  await waitForCore(corePid, options);
  return corePid;
}

/** The facts that a machine on AWS saves before it binds its port, here for a port that is virtual. */
async function writePort(mac: string): Promise<void> {
  const facts = {
    RIG_PORT_PCI: 'net_af_packet0',
    RIG_PORT_MAC: mac,
    RIG_PORT_IPV4: PORT.ipv4,
    RIG_PORT_PREFIX: String(PORT.prefix),
    RIG_PORT_GATEWAY: PEER.ipv4,
    RIG_PORT_KERNEL_DRIVER: 'veth',
  };
  const lines = Object.entries(facts).map(([key, value]) => `${key}='${value}'\n`);
  await mkdir(RUN_DIRECTORY, { recursive: true });
  await writeFile(`${RUN_DIRECTORY}/port.env`, lines.join(''));
}

async function prove(mode: LocalOptions['mode'], reporter: Reporter, running: RunOptions): Promise<void> {
  reporter.outputs(localOutputs(await readStatus(running), hostname()));
  if (mode !== 'respond') {
    reporter.proof(undefined);
    return;
  }
  const pings = await ping(PINGS, running);
  await echoUdp(running);
  reporter.proof({ ping: pings, udpEcho: 'same bytes' });
  if (pings.lossPercent === 0) return;
  throw new RigError(
    `${pings.lossPercent} % of ${pings.sent} pings were lost`,
    'see the drop_ counters of /pollcore/stats; is the machine overloaded?',
  );
}

/** Has the status written and read by the same programs as on a machine on AWS. */
async function readStatus(running: RunOptions): Promise<PortStatus> {
  const directories = { RIG_RUN: RUN_DIRECTORY, RIG_STATE: RUN_DIRECTORY, RIG_ETC: RUN_DIRECTORY };
  const env = { ...directories, RIG_NAME: 'local', RIG_FILE_PREFIX: FILE_PREFIX, RIG_CONSOLE: '' };
  const reached = Object.keys(portStatusSchema.shape.milestones.shape).map(
    (name) => `--milestone=${name}=success`,
  );
  await run('python3', [STATUS_WRITER, 'update', ...reached], { ...running, env });
  const parsed = parsePortStatus(await run(RIG_STATUS, ['--json'], { ...running, env }));
  if (parsed.kind === 'status') return parsed.status;
  throw new RigError(
    `rig-status printed what is not a status: ${parsed.reason}`,
    `run ${RIG_STATUS} --json by hand`,
  );
}

/** Shows the counters once a second until the time is over, Ctrl-C, or the end of the core. */
async function watch(
  seconds: number | undefined,
  corePid: number,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const end = seconds === undefined ? Infinity : performance.now() + seconds * 1000;
  let before = await askCore('/pollcore/stats', coreStats, { signal });
  let beforeMs = performance.now();
  while (performance.now() < end) {
    await sleep(Math.min(1000, end - performance.now()), undefined, { signal });
    if (!isAlive(corePid)) throw await coreFault('ended by itself');
    const now = await askCore('/pollcore/stats', coreStats, { signal });
    const nowMs = performance.now();
    reporter.counters(before, now, (nowMs - beforeMs) / 1000);
    [before, beforeMs] = [now, nowMs];
  }
}

/** Undoes all that a rig's state speaks of, in reverse order; what is not there is passed over. */
async function takeDown(terminal: Terminal): Promise<string> {
  const state = await readState();
  if (state === undefined) return '';
  terminal.progress('taking the rig down');
  const report = state.corePid === null ? '' : await stopCore(state.corePid);
  await removeNetwork();
  await unmountHugetlbfs(HUGETLBFS);
  await returnHugepages(state.hugepages);
  await removeState();
  return report;
}
