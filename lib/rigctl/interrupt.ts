// What asks rigctl to end, Ctrl-C and its like, and the exit code that says so: 128 and the signal's number, as in a shell.
import { constants } from 'node:os';

import { EXIT, RigFault } from './exit.js';

export const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @param signal aborted with the name of what came; SIGPIPE stands for output that nobody reads any more. */
export function interruptCode({ reason }: AbortSignal): number {
  const name = ([...INTERRUPTS, 'SIGPIPE'] as const).find((each) => each === reason);
  return name === undefined ? EXIT.interrupted : 128 + constants.signals[name];
}

export function interrupted(signal: AbortSignal): RigFault {
  return new RigFault(
    `interrupted (${String(signal.reason)})`,
    'run it again when you like',
    interruptCode(signal),
  );
}

/** Whether a run that has no end of its own was ended as it is meant to be: by Ctrl-C. */
export function isOrderlyEnd(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === 'SIGINT';
}

/** Whether an error says no more than that the signal was aborted. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return (
    signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))
  );
}
