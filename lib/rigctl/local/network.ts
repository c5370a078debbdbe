// The local rig's "VPC": two network namespaces joined by a veth pair. Nothing of the host's own network is touched.
import { run, type RunOptions } from '../run.js';

/** Where the port is: the DPDK side of the pair has no kernel address, so only the core answers on it. */
export const PORT = { namespace: 'rig-local-port', device: 'rig0', ipv4: '10.77.0.10', prefix: 24 } as const;
/** Where the peer is: plays the VPC's router and the client that pings. */
export const PEER = { namespace: 'rig-local-vpc', device: 'vpc0', ipv4: '10.77.0.1' } as const;

/** The arguments that run a program inside a namespace, for `ip`. */
export const inside = (namespace: string, ...command: readonly string[]): readonly string[] => [
  'netns',
  'exec',
  namespace,
  ...command,
];

/**
 * Makes both namespaces and the veth pair, and gives the port's MAC address.
 * @throws RigError when a namespace or a device of that name exists, or `ip` may not make one.
 */
export async function makeNetwork(options: RunOptions): Promise<string> {
  const ip = (...args: readonly string[]): Promise<string> => run('ip', args, options);
  await ip('netns', 'add', PORT.namespace);
  await ip('netns', 'add', PEER.namespace);
  const port = ['add', PORT.device, 'netns', PORT.namespace];
  const peer = ['name', PEER.device, 'netns', PEER.namespace];
  await ip('link', ...port, 'type', 'veth', 'peer', ...peer);
  await ip('-n', PEER.namespace, 'addr', 'add', `${PEER.ipv4}/${PORT.prefix}`, 'dev', PEER.device);
  for (const { namespace, device } of [PORT, PEER]) {
    await ip(...inside(namespace, 'sh', '-c', quietenIpv6));
    // A veth end hands over unfinished checksums and joined segments, which no wire would carry.
    await ip(
      ...inside(namespace, 'ethtool', '-K', device, 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off'),
    );
    await ip('-n', namespace, 'link', 'set', device, 'up');
  }
  const links = JSON.parse(await ip('-n', PORT.namespace, '-j', 'link', 'show', PORT.device)) as [
    { address: string },
  ];
  return links[0].address;
}

// Router solicitations would show as drops on a port that nobody has sent anything to. Kernels without IPv6 have no file.
export const quietenIpv6 = 'f=/proc/sys/net/ipv6/conf/all/disable_ipv6; [ ! -e "$f" ] || echo 1 > "$f"';

/** Removes what makeNetwork made, or as much of it as there is; the devices go with their namespaces. */
export async function removeNetwork(): Promise<void> {
  const names = new Set((await run('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0]));
  for (const { namespace } of [PORT, PEER]) {
    if (names.has(namespace)) await run('ip', ['netns', 'delete', namespace]);
  }
}
