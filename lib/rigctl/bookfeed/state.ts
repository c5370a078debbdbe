// What a local bookfeed run has made on this machine, in a folder of its own, so that several work beside each other and what a
// killed one left is found by the next.
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';

import { z } from 'zod';

import { isAlive } from '../local/process.js';
import { replaceFile } from '../local/state-file.js';

/** On a file system that a reboot empties; one folder a run, named after the process that owns it. */
const RUNS = '/run/dpdk-rig-bookfeed';

const runState = z.object({
  /** Hugepages reserved by the run, to be given back. */
  hugepages: z.int().nonnegative(),
  pids: z.array(z.int().positive()),
});
export type RunState = z.infer<typeof runState>;

export class RunFolder {
  readonly path: string;
  readonly hugetlbfs: string;
  /** Where bookfeed keeps its status, and where it and the exchange write what they have to say. */
  readonly status: string;
  readonly bookfeedLog: string;
  readonly exchangeLog: string;
  /** The exchange's throw-away CA. */
  readonly ca: string;
  /** EAL's file prefix: locks, telemetry socket and hugepage files carry it. */
  readonly filePrefix: string;
  readonly runtimeDirectory: string;
  readonly namespaces: { readonly bookfeed: string; readonly exchange: string };

  constructor(ownerPid: number) {
    this.path = `${RUNS}/${ownerPid}`;
    this.hugetlbfs = `${this.path}/huge`;
    this.status = `${this.path}/status.json`;
    this.bookfeedLog = `${this.path}/bookfeed.log`;
    this.exchangeLog = `${this.path}/exchange.log`;
    this.ca = `${this.path}/ca.pem`;
    this.filePrefix = `rig-bookfeed-${ownerPid}`;
    this.runtimeDirectory = `/var/run/dpdk/${this.filePrefix}`;
    this.namespaces = { bookfeed: this.filePrefix, exchange: `${this.filePrefix}-exchange` };
  }

  async read(): Promise<RunState | undefined> {
    const text = await readFile(`${this.path}/state.json`, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : runState.parse(JSON.parse(text));
  }

  async write(state: RunState): Promise<void> {
    await mkdir(this.hugetlbfs, { recursive: true, mode: 0o700 });
    await replaceFile(`${this.path}/state.json`, state);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await rmdir(RUNS).catch(() => undefined); // others may have theirs in it
  }
}

/** Folders whose owner has ended without cleaning up. */
export async function findStaleRuns(): Promise<readonly RunFolder[]> {
  const names = await readdir(RUNS).catch(() => []);
  return names
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && !isAlive(pid))
    .map((pid) => new RunFolder(pid));
}
