// `rigctl local`, which is `npm start`: the rig on this machine. Brings it up, proves it, watches it, takes it down.
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { parsePortStatus, type PortStatus } from '../port-status.js';
import {
  askCore,
  buildCore,
  coreStats,
  isAlive,
  PROJECT,
  startCore,
  stopCore,
  waitForCore,
} from './local/core.js';
import { mountHugetlbfs, returnHugepages, takeHugepages, unmountHugetlbfs } from './local/hugepages.js';
import { makeNetwork, PEER, PORT, removeNetwork } from './local/network.js';
import { echoUdp, ping, type PingResult } from './local/probe.js';
import { formatCounters, formatOutputs, localOutputs } from './local/report.js';
import { FILE_PREFIX, HUGETLBFS, readState, removeState, RUN_DIRECTORY, writeState } from './local/state.js';
import { RigError, run, type RunOptions } from './run.js';

const PINGS = 10;
const RIG_STATUS = `${PROJECT}/userdata/bin/rig-status`;

export interface LocalOptions {
  readonly mode: 'respond' | 'sink' | 'reflect';
  /** Ends by itself after so many seconds of polling. @default - runs until Ctrl-C */
  readonly seconds: number | undefined;
  /** Leaves the rig running at the end. */
  readonly keep: boolean;
  /** One JSON document a line on standard output instead of text. */
  readonly json: boolean;
}

/** Where the subcommand writes: results to `out`, progress to `progress` (never mixed with results). */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly progress: (text: string) => void;
  /** Rewrites the current line when it is a terminal; otherwise nothing is shown. */
  readonly live: (text: string) => void;
}

/**
 * Runs the local rig until it is asked to end.
 * @param signal aborted by Ctrl-C or SIGTERM: the rig is taken down all the same, unless `keep`.
 * @throws RigError when it cannot be brought up, or its port does not answer; nothing stays behind then.
 */
export async function runLocal(
  options: LocalOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  requireRoot();
  await clearStale(terminal);
  const running = { signal, onProgress: terminal.progress };
  terminal.progress('building the core');
  const program = await buildCore(running);
  let keep = false;
  try {
    const corePid = await bringUp(program, options.mode, terminal, { signal });
    await prove(options, terminal, { signal });
    keep = options.keep;
    if (!keep || options.seconds !== undefined) await watch(options, corePid, terminal, signal);
  } finally {
    if (keep) {
      const state = await readState();
      if (state) await writeState({ ...state, kept: true });
      terminal.progress('the rig is left running; take it down with: npm start -- --down');
    } else {
      const report = await takeDown(terminal);
      if (options.json) terminal.out(`${JSON.stringify({ event: 'stopped' })}\n`);
      else if (report !== '') terminal.progress(report);
    }
  }
}

/** Takes down a rig that was left running. @returns false when there was none. */
export async function downLocal(terminal: Terminal): Promise<boolean> {
  requireRoot();
  if ((await readState()) === undefined) return false;
  await takeDown(terminal);
  return true;
}

function requireRoot(): void {
  if (process.geteuid?.() === 0) return;
  throw new RigError('a network namespace and hugepages need root', 'sudo npm start');
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

/** Shows the outputs, and what the kernel on the other side of the wire got back from the port. */
async function prove(options: LocalOptions, terminal: Terminal, running: RunOptions): Promise<void> {
  const outputs = localOutputs(await readStatus(running), hostname());
  if (!options.json) terminal.out(`\n${formatOutputs(outputs)}\n`);
  if (options.mode !== 'respond') {
    if (options.json) terminal.out(`${JSON.stringify({ event: 'ready', outputs })}\n`);
    else terminal.out(`  mode ${options.mode} answers nothing, so ping and UDP echo are not tried\n`);
    return;
  }
  const pings = await ping(PINGS, running);
  if (!options.json) terminal.out(`  ping      ${formatPing(pings)}\n`);
  await echoUdp(running);
  if (options.json)
    terminal.out(`${JSON.stringify({ event: 'ready', outputs, ping: pings, udpEcho: 'same bytes' })}\n`);
  else terminal.out(`  UDP echo  the same bytes came back\n\n`);
  if (pings.lossPercent > 0) {
    throw new RigError(
      `${pings.lossPercent} % of ${pings.sent} pings were lost`,
      'see the drop_ counters; is the machine overloaded?',
    );
  }
}

function formatPing({ sent, received, lossPercent, rttMs }: PingResult): string {
  const times = rttMs ? `, round trip min/avg/max ${rttMs.min}/${rttMs.avg}/${rttMs.max} ms` : '';
  return `${received} of ${sent} answered, ${lossPercent} % loss${times}`;
}

async function readStatus(running: RunOptions): Promise<PortStatus> {
  const directories = { RIG_RUN: RUN_DIRECTORY, RIG_STATE: RUN_DIRECTORY, RIG_ETC: RUN_DIRECTORY };
  const env = { ...directories, RIG_NAME: 'local', RIG_FILE_PREFIX: FILE_PREFIX };
  const parsed = parsePortStatus(await run(RIG_STATUS, ['--json'], { ...running, env }));
  if (parsed.kind === 'status') return parsed.status;
  throw new RigError(
    `rig-status printed what is not a status: ${parsed.reason}`,
    `run ${RIG_STATUS} --json by hand`,
  );
}

/** Shows the counters once a second until the time is over, Ctrl-C, or the end of the core. */
async function watch(
  options: LocalOptions,
  corePid: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const end = options.seconds === undefined ? Infinity : performance.now() + options.seconds * 1000;
  let before = await askCore('/pollcore/stats', coreStats, { signal });
  let beforeMs = performance.now();
  while (performance.now() < end) {
    await sleep(Math.min(1000, end - performance.now()), undefined, { signal });
    if (!isAlive(corePid)) throw new RigError('the core ended by itself', 'see its last words above');
    const now = await askCore('/pollcore/stats', coreStats, { signal });
    const nowMs = performance.now();
    if (options.json) terminal.out(`${JSON.stringify({ event: 'counters', counters: now })}\n`);
    else terminal.live(formatCounters(before, now, (nowMs - beforeMs) / 1000));
    [before, beforeMs] = [now, nowMs];
  }
}

/** Undoes all that a rig's state speaks of, in reverse order; what is not there is passed over. */
async function takeDown(terminal: Terminal): Promise<string> {
  const state = await readState();
  if (state === undefined) return '';
  terminal.progress('taking the rig down');
  const said = state.corePid === null ? '' : await stopCore(state.corePid);
  await removeNetwork();
  await unmountHugetlbfs(HUGETLBFS);
  await returnHugepages(state.hugepages);
  await removeState();
  return said;
}
