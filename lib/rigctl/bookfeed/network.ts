// The wire between bookfeed and the local exchange: two network namespaces joined by a veth pair.
import { inside, quietenIpv6 } from '../local/network.js';
import { run, type RunOptions } from '../run.js';
import type { RunFolder } from './state.js';

export const PORT = { device: 'feed0', ipv4: '10.77.1.10', prefix: 24 } as const;
export const EXCHANGE = { device: 'exchange0', ipv4: '10.77.1.1', port: 8443 } as const;

/** @param withKernel gives the port an address of the kernel's; a port that DPDK polls has none. */
export async function makeNetwork(
  { namespaces }: RunFolder,
  withKernel: boolean,
  options: RunOptions,
): Promise<void> {
  const ip = (...args: readonly string[]): Promise<string> => run('ip', args, options);
  const ends = [
    { ...PORT, namespace: namespaces.bookfeed, hasAddress: withKernel },
    { ...EXCHANGE, namespace: namespaces.exchange, hasAddress: true },
  ] as const;
  for (const { namespace } of ends) await ip('netns', 'add', namespace);
  const [port, exchange] = ends;
  await ip(
    ...['link', 'add', port.device, 'netns', port.namespace, 'type', 'veth'],
    ...['peer', 'name', exchange.device, 'netns', exchange.namespace],
  );
  for (const { namespace, device, ipv4, hasAddress } of ends) {
    await ip(...inside(namespace, 'sh', '-c', quietenIpv6));
    // A veth end hands over unfinished checksums and joined segments, which no wire would carry.
    await ip(
      ...inside(namespace, 'ethtool', '-K', device, 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off'),
    );
    if (hasAddress) await ip('-n', namespace, 'addr', 'add', `${ipv4}/${PORT.prefix}`, 'dev', device);
    await ip('-n', namespace, 'link', 'set', device, 'up');
  }
}

/** Removes what makeNetwork made, or as much of it as there is; the devices go with their namespaces. */
export async function removeNetwork({ namespaces }: RunFolder): Promise<void> {
  const names = new Set((await run('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0]));
  for (const namespace of Object.values(namespaces)) {
    if (names.has(namespace)) await run('ip', ['netns', 'delete', namespace]);
  }
}
