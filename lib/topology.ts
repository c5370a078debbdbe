// What a configuration asks for, as machines: alone, in a pair, or many of either. Pure; rig-stack.ts makes them.
import type { PairPeer, PollcoreMode, RigConfig } from './config.js';

export type Role = 'alone' | 'generator' | 'reflector';

export interface Machine {
  /** What its status and its Name tag say. */
  readonly name: string;
  /** What its logical ids and outputs begin with; empty where the stack has no other. */
  readonly prefix: string;
  readonly role: Role;
  readonly mode: PollcoreMode | 'generate';
}

/** Machines whose data ports see each other: one, or a generator and the peer that it measures. */
export interface Unit {
  readonly prefix: string;
  readonly machines: readonly [Machine] | readonly [generator: Machine, peer: Machine];
}

export function planUnits(config: RigConfig): readonly Unit[] {
  const { name, topology, pairPeer, rigs = 1 } = config;
  const unit = (prefix: string, base: string): Unit =>
    pairPeer === undefined ? single(prefix, base, config.pollcoreMode) : pair(prefix, base, pairPeer);
  if (topology !== 'fleet') return [unit('', name)];
  const kind = pairPeer === undefined ? 'Rig' : 'Pair';
  return Array.from({ length: rigs }, (_, index) => unit(`${kind}${index + 1}`, `${name}-${index + 1}`));
}

function single(prefix: string, name: string, mode: PollcoreMode): Unit {
  return { prefix, machines: [{ name, prefix, role: 'alone', mode }] };
}

function pair(prefix: string, name: string, peer: PairPeer): Unit {
  return {
    prefix,
    machines: [
      { name: `${name}-generator`, prefix: `${prefix}Generator`, role: 'generator', mode: 'generate' },
      { name: `${name}-reflector`, prefix: `${prefix}Reflector`, role: 'reflector', mode: peer },
    ],
  };
}
