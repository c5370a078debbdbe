#!/usr/bin/env -S npx tsx
// The operator's command: parses arguments and calls lib/rigctl/. Results go to standard output, all else to standard error.
import { join } from 'node:path';

import { Command, CommanderError } from 'commander';

import { ConfigError, DEFAULT_NAME, parseConfig, rigContext } from '../lib/config.js';
import {
  checkMeasure,
  keyValue,
  measuring,
  rigName,
  wholeNumber,
  type MeasureFlags,
} from '../lib/rigctl/arguments.js';
import { connectAws, explainAwsError } from '../lib/rigctl/aws.js';
import type { Deployment } from '../lib/rigctl/check.js';
import { compareFiles } from '../lib/rigctl/compare.js';
import { deploy, runPreflight, watch } from '../lib/rigctl/deploy.js';
import { destroy } from '../lib/rigctl/destroy.js';
import { EXIT, EXIT_HELP, RigFault } from '../lib/rigctl/exit.js';
import { extend } from '../lib/rigctl/expiry.js';
import { readJsonFile } from '../lib/rigctl/files.js';
import { INTERRUPTS, interrupted, isAbort } from '../lib/rigctl/interrupt.js';
import { list } from '../lib/rigctl/list.js';
import { runBookfeed } from '../lib/rigctl/bookfeed/bookfeed.js';
import { liveText } from '../lib/rigctl/live.js';
import { downLocal, runLocal } from '../lib/rigctl/local.js';
import { localCommand } from '../lib/rigctl/local-arguments.js';
import { bookfeedOptions, pairOptions, singleOptions, type LocalFlags } from '../lib/rigctl/local-flags.js';
import { MEASURE_DEFAULTS } from '../lib/rigctl/measure-options.js';
import { measure } from '../lib/rigctl/measure.js';
import type { Operation } from '../lib/rigctl/operation.js';
import { runPair } from '../lib/rigctl/pair/pair.js';
import { RigError } from '../lib/rigctl/run.js';
import { connect, saveLogs, showStatus } from '../lib/rigctl/status.js';
import type { Terminal } from '../lib/rigctl/terminal.js';

const interrupt = new AbortController();
// `rigctl … | head`, or a terminal that was closed: nobody reads any more, but what was begun is cleared away all the same.
process.stdout.on('error', () => {
  interrupt.abort('SIGPIPE');
});
process.stderr.on('error', () => {
  interrupt.abort('SIGPIPE');
});

const shown = liveText(process.stderr);
const terminal: Terminal = {
  out: (text) => {
    shown.clear();
    process.stdout.write(text);
  },
  progress: (text) => {
    shown.clear();
    process.stderr.write(`rig: ${text}\n`);
  },
  live: (text, plain) => {
    shown.show(text, plain);
  },
};

/** Aborted by the first Ctrl-C; every further one finds the same handler, for cleaning up is not to be cut short. */
function interruptible(): AbortSignal {
  for (const name of INTERRUPTS) {
    process.on(name, () => {
      interrupt.abort(name);
    });
  }
  return interrupt.signal;
}

async function local(flags: LocalFlags): Promise<void> {
  const signal = interruptible();
  try {
    if (flags.down) {
      if (!(await downLocal(terminal))) terminal.progress('no local rig is running');
    } else if (flags.workload === 'bookfeed') await runBookfeed(bookfeedOptions(flags), terminal, signal);
    else if (flags.topology === 'pair') await runPair(pairOptions(flags), terminal, signal);
    else await runLocal(singleOptions(flags), terminal, signal);
  } catch (error) {
    throw isAbort(error, signal) ? interrupted(signal) : error;
  }
}

/** What every subcommand that works on AWS takes. */
interface CloudFlags {
  readonly region?: string;
  readonly json: boolean;
  readonly interval: number;
}

async function onAws(flags: CloudFlags, work: (operation: Operation) => Promise<number>): Promise<void> {
  // The SDK's advice on newer versions of Node is for whoever pins the SDK, not for the operator.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const signal = interruptible();
  try {
    const aws = await connectAws(flags.region);
    const intervalMs = flags.interval * 1000;
    process.exitCode = await work({
      aws,
      terminal,
      signal,
      now: () => new Date(),
      json: flags.json,
      intervalMs,
    });
  } catch (error) {
    if (signal.aborted && !(error instanceof RigError)) throw interrupted(signal);
    throw explainAwsError(error) ?? error;
  }
}

interface ContextFlags extends CloudFlags {
  readonly context?: Readonly<Record<string, string>>;
}

/** The context that cdk.json has. */
function projectContext(): Record<string, unknown> {
  return { ...(readJson('cdk.json') as { readonly context?: object }).context };
}

/** What bin/rig.ts will make of cdk.json and the same -c arguments. */
function readDeployment(name: string | undefined, flags: ContextFlags): Deployment {
  const ofProject = projectContext();
  const context = { ...flags.context, ...(name === undefined ? {} : { name }) };
  const config = parseConfig({ ...rigContext(ofProject), ...context });
  return { config, context, pins: { ...(readJson('cdk.context.json') as object), ...ofProject } };
}

/** One of the project's files. @returns undefined where it has no such file. */
function readJson(name: string): unknown {
  return readJsonFile(join(__dirname, '..', name));
}

