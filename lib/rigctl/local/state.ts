// What the local rig has made on this machine, kept in a file so that any later call can take it down.
import { mkdir, readFile, rm } from 'node:fs/promises';

import { z } from 'zod';

import { replaceFile } from './state-file.js';

/** Holds everything of the running local rig; on a file system that a reboot empties. */
export const RUN_DIRECTORY = '/run/dpdk-rig-local';
export const HUGETLBFS = `${RUN_DIRECTORY}/huge`;
export const CORE_LOG = `${RUN_DIRECTORY}/pollcore.log`;
/** EAL's file prefix of the local core: its lock, telemetry socket and hugepage files carry this name. */
export const FILE_PREFIX = 'rig-local';

const STATE_FILE = `${RUN_DIRECTORY}/state.json`;

const localState = z.object({
  /** The process that watches the rig; the rig is stale when it is gone and `kept` is false. */
  ownerPid: z.int().positive(),
  kept: z.boolean(),
  /** Hugepages reserved by the rig, to be given back. */
  hugepages: z.int().nonnegative(),
  corePid: z.int().positive().nullable(),
});
export type LocalState = z.infer<typeof localState>;

/** The state of the rig on this machine, or undefined when there is none. */
export async function readState(): Promise<LocalState | undefined> {
  const text = await readFile(STATE_FILE, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : localState.parse(JSON.parse(text));
}

export async function writeState(state: LocalState): Promise<void> {
  await mkdir(HUGETLBFS, { recursive: true, mode: 0o700 });
  await replaceFile(STATE_FILE, state);
}

export async function removeState(): Promise<void> {
  await rm(RUN_DIRECTORY, { recursive: true, force: true });
}
