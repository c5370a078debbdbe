// `rigctl destroy`: `cdk destroy`, then the proof by queries that nothing of the rig is left, or the names of what is.
import { setTimeout as sleep } from 'node:timers/promises';

import { destroyStack, lastWords, type CdkRun } from './cdk.js';
import { findLeftovers, type Leftover } from './ec2.js';
import { EXIT, RigFault } from './exit.js';
import { interruptCode } from './interrupt.js';
import { formatTable, printJson, type Operation } from './operation.js';
import { formatDuration } from './progress.js';
import { RigError } from './run.js';
import { findStack, stackEvents, type RigStack } from './stacks.js';

/** EC2 answers queries about what is just deleted from copies that lag behind by seconds. */
const SETTLE_TRIES = 6;
const SHOWN_WORDS = 10;

type Context = Readonly<Record<string, unknown>>;

/**
 * A rig that is not there is no fault: a CI job may destroy always.
 * @param context what cdk.json has
 * @returns the exit code.
 */
export async function destroy(operation: Operation, name: string, context: Context): Promise<number> {
  const stack = await findStack(operation.aws, name, operation);
  if (stack && !stack.isRig) {
    throw new RigFault(
      `the stack ${name} is not a rig; it is left alone`,
      'rigctl list names the rigs',
      EXIT.taken,
    );
  }
  if (stack) await deleteStack(operation, stack, context);
  const left = await settle(operation, name);
  report(operation, name, stack, left);
  return left.length > 0 ? EXIT.failed : EXIT.done;
}

async function deleteStack(operation: Operation, stack: RigStack, context: Context): Promise<void> {
  operation.terminal.progress(`cdk destroy ${stack.name} (${stack.status})`);
  const run = await showDeletion(
    operation,
    stack,
    destroyStack(stack.name, context, { region: operation.aws.region, signal: operation.signal }),
  );
  if (operation.signal.aborted) {
    const next = `rigctl destroy ${stack.name} again to see it through`;
    throw new RigFault(
      `interrupted; AWS may go on deleting ${stack.name}`,
      next,
      interruptCode(operation.signal),
    );
  }
  const after = await findStack(operation.aws, stack.id, operation);
  if (!after) {
    operation.terminal.progress(`the stack ${stack.name} is deleted; looking for what is left`);
    return;
  }
  const events = await stackEvents(operation.aws, stack.id, operation);
  const failed = events
    .filter((event) => event.status === 'DELETE_FAILED')
    .map((event) => `${event.resource}: ${event.reason ?? ''}`);
  operation.terminal.progress((failed.length > 0 ? failed : lastWords(run, SHOWN_WORDS)).join('\n'));
  throw new RigError(
    `${stack.name} could not be deleted: it is ${after.status}`,
    `mend what is named above, then rigctl destroy ${stack.name}`,
  );
}

/** The CLI says nothing for minutes, so the stack is asked how far it is. */
async function showDeletion(operation: Operation, stack: RigStack, cdk: Promise<CdkRun>): Promise<CdkRun> {
  const startedAt = operation.now();
  const state = { ended: false };
  const run = cdk.finally(() => {
    state.ended = true;
  });
  for (;;) {
    await Promise.race([run, sleep(operation.intervalMs)]);
    if (state.ended || operation.signal.aborted) return run;
    // Only news: a fault here must not end the destroy.
    const events = await stackEvents(operation.aws, stack.id, operation).catch(() => []);
    const deleted = events.filter((event) => event.status === 'DELETE_COMPLETE' && event.time >= startedAt);
    const elapsed = formatDuration(operation.now().getTime() - startedAt.getTime());
    operation.terminal.live(`rig: ${elapsed}  ${deleted.length} resources deleted`);
  }
}

async function settle(operation: Operation, name: string): Promise<Leftover[]> {
  for (let tries = 1; ; tries++) {
    const left = await findLeftovers(operation.aws, name, operation);
    if (left.length === 0 || tries === SETTLE_TRIES) return left;
    await sleep(operation.intervalMs, undefined, { signal: operation.signal });
  }
}

function report(
  operation: Operation,
  name: string,
  stack: RigStack | undefined,
  left: readonly Leftover[],
): void {
  const existed = stack !== undefined;
  if (operation.json) {
    printJson(operation, { kind: 'destroyed', rig: name, existed, left });
    return;
  }
  const { terminal } = operation;
  if (left.length === 0) {
    terminal.out(
      `${name} ${existed ? 'is gone' : 'was not there'}: no instance, interface, address, volume, group or VPC is left\n`,
    );
    return;
  }
  terminal.out(`${name} is gone, but this is left and may cost:\n`);
  terminal.out(formatTable(left.map(({ kind, id }) => [`  ${kind}`, id])));
}
