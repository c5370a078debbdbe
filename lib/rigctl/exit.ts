// What rigctl's exit codes mean, and the fault that carries one. `rigctl --help` and README list the same table.
import { RigError } from './run.js';

export const EXIT = {
  done: 0,
  /** The rig, or what was checked, is not as it should be. */
  failed: 1,
  usage: 2,
  noSuchRig: 3,
  /** Credentials are missing, expired or not allowed to; or the region is not set. */
  credentials: 4,
  /** AWS throttles, or cannot be reached. Trying again later may help. */
  unreachable: 5,
  /** The name belongs to another stack, or somebody else is changing the rig. */
  taken: 6,
  /** By Ctrl-C; other signals have theirs in interrupt.ts. */
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit codes:
  0    done (status: the rig is ready)
  1    the rig, or what was checked, is not as it should be
  2    wrong usage
  3    no such rig
  4    credentials missing, expired or not sufficient; or no region
  5    AWS throttles or cannot be reached; try again later
  6    the name is taken by another stack, or the rig is being changed by somebody else
  130  interrupted by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP; what AWS had begun goes on`;

export const LOCAL_EXIT_HELP = `
Exit codes:
  0    done, or ended by Ctrl-C where nothing else would have ended it
  1    a fault; its cause and the next step are printed
  2    wrong usage
  130  interrupted by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP, 141 when nobody reads;
       nothing is left behind`;

/** A fault with its exit code. A plain RigError exits 1. */
export class RigFault extends RigError {
  constructor(
    cause: string,
    next: string,
    readonly exitCode: number,
  ) {
    super(cause, next);
    this.name = 'RigFault';
  }
}

export function noSuchRig(name: string, region: string): RigFault {
  return new RigFault(
    `there is no rig ${name} in ${region}`,
    'rigctl list names those that are there',
    EXIT.noSuchRig,
  );
}
