#!/usr/bin/env -S npx tsx
// The operator's command: parses arguments and calls lib/rigctl/. Results go to standard output, all else to standard error.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { downLocal, runLocal, type LocalOptions, type Terminal } from '../lib/rigctl/local.js';
import { RigError } from '../lib/rigctl/run.js';

const clearLine = process.stderr.isTTY ? '\r\u001b[K' : '';
const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  progress: (text) => process.stderr.write(`${clearLine}rig: ${text}\n`),
  live: (text) => process.stderr.write(process.stderr.isTTY ? `${clearLine}${text}` : `${text}\n`),
};

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('allowed: a whole number from 1 to 86400');
}

interface LocalFlags extends LocalOptions {
  readonly down: boolean;
}

async function local({ down, ...options }: LocalFlags): Promise<void> {
  const interrupt = new AbortController();
  // Every further signal finds the same handler: cleaning up is not to be cut short.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      interrupt.abort(name);
    });
  }
  try {
    if (!down) await runLocal(options, terminal, interrupt.signal);
    else if (!(await downLocal(terminal))) terminal.progress('no local rig is running');
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof Error && error.name === 'AbortError') return;
    throw error;
  }
}

const program = new Command('rigctl')
  .description('Operates a DPDK rig.')
  .showHelpAfterError('(rigctl --help lists what is allowed)')
  .exitOverride(); // before the subcommands, which inherit it
program
  .command('local')
  .description(
    'the rig on this machine: a core polling a virtual port, proven by ping and UDP echo; Ctrl-C takes it down',
  )
  .addOption(
    new Option('--mode <mode>', 'what the core does')
      .choices(['respond', 'sink', 'reflect'])
      .default('respond'),
  )
  .option('--seconds <n>', 'end by itself after n seconds of polling', parseSeconds)
  .option('--keep', 'leave the rig running at the end', false)
  .option('--json', 'one JSON document a line on standard output: ready, counters, stopped', false)
  .option('--down', 'take down a rig that was left running', false)
  .action(local);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof RigError) {
    process.stderr.write(`${clearLine}rig: ${error.cause}\nrig: next: ${error.next}\n`);
    process.exitCode = 1;
  } else if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2; // commander has printed its message
  } else throw error;
});
