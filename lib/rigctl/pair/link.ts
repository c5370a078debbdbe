// What joins the two cores of a local pair: shared memory (memif), or a veth pair between two namespaces.
import { run, type RunOptions } from '../run.js';
import { inside, quietenIpv6 } from '../local/network.js';
import type { PairFolder } from './state.js';

export const LINKS = ['memif', 'veth'] as const;
export type Link = (typeof LINKS)[number];
export const CORES = ['generator', 'peer'] as const;
export type CoreName = (typeof CORES)[number];

/** The network between the cores: the block for benchmarks (RFC 2544, C.2.2). */
export const ADDRESSES: Readonly<Record<CoreName, string>> = { generator: '198.18.0.1', peer: '198.18.0.2' };
const MACS: Readonly<Record<CoreName, string>> = {
  generator: '02:70:61:69:72:01',
  peer: '02:70:61:69:72:02',
};
const DEVICE = 'rig0';

/** A core's end of the link. */
export interface End {
  readonly vdev: string;
  /** The words that a program is started with to be at this end. */
  readonly enter: readonly string[];
  readonly mac: string;
}

export async function makeLink(
  link: Link,
  folder: PairFolder,
  options: RunOptions,
): Promise<Record<CoreName, End>> {
  if (link === 'veth') return makeVeth(folder, options);
  return { generator: memifEnd(folder, 'generator'), peer: memifEnd(folder, 'peer') };
}

/** The peer listens, so it is started first. Its rings hold more than the generator's backlog after a pause. */
function memifEnd(folder: PairFolder, core: CoreName): End {
  const role = core === 'peer' ? 'server' : 'client';
  const socket = `socket=${folder.memifSocket},socket-abstract=no`;
  return {
    vdev: `net_memif0,role=${role},id=0,${socket},rsize=13,mac=${MACS[core]}`,
    enter: [],
    mac: MACS[core],
  };
}

async function makeVeth(folder: PairFolder, options: RunOptions): Promise<Record<CoreName, End>> {
  const ip = (...args: readonly string[]): Promise<string> => run('ip', args, options);
  for (const core of CORES) await ip('netns', 'add', folder.namespace(core));
  await ip(
    ...[
      'link',
      'add',
      DEVICE,
      'address',
      MACS.generator,
      'netns',
      folder.namespace('generator'),
      'type',
      'veth',
    ],
    ...['peer', 'name', DEVICE, 'address', MACS.peer, 'netns', folder.namespace('peer')],
  );
  for (const core of CORES) {
    const namespace = folder.namespace(core);
    await ip(...inside(namespace, 'sh', '-c', quietenIpv6));
    await ip('-n', namespace, 'link', 'set', DEVICE, 'up');
  }
  return { generator: vethEnd(folder, 'generator'), peer: vethEnd(folder, 'peer') };
}

function vethEnd(folder: PairFolder, core: CoreName): End {
  return {
    vdev: `net_af_packet0,iface=${DEVICE},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1`,
    enter: ['ip', ...inside(folder.namespace(core))],
    mac: MACS[core],
  };
}

/** Removes what makeLink made; devices go with their namespaces, a memif with its processes. */
export async function removeLink(folder: PairFolder): Promise<void> {
  const names = new Set((await run('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0]));
  for (const core of CORES) {
    const namespace = folder.namespace(core);
    if (names.has(namespace)) await run('ip', ['netns', 'delete', namespace]);
  }
}
