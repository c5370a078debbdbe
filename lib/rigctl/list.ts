// `rigctl list`: every rig of the account and region with its age, state and expiry.
import { EXIT } from './exit.js';
import { findExpiry } from './expiry.js';
import { formatTable, printJson, type Operation } from './operation.js';
import { formatDuration } from './progress.js';
import { listRigStacks, rigState } from './stacks.js';

/** @returns the exit code. */
export async function list(operation: Operation): Promise<number> {
  const stacks = await listRigStacks(operation.aws, operation);
  const now = operation.now().getTime();
  const rigs = await Promise.all(
    stacks.map(async (stack) => ({
      rig: stack.name,
      state: rigState(stack.status),
      stackStatus: stack.status,
      createdAt: stack.createdAt,
      expires: await findExpiry(operation.aws, stack, operation),
    })),
  );
  if (operation.json) {
    printJson(operation, {
      region: operation.aws.region,
      rigs: rigs.map((rig) => ({ ...rig, expires: rig.expires ?? null })),
    });
    return EXIT.done;
  }
  if (rigs.length === 0) operation.terminal.progress(`no rig in ${operation.aws.region}`);
  else {
    const rows = rigs.map(({ rig, state, stackStatus, createdAt, expires }) => [
      rig,
      state,
      stackStatus,
      formatDuration(now - createdAt.getTime()),
      expires === undefined ? 'never' : untilText(expires.getTime() - now),
    ]);
    operation.terminal.out(formatTable([['RIG', 'STATE', 'STACK', 'AGE', 'EXPIRES'], ...rows]));
  }
  return EXIT.done;
}

function untilText(milliseconds: number): string {
  return milliseconds > 0 ? `in ${formatDuration(milliseconds)}` : `${formatDuration(-milliseconds)} ago`;
}
