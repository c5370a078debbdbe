// The processes that a local run has started: whether one is still there, and its end.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_SECONDS = 5;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends a process and waits for its end: SIGTERM, and SIGKILL when that does not do.
 * @param mark what its command line has in it: a process id may have been given to another program since it was written down.
 */
export async function endProcess(pid: number, mark: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes(mark) || !send(pid, signal)) return;
    for (let waited = 0; waited < STOP_SECONDS * 1000 && isAlive(pid); waited += 50) await sleep(50);
  }
}

/** @returns false when the process has ended by itself. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
