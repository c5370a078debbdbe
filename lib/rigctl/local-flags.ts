// What `rigctl local` may be asked for, and which of it goes together.
import { checkMeasure, type MeasureFlags } from './arguments.js';
import { EXIT, RigFault } from './exit.js';
import { BOOKFEED_LINKS, type BookfeedOptions } from './bookfeed/options.js';
import type { LocalOptions } from './local.js';
import { LINKS, type Link } from './pair/link.js';
import type { PairOptions } from './pair/pair.js';

export interface LocalFlags extends MeasureFlags {
  readonly workload: 'pollcore' | 'bookfeed';
  readonly topology: 'single' | 'pair';
  readonly mode?: 'respond' | 'sink' | 'reflect';
  readonly seconds?: number;
  readonly keep: boolean;
  readonly json: boolean;
  readonly down: boolean;
  readonly link?: Link | BookfeedOptions['link'];
  readonly venue?: BookfeedOptions['venue'];
  readonly transport?: BookfeedOptions['transport'];
  readonly rate?: number;
  readonly feed?: BookfeedOptions['feed'];
}

export function singleOptions(flags: LocalFlags): LocalOptions {
  refuse(flags, ['link', ...MEASURE_ONLY], '--topology pair');
  refuse(flags, BOOKFEED_ONLY, '--workload bookfeed');
  const { seconds, mode = 'respond', keep, json } = flags;
  return { seconds: seconds === 0 ? undefined : seconds, mode, keep, json };
}

const MEASURE_ONLY = ['profile', 'frameSize', 'rates', 'trial', 'repeat', 'precision', 'out'] as const;
const BOOKFEED_ONLY = ['venue', 'transport', 'rate', 'feed'] as const;

export function pairOptions(flags: LocalFlags): PairOptions {
  refuse(
    flags,
    ['seconds', 'keep'],
    'one rig; a pair ends when it has measured (--trial sets how long that takes)',
  );
  refuse(flags, BOOKFEED_ONLY, '--workload bookfeed');
  const { mode = 'reflect', json } = flags;
  const link = allowed('link', flags.link ?? 'memif', LINKS, 'a pair');
  if (mode === 'sink') {
    throw new RigFault(
      "mode 'sink' sends nothing back; allowed in a pair: reflect, respond",
      'leave --mode out',
      EXIT.usage,
    );
  }
  return { ...checkMeasure(flags, 'npm start -- --help'), mode, link, json };
}

export function bookfeedOptions(flags: LocalFlags): BookfeedOptions {
  const { venue = 'kraken', transport = 'lwip', seconds = 20, rate = 1000, feed, json } = flags;
  refuse(flags, ['mode', 'keep', ...MEASURE_ONLY], '--workload pollcore');
  if (flags.topology === 'pair') {
    throw new RigFault('--topology pair is only for --workload pollcore', 'npm start -- --help', EXIT.usage);
  }
  if (transport === 'kernel') refuse(flags, ['link'], '--transport lwip');
  const link = allowed('link', flags.link ?? 'af_packet', BOOKFEED_LINKS, '--workload bookfeed');
  return { venue, transport, link, seconds, rate, feed, json };
}

function allowed<T extends string>(option: string, value: string, choices: readonly T[], where: string): T {
  const choice = choices.find((each) => each === value);
  if (choice !== undefined) return choice;
  throw new RigFault(
    `--${option} '${value}' is not for ${where}; allowed: ${choices.join(', ')}`,
    'npm start -- --help',
    EXIT.usage,
  );
}

/** An option without effect would make a person believe in one. */
function refuse(flags: LocalFlags, names: readonly (keyof LocalFlags)[], where: string): void {
  const given = names.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (given === undefined) return;
  const option = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new RigFault(`--${option} is only for ${where}`, 'npm start -- --help', EXIT.usage);
}
