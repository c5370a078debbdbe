// Turns what the local rig knows into the stack's outputs and into the counter line. Pure.
import { formatPortStatus, type PortStatus } from '../../port-status.js';
import type { CoreStats } from './core.js';
import { inside, PEER } from './network.js';

/** The same names that the CDK stack gives its outputs. */
export function localOutputs(status: PortStatus, hostname: string): Readonly<Record<string, string>> {
  const { port, hugepages, core } = status;
  return {
    PortStatus: formatPortStatus(status),
    PortPciAddress: port?.pci ?? 'unknown',
    PortDriver: port?.driver ?? 'unknown',
    PortLink: port?.link ?? 'unknown',
    PortMac: port?.mac ?? 'unknown',
    PortIpv4: port?.ipv4 ?? 'unknown',
    Hugepages: hugepages
      ? `${hugepages.total} x ${hugepages.size_kb / 1024} MB, ${hugepages.free} free`
      : 'unknown',
    DpdkVersion: status.dpdk ?? 'unknown',
    CoreState: core ? `${core.state} ${core.mode}` : 'unknown',
    InstanceId: `local (${hostname})`,
    ConnectCommand: `sudo ip ${inside(PEER.namespace, 'bash').join(' ')}`,
    DestroyCommand: 'npm start -- --down',
    CostNote: 'Nothing is billed; the core keeps one processor of this machine busy.',
  };
}

/** Two columns, as `cdk deploy` shows outputs. */
export function formatOutputs(outputs: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(outputs).map((name) => name.length));
  return Object.entries(outputs)
    .map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`)
    .join('');
}

/**
 * One line of counters with rates.
 * @param seconds between the two readings; more than 0.
 */
export function formatCounters(before: CoreStats, now: CoreStats, seconds: number): string {
  const rate = (key: 'rx_packets' | 'tx_packets' | 'polls'): string => {
    const perSecond = Math.round((now[key] - before[key]) / seconds);
    return `${perSecond.toLocaleString('en')}/s`;
  };
  return [
    `rx ${now.rx_packets} (${rate('rx_packets')})`,
    `tx ${now.tx_packets} (${rate('tx_packets')})`,
    `dropped ${now.rx_dropped + now.tx_dropped}`,
    `polls ${rate('polls')}`,
    `mbufs ${now.mbufs_free}/${now.mbufs_total} free`,
  ].join('  ');
}