const program = new Command('rigctl')
  .description('Operates a DPDK rig.')
  .showHelpAfterError('(rigctl --help lists what is allowed)')
  .addHelpText('after', EXIT_HELP)
  .exitOverride(); // before the subcommands, which inherit it

localCommand(program.command('local')).action(local);

program
  .command('compare <a> <b>')
  .description('two measurements side by side: what differs by more than the spread, and what in the set-up')
  .option('--json', 'one JSON document on standard output', false)
  .addHelpText(
    'after',
    '\nExit codes: 0 B is not worse than A by more than the spread; 1 it is; 2 wrong usage',
  )
  .action(async (a: string, b: string, flags: { readonly json: boolean }) => {
    process.exitCode = await compareFiles([a, b], flags, terminal);
  });

/** A subcommand that works on AWS, with the options that all of these share. */
function cloudCommand(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .showHelpAfterError(`(rigctl ${name} --help lists what is allowed)`)
    .option('--region <region>', 'the AWS region (default: where the AWS CLI would look)')
    .option('--json', 'JSON on standard output, one document a line', false)
    .option('--interval <seconds>', 'how often AWS is asked', wholeNumber(1, 3600), 5)
    .addHelpText('after', EXIT_HELP);
}

/** One that is about a rig. */
function rigCommand(name: string, description: string): Command {
  return cloudCommand(name, description).argument(
    '[name]',
    `the rig's name (default: ${DEFAULT_NAME})`,
    rigName,
  );
}

function configuredCommand(name: string, description: string): Command {
  return rigCommand(name, description).option(
    '-c, --context <key=value>',
    "a key of the rig's configuration, as cdk takes it (README lists them); may be repeated",
    keyValue,
  );
}

configuredCommand('preflight', 'what would make a deploy fail, asked before it costs anything').action(
  (name: string | undefined, flags: ContextFlags) => {
    const deployment = readDeployment(name, flags);
    return onAws(flags, (operation) => runPreflight(operation, deployment));
  },
);
configuredCommand('deploy', 'preflight, cdk deploy, and live progress from the machine').action(
  (name: string | undefined, flags: ContextFlags) => {
    const deployment = readDeployment(name, flags);
    return onAws(flags, (operation) => deploy(operation, deployment));
  },
);
rigCommand('watch', 'the progress of a deploy that somebody else started').action(
  (name: string | undefined, flags: CloudFlags) =>
    onAws(flags, (operation) => watch(operation, name ?? DEFAULT_NAME)),
);
rigCommand('status', 'what the port says now, and how long ago it said so')
  .option('--watch', 'again and again until Ctrl-C', false)
  .action((name: string | undefined, flags: CloudFlags & { readonly watch: boolean }) =>
    onAws(flags, (operation) => showStatus(operation, name ?? DEFAULT_NAME, flags.watch)),
  );
measuring(
  rigCommand(
    'measure',
    "highest rate without loss, round trips or a soak, from a pair's generator to its peer and back",
  ).option('--pair <n>', 'which pair of a fleet', wholeNumber(1, 1000)),
  9019,
  MEASURE_DEFAULTS,
).action((name: string | undefined, flags: CloudFlags & MeasureFlags & { readonly pair?: number }) => {
  const options = checkMeasure(flags, 'rigctl measure --help');
  return onAws(flags, (operation) => measure(operation, name ?? DEFAULT_NAME, options));
});
/** Of a pair or a fleet, one machine is meant. */
const MACHINE = ['--machine <part>', 'which of several: generator, reflector, 2, 2-generator'] as const;
rigCommand('connect', 'a shell on the machine by Session Manager')
  .option(...MACHINE)
  .action((name: string | undefined, flags: CloudFlags & { readonly machine?: string }) =>
    onAws(flags, (operation) => connect(operation, name ?? DEFAULT_NAME, flags.machine)),
  );
rigCommand('logs', "saves the last 64 KB of the machine's console")
  .option('--output <file>', 'where to; - is standard output (default: NAME-INSTANCE.log)')
  .option(...MACHINE)
  .action(
    (name: string | undefined, flags: CloudFlags & { readonly output?: string; readonly machine?: string }) =>
      onAws(flags, (operation) => saveLogs(operation, name ?? DEFAULT_NAME, flags.output, flags.machine)),
  );
cloudCommand('list', 'every rig of the account and region with age, state and expiry').action(
  (flags: CloudFlags) => onAws(flags, (operation) => list(operation)),
);
rigCommand('extend', 'puts the expiry of a rig off')
  .requiredOption('--hours <n>', 'by how many hours', wholeNumber(1, 720))
  .action((name: string | undefined, flags: CloudFlags & { readonly hours: number }) =>
    onAws(flags, (operation) => extend(operation, name ?? DEFAULT_NAME, flags.hours)),
  );
rigCommand('destroy', 'cdk destroy, then the proof that nothing is left').action(
  (name: string | undefined, flags: CloudFlags) =>
    onAws(flags, (operation) => destroy(operation, name ?? DEFAULT_NAME, projectContext())),
);

program.parseAsync().catch((error: unknown) => {
  if (error instanceof RigError) {
    terminal.progress(error.cause);
    terminal.progress(`next: ${error.next}`);
    process.exitCode = error instanceof RigFault ? error.exitCode : EXIT.failed;
  } else if (error instanceof ConfigError) {
    terminal.progress(error.message);
    process.exitCode = EXIT.usage;
  } else if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage; // commander has printed its message
  } else throw error;
});
