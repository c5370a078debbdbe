// Runs a shell script on a rig's machine by Systems Manager's Run Command, and waits for its end.
import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  type GetCommandInvocationCommandOutput,
} from '@aws-sdk/client-ssm';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Operation } from './operation.js';
import { RigError } from './run.js';

/** Until the agent on the machine takes the command up. */
const DELIVERY_SECONDS = 60;
/** Systems Manager's own bound on a script's time. */
export const MOST_SECONDS = 172_800;
const ENDED = new Set(['Success', 'Cancelled', 'TimedOut', 'Failed']);
/** How long an interrupted send is still waited for: only its answer names what is to be cancelled. */
const SENDING_MS = 10_000;
/** How long a cancelled script is given to end. */
const CANCELLING_MS = 15_000;

export interface ScriptResult {
  /** The script's own exit code. */
  readonly code: number;
  /** At most the first 24,000 characters: that is all that Systems Manager keeps. */
  readonly out: string;
  readonly err: string;
}

export interface ScriptOptions {
  readonly seconds: number;
  /** Called while the script runs, each time that AWS was asked. */
  readonly onWait?: () => void;
}

/** @throws RigError when the machine cannot be reached by Systems Manager. */
export async function requireManaged({ aws, signal }: Operation, instanceId: string): Promise<void> {
  const answer = await aws.ssm.send(
    new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
    { abortSignal: signal },
  );
  const status = answer.InstanceInformationList?.[0]?.PingStatus;
  if (status === 'Online') return;
  throw notManaged(instanceId, status ?? 'it has never reported');
}

function notManaged(instanceId: string, why: string): RigError {
  return new RigError(
    `Systems Manager does not manage ${instanceId}: ${why}`,
    'wait a minute if it has just booted; else check its route to HTTPS and, with rigctl logs, its amazon-ssm-agent',
  );
}

/**
 * Runs the script as root with /bin/sh.
 * @throws RigError when it did not come to an end by itself; on an interrupt the script is cancelled first.
 */
export async function runScript(
  operation: Operation,
  instanceId: string,
  script: string,
  { seconds, onWait }: ScriptOptions,
): Promise<ScriptResult> {
  operation.signal.throwIfAborted();
  const id = await send(operation, instanceId, script, seconds);
  try {
    operation.signal.throwIfAborted();
    return await waitForEnd(operation, instanceId, id, { seconds, onWait });
  } catch (error) {
    if (operation.signal.aborted) await cancel(operation, instanceId, id);
    throw error;
  }
}

/** Until the script has ended: what its caller clears away then must not be made anew by it. */
async function cancel(operation: Operation, instanceId: string, commandId: string): Promise<void> {
  // The operation's own signal is aborted by now.
  const signal = AbortSignal.timeout(CANCELLING_MS);
  await operation.aws.ssm.send(new CancelCommandCommand({ CommandId: commandId }), { abortSignal: signal });
  await waitForEnd({ ...operation, signal }, instanceId, commandId, { seconds: 0 }).catch(() => undefined);
}

/** Gives work a signal that is aborted so long after the other one. */
async function withDelay<T>(
  signal: AbortSignal,
  delayMs: number,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => {
      late.abort(signal.reason);
    }, delayMs);
  };
  if (signal.aborted) start();
  signal.addEventListener('abort', start);
  try {
    return await work(late.signal);
  } finally {
    signal.removeEventListener('abort', start);
    clearTimeout(timer);
  }
}

async function send(
  { aws, signal }: Operation,
  instanceId: string,
  script: string,
  seconds: number,
): Promise<string> {
  try {
    const command = new SendCommandCommand({
      InstanceIds: [instanceId],
      DocumentName: 'AWS-RunShellScript',
      Comment: 'dpdk-rig: rigctl measure',
      TimeoutSeconds: DELIVERY_SECONDS,
      Parameters: {
        commands: [script],
        executionTimeout: [String(Math.min(MOST_SECONDS, Math.ceil(seconds)))],
      },
    });
    const answer = await withDelay(signal, SENDING_MS, (abortSignal) =>
      aws.ssm.send(command, { abortSignal }),
    );
    return answer.Command?.CommandId ?? '';
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidInstanceId')
      throw notManaged(instanceId, error.message);
    throw error;
  }
}

async function waitForEnd(
  operation: Operation,
  instanceId: string,
  commandId: string,
  { seconds, onWait }: ScriptOptions,
): Promise<ScriptResult> {
  const deadline = performance.now() + (seconds + 2 * DELIVERY_SECONDS) * 1000;
  while (performance.now() < deadline) {
    await sleep(operation.intervalMs, undefined, { signal: operation.signal });
    const answer = await ask(operation, instanceId, commandId);
    const status = answer?.Status ?? 'Pending';
    if (answer && ENDED.has(status)) return readResult(answer, status, seconds);
    onWait?.();
  }
  throw new RigError(
    `Systems Manager does not say what became of command ${commandId} on ${instanceId}`,
    'look it up with: aws ssm list-command-invocations --details --command-id',
  );
}

/** For a moment after it was sent, a command is not known yet. */
async function ask(
  { aws, signal }: Operation,
  InstanceId: string,
  CommandId: string,
): Promise<GetCommandInvocationCommandOutput | undefined> {
  try {
    return await aws.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }), {
      abortSignal: signal,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'InvocationDoesNotExist') return undefined;
    throw error;
  }
}

export function notInTime(seconds: number): RigError {
  return new RigError(
    `the machine did not finish within ${seconds} s`,
    'shorten it: --trial, --repeat, --precision',
  );
}

function readResult(
  answer: GetCommandInvocationCommandOutput,
  status: string,
  seconds: number,
): ScriptResult {
  const { ResponseCode: code = -1, StatusDetails: details = status } = answer;
  // A script that ran to its end has its own exit code; -1 stands for one that did not.
  if (code >= 0 && status !== 'Cancelled' && status !== 'TimedOut') {
    return { code, out: answer.StandardOutputContent ?? '', err: answer.StandardErrorContent ?? '' };
  }
  if (details === 'ExecutionTimedOut' || details === 'Execution Timed Out') {
    throw notInTime(seconds);
  }
  if (status === 'TimedOut') {
    throw new RigError(
      `the machine did not take the command up within ${DELIVERY_SECONDS} s (${details})`,
      'see that it runs (rigctl status) and is not overloaded, then run it again',
    );
  }
  throw new RigError(
    `the command was ${status === 'Cancelled' ? 'cancelled' : 'not run'} (${details})`,
    'run it again; rigctl logs shows what the machine said',
  );
}
