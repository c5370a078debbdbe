// Runs other programs for rigctl's subcommands and turns their failures into messages that name the next step.
import { execFile, type ExecFileException } from 'node:child_process';

/** A fault with a cause and a next step, shown to the operator without a stack trace. */
export class RigError extends Error {
  /**
   * @param cause what went wrong: the thing and the bad value.
   * @param next what the operator does about it.
   */
  constructor(
    override readonly cause: string,
    readonly next: string,
  ) {
    super(`${cause}; next: ${next}`);
    this.name = 'RigError';
  }
}

export interface RunOptions {
  /** Added to this process's environment. @default - nothing added */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program when aborted. @default - not abortable */
  readonly signal?: AbortSignal;
  /** Receives each line of standard error as it comes. @default - kept for the error message only */
  readonly onProgress?: (line: string) => void;
}

/**
 * Runs a program and gives its standard output.
 * @throws RigError when it is not installed, or exits with other than 0: the message holds its last line of stderr.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const settings = Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`);
  // env(1) adds to the environment that a child inherits, so that only bin/ ever reads it.
  const [file, ...rest] = settings.length > 0 ? ['env', ...settings, program, ...args] : [program, ...args];
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const child = execFile(file, rest, { signal, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const fault: Error = error.name === 'AbortError' ? error : describe(program, args, error, stderr);
      reject(fault);
    });
    if (options.onProgress !== undefined) eachLine(child.stderr, options.onProgress);
  });
}

function describe(
  program: string,
  args: readonly string[],
  error: ExecFileException,
  stderr: string,
): RigError {
  if (error.code === 'ENOENT') return new RigError(`${program} is not installed`, 'bash bin/setup.sh start');
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return new RigError(
    `\`${[program, ...args].join(' ')}\` ended with ${String(error.code ?? error.signal)}: ${said}`,
    'see the message above; run the command by hand to see all it says',
  );
}

function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.on('data', (chunk: string | Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
}
