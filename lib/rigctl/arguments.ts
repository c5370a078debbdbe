// What rigctl's options take: parsers with commander's way to refuse, and the options that several subcommands share.
import { InvalidArgumentError, Option, type Command } from 'commander';

import { schema } from '../config-schema.js';
import { EXIT, RigFault } from './exit.js';
import { faultOf, PROFILES, type MeasureOptions } from './measure-options.js';

/** The name of a rig, which is that of its stack. */
export function rigName(text: string): string {
  const { name } = schema.shape;
  if (name.safeParse(text).success) return text;
  throw new InvalidArgumentError(`allowed: ${name.description ?? ''}`);
}

/** A whole number within bounds, or commander's own message. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed: a whole number from ${least} to ${most}`);
  };
}

export function keyValue(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('allowed: key=value');
  return { ...before, [key]: value };
}

/** A number within bounds. */
function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`allowed: a number from ${least} to ${most}`);
  };
}

function frameSize(most: number): (text: string) => string {
  return (text) => (text === 'imix' ? text : String(wholeNumber(64, most)(text)));
}

const rates = (text: string): number[] => text.split(',').map(wholeNumber(1, 1_000_000_000));

/** What a measurement takes, here and on AWS. @param defaults of a trial and a search, as a person is told them. */
export function measuring(
  command: Command,
  largestFrame: number,
  defaults: { readonly trial: number; readonly precision: number },
): Command {
  return command
    .addOption(new Option('--profile <profile>', 'what to measure (default: search)').choices(PROFILES))
    .option('--frame-size <bytes>', 'with check sequence, or imix (default: 64)', frameSize(largestFrame))
    .option('--rates <list>', 'packets a second: the loads of latency, the one of soak', rates)
    .option(
      '--trial <seconds>',
      `length of each trial, or of the soak (default: ${defaults.trial})`,
      number(0.05, 864_000),
    )
    .option(
      '--repeat <n>',
      'searches, and trials of each load; their range is the spread (default: 3)',
      wholeNumber(1, 100),
    )
    .option(
      '--precision <part>',
      `how near a search comes (default: ${defaults.precision})`,
      number(0.0001, 0.5),
    )
    .option('--out <folder>', 'where JSON, CSV and picture go (default: measurements)');
}

export type MeasureFlags = Partial<MeasureOptions> & { readonly out?: string };

/** @param help the command that says what is allowed. */
export function checkMeasure<T extends MeasureFlags>(
  flags: T,
  help: string,
): T & MeasureOptions & { readonly out: string } {
  const options = { ...flags, profile: flags.profile ?? 'search', out: flags.out ?? 'measurements' };
  const fault = faultOf(options);
  if (fault !== undefined) throw new RigFault(fault, help, EXIT.usage);
  return options;
}
