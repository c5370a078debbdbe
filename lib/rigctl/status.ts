// `rigctl status`: what the machine says now, by its last status line on the console, with its age; `connect`, `logs`.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { formatPortStatus, type PortStatus } from '../port-status.js';
import { lastStatus } from './console.js';
import { findInstance, readConsole } from './ec2.js';
import { EXIT } from './exit.js';
import { formatTable, printJson, type Operation } from './operation.js';
import { formatDuration } from './progress.js';
import { RigError } from './run.js';
import { requireRig, rigState, type RigStack } from './stacks.js';

/** The machine repeats its status every ten seconds, so this long a silence is worth a word. */
const STALE_MS = 90_000;

interface Reading {
  readonly stack: RigStack;
  readonly instanceId: string | undefined;
  readonly status: PortStatus | undefined;
  readonly ageMs: number | undefined;
}

/** @returns the exit code: 0 only for a rig that is ready and has said so lately. */
export async function showStatus(operation: Operation, name: string, repeat: boolean): Promise<number> {
  for (;;) {
    const reading = await read(operation, name);
    if (operation.json) printJson(operation, toJson(reading));
    else operation.terminal.out(format(reading));
    if (!repeat) return isReady(reading) ? EXIT.done : EXIT.failed;
    await sleep(operation.intervalMs, undefined, { signal: operation.signal });
  }
}

async function read(operation: Operation, name: string): Promise<Reading> {
  const stack = await requireRig(operation.aws, name, operation);
  const instanceId = (await findInstance(operation.aws, stack.id, operation))?.InstanceId;
  if (instanceId === undefined) return { stack, instanceId, status: undefined, ageMs: undefined };
  const status = lastStatus(await readConsole(operation.aws, instanceId, operation));
  const time = status === undefined ? NaN : Date.parse(status.time);
  const ageMs = Number.isNaN(time) ? undefined : Math.max(0, operation.now().getTime() - time);
  return { stack, instanceId, status, ageMs };
}

function isReady({ status, ageMs }: Reading): boolean {
  return status?.state === 'ready' && ageMs !== undefined && ageMs < STALE_MS;
}

function toJson({ stack, instanceId, status, ageMs }: Reading): object {
  return {
    rig: stack.name,
    state: rigState(stack.status),
    stackStatus: stack.status,
    instanceId: instanceId ?? null,
    ageSeconds: ageMs === undefined ? null : Math.round(ageMs / 1000),
    status: status ?? null,
    outputs: stack.outputs,
  };
}

function format({ stack, instanceId, status, ageMs }: Reading): string {
  const rows = [
    ['rig', stack.name],
    ['stack', stack.status],
    ['machine', instanceId ?? 'none'],
  ];
  if (!status) {
    const why =
      instanceId === undefined ? 'no machine is running' : 'nothing on the console yet: it still boots';
    return formatTable([...rows, ['port', why]]);
  }
  const age = ageMs === undefined ? 'at an unreadable time' : `${formatDuration(ageMs)} ago`;
  const stale = ageMs !== undefined && ageMs >= STALE_MS ? ': silent since, so it may hang' : '';
  return formatTable([...rows, ['port', formatPortStatus(status)], ['said', `${age}${stale}`]]);
}

async function requireMachine(operation: Operation, name: string): Promise<string> {
  const stack = await requireRig(operation.aws, name, operation);
  const id = (await findInstance(operation.aws, stack.id, operation))?.InstanceId;
  if (id !== undefined) return id;
  throw new RigError(
    `${name} has no machine: its stack is ${stack.status}`,
    `rigctl watch ${name}, or deploy it again`,
  );
}

/** Opens Session Manager in this terminal. @returns its exit code. */
export async function connect(operation: Operation, name: string): Promise<number> {
  const id = await requireMachine(operation, name);
  const command = ['aws', 'ssm', 'start-session', '--region', operation.aws.region, '--target', id];
  if (operation.json) {
    printJson(operation, { rig: name, instanceId: id, command });
    return EXIT.done;
  }
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.on('error', () => {
      reject(new RigError('the AWS CLI is not installed', 'install it with its session-manager-plugin'));
    });
    child.on('close', (code) => {
      resolve(code ?? EXIT.interrupted);
    });
  });
}

/** Saves the console's last 64 KB. @param file `-` is standard output. */
export async function saveLogs(
  operation: Operation,
  name: string,
  file: string | undefined,
): Promise<number> {
  const id = await requireMachine(operation, name);
  const text = await readConsole(operation.aws, id, operation);
  if (text === '') throw new RigError(`${id} has printed nothing yet`, 'try again in a minute');
  const target = file ?? `${name}-${id}.log`;
  if (target === '-') operation.terminal.out(text);
  else await writeFile(target, text);
  if (operation.json && target !== '-') printJson(operation, { rig: name, instanceId: id, file: target });
  else operation.terminal.progress(`${Buffer.byteLength(text)} bytes of ${id}'s console in ${target}`);
  return EXIT.done;
}
