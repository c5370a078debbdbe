// `rigctl deploy`: preflight, `cdk deploy`, and beside it what the machine says; on failure why, and what to do.
// `rigctl watch`: the same for a deploy that somebody else started.
import { setTimeout as sleep } from 'node:timers/promises';

import { lastWords, runCdk, type CdkRun } from './cdk.js';
import type { Deployment } from './check.js';
import { EXIT, RigFault } from './exit.js';
import { blamedMachine, explainFailure, formatFailure, hasStackFailed, keepConsoles } from './failure.js';
import { interruptCode } from './interrupt.js';
import { follow, Follower, type FollowOptions, type Outcome } from './follow.js';
import { formatTable, printJson, type Operation } from './operation.js';
import { preflight, wouldFail, type Check } from './preflight.js';
import { makeProgress } from './progress.js';
import { RigError } from './run.js';
import { findStack, isInProgress, requireRig, rigState, type RigStack } from './stacks.js';

/** CloudFormation's clock and this machine's need not agree to the second. */
const CLOCK_SLACK_MS = 60_000;
const SHOWN_WORDS = 15;

/** @returns the exit code. */
export async function runPreflight(operation: Operation, deployment: Deployment): Promise<number> {
  if (deployment.config.image) {
    throw new RigFault(
      'image = true bakes an image, and rigctl deploys rigs',
      'bake it with: npx cdk deploy -c image=true',
      EXIT.usage,
    );
  }
  const checks = await preflight(deployment, operation.aws, operation);
  const failed = wouldFail(checks);
  if (operation.json) printJson(operation, { kind: 'preflight', ok: !failed, checks });
  else operation.terminal.out(formatChecks(checks));
  return failed ? EXIT.failed : EXIT.done;
}

function formatChecks(checks: readonly Check[]): string {
  return formatTable(
    checks.map(({ result, name, found, next }) => [
      result,
      name,
      next === undefined ? found : `${found} -> ${next}`,
    ]),
  );
}

/** @returns the exit code. */
export async function deploy(operation: Operation, deployment: Deployment): Promise<number> {
  const { config, context } = deployment;
  const before = config.image ? undefined : await requireFreeName(operation, config.name);
  if ((await runPreflight(operation, deployment)) !== EXIT.done) {
    throw new RigError('preflight found what would make the deploy fail', 'mend the lines that say "fail"');
  }
  operation.signal.throwIfAborted();
  const startedAt = operation.now();
  const progress = makeProgress(operation.terminal, operation.json, startedAt, operation.now);
  operation.terminal.progress(`cdk deploy ${config.name}${before ? ' (an update)' : ''}`);
  const cdk = runCdk('deploy', config.name, {
    region: operation.aws.region,
    context,
    signal: operation.signal,
  });
  const follower = new Follower(
    operation.aws,
    config.name,
    followOptions(operation, startedAt, progress.show),
  );
  const run = await followBeside(cdk, follower, operation);
  if (operation.signal.aborted) throw await describeInterrupt(operation, config.name);
  if (run.exitCode === 0) return succeed(operation, await requireRig(operation.aws, config.name, operation));
  if (!hasStackFailed(follower.outcome, before))
    throw explainCdk(operation, config.name, follower.outcome, run);
  return fail(operation, config.name, follower.outcome);
}

/** Polls until the CLI has ended. AWS's answers to polls are only news: a fault in one must not end the deploy. */
async function followBeside(cdk: Promise<CdkRun>, follower: Follower, operation: Operation): Promise<CdkRun> {
  const state = { ended: false };
  const run = cdk.finally(() => {
    state.ended = true;
  });
  let fault: unknown;
  const poll = async (): Promise<void> => {
    fault = undefined;
    await follower.poll().catch((error: unknown) => (fault = error));
  };
  while (!state.ended && !operation.signal.aborted) {
    await poll();
    await Promise.race([run, sleep(operation.intervalMs)]);
  }
  const result = await run;
  // What came between the last poll and the end; on a failure it is the reason.
  if (!operation.signal.aborted) await poll();
  if (fault instanceof Error) operation.terminal.progress(`AWS could not be asked: ${fault.message}`);
  return result;
}

function followOptions(
  operation: Operation,
  startedAt: Date,
  onEvent: FollowOptions['onEvent'],
): FollowOptions {
  const since = new Date(startedAt.getTime() - CLOCK_SLACK_MS);
  return { signal: operation.signal, intervalMs: operation.intervalMs, since, onEvent };
}

