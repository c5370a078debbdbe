// Proves the port from the other side: the kernel's own ping and a UDP datagram, out of the peer's namespace.
import { randomUUID } from 'node:crypto';

import { RigError, run, type RunOptions } from '../run.js';
import { inside, PEER, PORT } from './network.js';

export interface PingResult {
  readonly sent: number;
  readonly received: number;
  /** 0 to 100. */
  readonly lossPercent: number;
  /** Milliseconds, as ping reports them; undefined when nothing came back. */
  readonly rttMs: { readonly min: number; readonly avg: number; readonly max: number } | undefined;
}

/** Reads the two summary lines of iputils' ping. */
export function parsePing(output: string): PingResult {
  const counts = /(\d+) packets transmitted, (\d+) received.*?([\d.]+)% packet loss/.exec(output);
  if (counts === null) throw new RigError(`ping printed no summary: ${output.trim()}`, 'run it by hand');
  const [sent = 0, received = 0, lossPercent = 100] = counts.slice(1).map(Number);
  const times = /= ([\d.]+)\/([\d.]+)\/([\d.]+)\//.exec(output)?.slice(1).map(Number);
  const [min = 0, avg = 0, max = 0] = times ?? [];
  return { sent, received, lossPercent, rttMs: times && { min, avg, max } };
}

/**
 * Sends `count` echo requests, 200 ms apart. ping gives up that long after the last one, so a smaller interval would
 * show a machine that is busy for a moment as loss.
 */
export async function ping(count: number, options: RunOptions): Promise<PingResult> {
  // ping exits 1 when replies are missing, which is a result and not a fault.
  const command = `ping -n -q -i 0.2 -c ${count} ${PORT.ipv4} || [ $? = 1 ]`;
  return parsePing(await run('ip', inside(PEER.namespace, 'sh', '-c', command), options));
}

/**
 * Sends one datagram to the echo port and checks that the same bytes come back.
 * @throws RigError when nothing, or something else, comes back within 2 s.
 */
export async function echoUdp(options: RunOptions): Promise<void> {
  const payload = `dpdk-rig ${randomUUID()}`;
  const script = `exec 3<>/dev/udp/${PORT.ipv4}/7; printf %s "$1" >&3; timeout 2 dd bs=2048 count=1 <&3 2>/dev/null || true`;
  const reply = await run('ip', inside(PEER.namespace, 'bash', '-c', script, 'echo', payload), options);
  if (reply === payload) return;
  throw new RigError(
    `UDP echo from ${PORT.ipv4} port 7: sent '${payload}', received '${reply}'`,
    'see the drop_ counters of /pollcore/stats',
  );
}
