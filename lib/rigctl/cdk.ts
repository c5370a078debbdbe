// Runs the project's own CDK CLI for deploy, destroy and synth, in the project's folder, whatever folder rigctl is called from.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

import { writeEmptyApp } from './empty-app.js';
import { RigError } from './run.js';

const PROJECT = dirname(require.resolve('../../package.json'));
const KEPT_LINES = 200;
/** What the CLI prints for its own reasons. */
const NOISE = /^\s*$|NOTICES|npm warn|✨|\[ack|deprecat/i;

export interface CdkRun {
  /** 0 when it did what it was told; null when it was ended by a signal. */
  readonly exitCode: number | null;
  /** Its last lines, standard output and error as they came. */
  readonly lines: readonly string[];
}

export interface CdkOptions {
  readonly region: string;
  /** The app's context: `-c key=value` each. */
  readonly context: Readonly<Record<string, string>>;
  /** A folder with what an app has synthesized. @default - the project's own app */
  readonly app?: string;
  /** Passed on when aborted, so that the CLI ends in its own way. */
  readonly signal: AbortSignal;
}

type Command = 'deploy' | 'destroy' | 'synth';
const OWN: Readonly<Record<Command, readonly string[]>> = {
  deploy: ['--require-approval', 'never', '--progress', 'events'],
  destroy: ['--force'],
  synth: ['--quiet'],
};

/** A folder of its own: two CLIs that write to one cdk.out refuse each other. */
function outputFolder(command: Command, stack: string): string {
  return join(PROJECT, '.cache', 'cdk.out', command === 'deploy' ? stack : `${stack}.${command}`);
}

/** The template that `cdk synth` has made of a stack. */
export function synthesized(stack: string): string {
  return join(outputFolder('synth', stack), `${stack}.template.json`);
}

/** Runs `cdk destroy STACK`. @param context what cdk.json has */
export async function destroyStack(
  stack: string,
  context: Readonly<Record<string, unknown>>,
  options: Pick<CdkOptions, 'region' | 'signal'>,
): Promise<CdkRun> {
  const app = `${outputFolder('destroy', stack)}.app`;
  await writeEmptyApp(stack, app, context);
  options.signal.throwIfAborted();
  return runCdk('destroy', stack, { ...options, context: {}, app });
}

/** Runs `cdk COMMAND STACK`. Never throws for the CLI's own failure. */
export function runCdk(command: Command, stack: string, options: CdkOptions): Promise<CdkRun> {
  const context = Object.entries(options.context).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
  const output = ['--output', outputFolder(command, stack)];
  const args = [
    require.resolve('aws-cdk/bin/cdk'),
    command,
    stack,
    ...OWN[command],
    ...context,
    ...output,
    ...(options.app === undefined ? [] : ['--app', options.app]),
    '--no-color',
  ];
  return new Promise((resolve, reject) => {
    // env(1) adds to the environment that a child inherits, so that only bin/ ever reads it.
    const child = spawn('env', [`AWS_REGION=${options.region}`, process.execPath, ...args], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = (): void => void child.kill('SIGINT');
    options.signal.addEventListener('abort', stop);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) collect(stream, lines);
    child.on('error', (error) => {
      reject(new RigError(`the CDK CLI does not start: ${error.message}`, 'npm ci'));
    });
    child.on('close', (exitCode) => {
      options.signal.removeEventListener('abort', stop);
      resolve({ exitCode, lines });
    });
  });
}

/** The end of what the CLI said, without what it says for its own reasons. */
export function lastWords(run: CdkRun, count: number): string[] {
  return run.lines.filter((line) => !NOISE.test(line)).slice(-count);
}

function collect(stream: NodeJS.ReadableStream, lines: string[]): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    lines.splice(0, lines.length - KEPT_LINES);
  });
  stream.on('end', () => {
    if (rest !== '') lines.push(rest);
  });
}