/** @returns the rig that is there already, at rest. */
async function requireFreeName(operation: Operation, name: string): Promise<RigStack | undefined> {
  const stack = await findStack(operation.aws, name, operation);
  if (!stack || stack.status === 'REVIEW_IN_PROGRESS') return undefined;
  const fault = deployFault(stack);
  if (fault) throw fault;
  return stack;
}

/** Pure: why a stack that is there cannot be deployed to. */
export function deployFault({ name, status, isRig }: RigStack): RigFault | undefined {
  if (!isRig) {
    const cause = `the stack ${name} is there already and is not a rig (${status})`;
    return new RigFault(cause, 'choose another name: rigctl deploy OTHER', EXIT.taken);
  }
  if (isInProgress(status)) {
    const next = `rigctl watch ${name}, then try again`;
    return new RigFault(`somebody is changing ${name}: it is ${status}`, next, EXIT.taken);
  }
  // CloudFormation changes neither; a failed creation is deleted by the CDK itself.
  if (status === 'DELETE_FAILED' || status === 'UPDATE_ROLLBACK_FAILED') {
    const next = `rigctl destroy ${name}, then deploy it again`;
    return new RigFault(`${name} cannot be changed: it is ${status}`, next, EXIT.failed);
  }
  return undefined;
}

async function describeInterrupt(operation: Operation, name: string): Promise<RigFault> {
  const call = { signal: AbortSignal.timeout(10_000) };
  const stack = await findStack(operation.aws, name, call).catch(() => undefined);
  if (!stack || stack.status === 'REVIEW_IN_PROGRESS') {
    return new RigFault(
      'interrupted before AWS began',
      'nothing is running; deploy again when you like',
      interruptCode(operation.signal),
    );
  }
  const next = `rigctl watch ${name} to see it through, rigctl destroy ${name} to take it down`;
  const code = interruptCode(operation.signal);
  return new RigFault(`interrupted; AWS goes on with ${name}: ${stack.status}`, next, code);
}

function succeed(operation: Operation, stack: RigStack): number {
  if (operation.json) printJson(operation, { kind: 'done', rig: stack.name, outputs: stack.outputs });
  else
    operation.terminal.out(formatTable(Object.entries(stack.outputs).sort(([a], [b]) => a.localeCompare(b))));
  return EXIT.done;
}

/** The CLI ended before CloudFormation had anything to fail: synth, credentials, assets. */
function explainCdk(operation: Operation, name: string, { stack }: Outcome, run: CdkRun): RigError {
  operation.terminal.progress(lastWords(run, SHOWN_WORDS).join('\n'));
  const next =
    stack && isInProgress(stack.status) ? `${name} goes on: rigctl watch ${name}` : 'see its own words above';
  return new RigError(`cdk deploy ended with ${run.exitCode ?? 'a signal'}`, next);
}

async function fail(operation: Operation, name: string, outcome: Outcome): Promise<number> {
  const failure = explainFailure(outcome);
  const machine = blamedMachine(outcome);
  const files = await keepConsoles(outcome, operation.now(), operation.terminal.progress);
  if (operation.json) {
    const consoles = { console: files[0] ?? null, consoles: files };
    printJson(operation, {
      kind: 'failed',
      rig: name,
      machine: machine?.name ?? null,
      ...failure,
      ...consoles,
    });
  } else {
    operation.terminal.out(formatFailure(failure, machine?.console ?? ''));
    if (outcome.machines.length > 1 && machine) operation.terminal.out(`  machine: ${machine.name}\n`);
    for (const file of files) operation.terminal.out(`  the whole console is kept in ${file}\n`);
  }
  operation.terminal.progress(`${name} is ${outcome.stack?.status ?? 'gone'}; next: rigctl destroy ${name}`);
  return EXIT.failed;
}

/** @returns the exit code: that of the deploy that is watched. */
export async function watch(operation: Operation, name: string): Promise<number> {
  const stack = await requireRig(operation.aws, name, operation);
  const progress = makeProgress(operation.terminal, operation.json, stack.changedAt, operation.now);
  const options = followOptions(operation, stack.changedAt, progress.show);
  const outcome = await follow(operation.aws, name, options);
  if (!outcome.stack) {
    throw new RigFault(
      `${name} was deleted while it was watched`,
      'rigctl list names what is there',
      EXIT.noSuchRig,
    );
  }
  return rigState(outcome.stack.status) === 'failed'
    ? fail(operation, name, outcome)
    : succeed(operation, outcome.stack);
}
