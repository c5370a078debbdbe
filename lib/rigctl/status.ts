// `rigctl status`: what the machine says now, by its last status line on the console, with its age; `connect`, `logs`.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { formatPortStatus, type PortStatus } from '../port-status.js';
import { lastStatus } from './console.js';
import { findMachines, partOf, readConsole, type Machine } from './ec2.js';
import { EXIT, RigFault } from './exit.js';
import { writeTextFile } from './files.js';
import { interruptCode } from './interrupt.js';
import { formatTable, printJson, type Operation } from './operation.js';
import { formatDuration } from './progress.js';
import { RigError } from './run.js';
import { requireRig, rigState, type RigStack } from './stacks.js';

/** The machine repeats its status every ten seconds, so this long a silence is worth a word. */
const STALE_MS = 90_000;

/** What one machine of a rig said last. */
interface Said extends Machine {
  readonly status: PortStatus | undefined;
  readonly ageMs: number | undefined;
}

interface Reading {
  readonly stack: RigStack;
  readonly machines: readonly Said[];
}

/** @returns the exit code: 0 only for a rig of which every machine is ready and has said so lately. */
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
  const machines = await findMachines(operation.aws, stack.id, operation);
  const said = machines.map(async (machine): Promise<Said> => {
    const status = lastStatus(await readConsole(operation.aws, machine.id, operation));
    const time = status === undefined ? NaN : Date.parse(status.time);
    const ageMs = Number.isNaN(time) ? undefined : Math.max(0, operation.now().getTime() - time);
    return { ...machine, status, ageMs };
  });
  return { stack, machines: await Promise.all(said) };
}

function isReady({ stack, machines }: Reading): boolean {
  // An instance that is gone is missing among the machines, and still named by the stack.
  const expected = Object.keys(stack.outputs).filter((key) => key.endsWith('InstanceId')).length;
  return (
    machines.length >= Math.max(1, expected) &&
    machines.every(
      ({ status, ageMs }) => status?.state === 'ready' && ageMs !== undefined && ageMs < STALE_MS,
    )
  );
}

function toJson({ stack, machines }: Reading): object {
  const said = machines.map(({ name, id, status, ageMs }) => ({
    name,
    instanceId: id,
    ageSeconds: ageMs === undefined ? null : Math.round(ageMs / 1000),
    status: status ?? null,
  }));
  const [only = { instanceId: null, ageSeconds: null, status: null }, ...others] = said;
  const { instanceId, ageSeconds, status } = only;
  return {
    rig: stack.name,
    state: rigState(stack.status),
    stackStatus: stack.status,
    ...(others.length === 0 ? { instanceId, ageSeconds, status } : {}),
    machines: said,
    outputs: stack.outputs,
  };
}

function format({ stack, machines }: Reading): string {
  const head = [
    ['rig', stack.name],
    ['stack', stack.status],
  ];
  if (machines.length === 0) {
    return formatTable([...head, ['machine', 'none'], ['port', 'no machine is running']]);
  }
  return formatTable([...head, ...machines.flatMap((machine) => describe(machine, stack.name))]);
}

function describe({ name, id, status, ageMs }: Said, rig: string): string[][] {
  const part = partOf(name, rig);
  const machine = ['machine', part === '' ? id : `${id} (${part})`];
  if (!status) return [machine, ['port', 'nothing on the console yet: it still boots']];
  const age = ageMs === undefined ? 'at an unreadable time' : `${formatDuration(ageMs)} ago`;
  const stale = ageMs !== undefined && ageMs >= STALE_MS ? ': silent since, so it may hang' : '';
  return [machine, ['port', formatPortStatus(status)], ['said', `${age}${stale}`]];
}

/** @param wanted the machine's part of a pair or fleet, such as generator. @default - the only one */
async function requireMachine(
  operation: Operation,
  name: string,
  wanted: string | undefined,
): Promise<string> {
  const stack = await requireRig(operation.aws, name, operation);
  const machines = await findMachines(operation.aws, stack.id, operation);
  const parts = machines.map((machine) => partOf(machine.name, stack.name));
  const at = wanted === undefined && machines.length === 1 ? 0 : parts.indexOf(wanted ?? '');
  const found = machines[at];
  if (found) return found.id;
  if (machines.length > 0) {
    throw new RigFault(
      wanted === undefined ? `${name} has ${machines.length} machines` : `${name} has no machine '${wanted}'`,
      `allowed with --machine: ${parts.filter((part) => part !== '').join(', ') || 'nothing, it has one'}`,
      EXIT.usage,
    );
  }
  throw new RigError(
    `${name} has no machine: its stack is ${stack.status}`,
    `rigctl watch ${name}, or deploy it again`,
  );
}

/** Opens Session Manager in this terminal. @returns its exit code. */
export async function connect(operation: Operation, name: string, machine?: string): Promise<number> {
  const id = await requireMachine(operation, name, machine);
  const command = ['aws', 'ssm', 'start-session', '--region', operation.aws.region, '--target', id];
  if (operation.json) {
    printJson(operation, { rig: name, instanceId: id, command });
    return EXIT.done;
  }
  return runSession(command, operation.signal);
}

/** Runs a command in this terminal, where Ctrl-C is the command's own. @returns its exit code. */
export function runSession([program = '', ...args]: readonly string[], signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    // Whoever ends rigctl by another signal means what it runs.
    const stop = (): void => {
      if (signal.reason !== 'SIGINT') child.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop);
    child.on('error', () => {
      reject(new RigError('the AWS CLI is not installed', 'install it with its session-manager-plugin'));
    });
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? (signal.aborted ? interruptCode(signal) : EXIT.interrupted));
    });
  });
}

/** Saves the console's last 64 KB. @param file `-` is standard output. */
export async function saveLogs(
  operation: Operation,
  name: string,
  file: string | undefined,
  machine?: string,
): Promise<number> {
  const id = await requireMachine(operation, name, machine);
  const text = await readConsole(operation.aws, id, operation);
  if (text === '') throw new RigError(`${id} has printed nothing yet`, 'try again in a minute');
  const target = file ?? `${name}-${id}.log`;
  if (target === '-') operation.terminal.out(text);
  else await writeTextFile(target, text, 'name another file with --output');
  if (operation.json && target !== '-') printJson(operation, { rig: name, instanceId: id, file: target });
  else operation.terminal.progress(`${Buffer.byteLength(text)} bytes of ${id}'s console in ${target}`);
  return EXIT.done;
}
