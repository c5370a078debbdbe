// What `rigctl local` may be asked for, and which of it goes together.
import { checkMeasure, type MeasureFlags } from './arguments.js';
import { EXIT, RigFault } from './exit.js';
import type { LocalOptions } from './local.js';
import type { Link } from './pair/link.js';
import type { PairOptions } from './pair/pair.js';

export interface LocalFlags extends MeasureFlags {
  readonly topology: 'single' | 'pair';
  readonly mode?: 'respond' | 'sink' | 'reflect';
  readonly seconds?: number;
  readonly keep: boolean;
  readonly json: boolean;
  readonly down: boolean;
  readonly link?: Link;
}

export function singleOptions(flags: LocalFlags): LocalOptions {
  refuse(flags, PAIR_ONLY, '--topology pair');
  const { seconds, mode = 'respond', keep, json } = flags;
  return { seconds, mode, keep, json };
}

const PAIR_ONLY = ['link', 'profile', 'frameSize', 'rates', 'trial', 'repeat', 'precision', 'out'] as const;

export function pairOptions(flags: LocalFlags): PairOptions {
  refuse(
    flags,
    ['seconds', 'keep'],
    'one rig; a pair ends when it has measured (--trial sets how long that takes)',
  );
  const { mode = 'reflect', link = 'memif', json } = flags;
  if (mode === 'sink') {
    throw new RigFault(
      "mode 'sink' sends nothing back; allowed in a pair: reflect, respond",
      'leave --mode out',
      EXIT.usage,
    );
  }
  return { ...checkMeasure(flags), mode, link, json };
}

/** An option without effect would make a person believe in one. */
function refuse(flags: LocalFlags, names: readonly (keyof LocalFlags)[], where: string): void {
  const given = names.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (given === undefined) return;
  const option = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new RigFault(`--${option} is only for ${where}`, 'npm start -- --help', EXIT.usage);
}
