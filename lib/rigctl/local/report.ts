// What the local rig shows: the stack's outputs, the proof, the counters; as text for people or as JSON for programs.
import { formatPortStatus, type PortStatus } from '../../port-status.js';
import type { CoreStats } from './core.js';
import type { Terminal } from '../terminal.js';
import { inside, PEER } from './network.js';
import type { PingResult } from './probe.js';

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

/** What the kernel on the other side of the wire got back; undefined for a mode that answers nothing. */
export type Proof = { readonly ping: PingResult; readonly udpEcho: 'same bytes' } | undefined;

export interface Reporter {
  outputs(outputs: Readonly<Record<string, string>>): void;
  proof(proof: Proof): void;
  counters(before: CoreStats, now: CoreStats, seconds: number): void;
  /** @param report the core's own last line; empty when it had none. */
  stopped(report: string): void;
}

export function textReporter({ out, progress, live }: Terminal): Reporter {
  return {
    outputs: (outputs) => {
      out(`\n${formatOutputs(outputs)}\n`);
    },
    proof: (proof) => {
      if (proof === undefined) out('  this mode answers nothing, so ping and UDP echo are not tried\n\n');
      else out(`  ping      ${formatPing(proof.ping)}\n  UDP echo  the same bytes came back\n\n`);
    },
    counters: (before, now, seconds) => {
      live(formatCounters(before, now, seconds));
    },
    stopped: (report) => {
      if (report !== '') progress(report);
    },
  };
}

/** One document a line: {"event":"outputs"|"proof"|"counters"|"stopped", …}. */
export function jsonReporter({ out }: Terminal): Reporter {
  const say = (event: object): void => {
    out(`${JSON.stringify(event)}\n`);
  };
  return {
    outputs: (outputs) => {
      say({ event: 'outputs', outputs });
    },
    proof: (proof) => {
      say({ event: 'proof', ...(proof ?? { ping: null, udpEcho: null }) });
    },
    counters: (_before, counters) => {
      say({ event: 'counters', counters });
    },
    stopped: (report) => {
      say({ event: 'stopped', report });
    },
  };
}

export function formatPing({ sent, received, lossPercent, rttMs }: PingResult): string {
  const times = rttMs ? `, round trip min/avg/max ${rttMs.min}/${rttMs.avg}/${rttMs.max} ms` : '';
  return `${received} of ${sent} answered, ${lossPercent} % loss${times}`;
}
