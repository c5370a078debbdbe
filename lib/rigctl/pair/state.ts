// What a local pair has made on this machine, in a folder of its own, so that several pairs work beside each other and what a
// killed one left is found by the next.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';

import { z } from 'zod';

import { isAlive } from '../local/process.js';
import { replaceFile } from '../local/state-file.js';

/** On a file system that a reboot empties; one folder a pair, named after the process that owns it. */
const PAIRS = '/run/dpdk-rig-pair';

const pairState = z.object({
  ownerPid: z.int().positive(),
  /** Hugepages reserved by the pair, to be given back. */
  hugepages: z.int().nonnegative(),
  corePids: z.array(z.int().positive()),
});
export type PairState = z.infer<typeof pairState>;

export class PairFolder {
  readonly path: string;
  readonly hugetlbfs: string;
  readonly memifSocket: string;

  constructor(private readonly ownerPid: number) {
    this.path = `${PAIRS}/${ownerPid}`;
    this.hugetlbfs = `${this.path}/huge`;
    this.memifSocket = `${this.path}/memif`;
  }

  /** EAL's file prefix: locks, telemetry socket and hugepage files of a core carry it. */
  filePrefix(core: string): string {
    return `rig-pair-${this.ownerPid}-${core}`;
  }

  namespace(core: string): string {
    return `rig-pair-${this.ownerPid}-${core}`;
  }

  log(core: string): string {
    return `${this.path}/${core}.log`;
  }

  runtimeDirectory(core: string): string {
    return `/var/run/dpdk/${this.filePrefix(core)}`;
  }

  telemetrySocket(core: string): string {
    return `${this.runtimeDirectory(core)}/dpdk_telemetry.v2`;
  }

  async read(): Promise<PairState | undefined> {
    const text = await readFile(`${this.path}/state.json`, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : pairState.parse(JSON.parse(text));
  }

  async write(state: PairState): Promise<void> {
    await mkdir(this.hugetlbfs, { recursive: true, mode: 0o700 });
    await replaceFile(`${this.path}/state.json`, state);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Folders whose owner has ended without taking its pair down. */
export async function findStalePairs(): Promise<readonly PairFolder[]> {
  const names = await readdir(PAIRS).catch(() => []);
  return names
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && !isAlive(pid))
    .map((pid) => new PairFolder(pid));
}
