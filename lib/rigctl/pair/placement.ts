// Which processors the two cores of a local pair get: each poller one of its own, if there are so many. Pure, but for reading
// the machine's topology.
import { readFile } from 'node:fs/promises';

import { allowedCpus } from '../local/core.js';

export interface Processors {
  /** Where it polls, and where its control thread sleeps most of the time. */
  readonly poll: number;
  readonly control: number;
}

export interface Placement {
  readonly generator: Processors;
  readonly peer: Processors;
  /** What the number of processors means for the figures; undefined when there are enough. */
  readonly warning: string | undefined;
}

/** One processor of the machine and the physical core that it is a thread of. */
export interface Cpu {
  readonly number: number;
  readonly core: string;
}

export async function readCpus(): Promise<readonly Cpu[]> {
  return Promise.all(
    (await allowedCpus()).map(async (number) => {
      const file = `/sys/devices/system/cpu/cpu${number}/topology/thread_siblings_list`;
      const core = await readFile(file, 'utf8').catch(() => String(number));
      return { number, core: core.trim() };
    }),
  );
}

/** @param cpus that this process may run on, in order; at least one. */
export function placeCores(cpus: readonly Cpu[]): Placement {
  const [first, second, third] = cpus;
  if (!first) throw new RangeError('a process runs on some processor');
  if (!second) {
    const alone = { poll: first.number, control: first.number };
    return {
      generator: alone,
      peer: alone,
      warning: 'one processor: generator and peer take turns on it, so the figures mean nothing',
    };
  }
  if (cpus.length < 4) {
    // Each control thread where the other core polls, or on the third: it sleeps most of the time.
    return {
      generator: { poll: first.number, control: (third ?? second).number },
      peer: { poll: second.number, control: (third ?? first).number },
      warning:
        `${cpus.length} processors: both pollers have one each and share it with all else on this machine, so rates are ` +
        'lower and round trips scatter more; with 4 or more they are alone',
    };
  }
  const [poll, other] = pollers(cpus, first);
  return {
    generator: { poll: poll.number, control: first.number },
    peer: { poll: other.number, control: first.number },
    warning:
      poll.core === other.core
        ? 'both pollers are threads of one physical core, so each takes execution time from the other'
        : undefined,
  };
}

/** Two processors beside `first`, on physical cores of their own where there are any. */
function pollers(cpus: readonly Cpu[], first: Cpu): readonly [Cpu, Cpu] {
  const rest = cpus.filter((cpu) => cpu !== first);
  const seen = new Set<string>([first.core]);
  const own = rest.filter((cpu) => !seen.has(cpu.core) && seen.add(cpu.core));
  const beside = rest.filter((cpu) => !own.includes(cpu));
  // A thread beside the sleeping control threads is better than one beside the other poller.
  const [a, b] = [
    ...own,
    ...beside.sort((x, y) => Number(y.core === first.core) - Number(x.core === first.core)),
  ];
  if (!a || !b) throw new RangeError('four processors leave three');
  return [a, b];
}
