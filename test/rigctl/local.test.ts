// The pure parts of the local rig: what ping's words mean, and what is shown.
import type { CoreStats } from '../../lib/rigctl/local/core.js';
import { parsePing } from '../../lib/rigctl/local/probe.js';
import { jsonReporter, localOutputs, textReporter } from '../../lib/rigctl/local/report.js';
import { RigError, run } from '../../lib/rigctl/run.js';
import type { PortStatus } from '../../lib/port-status.js';

const status: PortStatus = {
  schema: 1,
  rig: 'local',
  generation: 'local',
  time: '2026-01-01T00:00:00Z',
  uptime_s: 10,
  state: 'ready',
  step: null,
  progress: null,
  milestones: { DpdkReady: 'success', PortReady: 'success', CoreRunning: 'success' },
  error: null,
  dpdk: '24.11.8',
  port: {
    pci: 'net_af_packet0',
    driver: 'net_af_packet',
    link: 'up',
    mac: '02:00:00:00:00:01',
    ipv4: '10.77.0.10',
    prefix: 24,
    gateway: '10.77.0.1',
  },
  hugepages: { total: 64, free: 57, size_kb: 2048 },
  core: {
    state: 'running',
    mode: 'respond',
    uptime_s: 1,
    rx_packets: 1,
    tx_packets: 1,
    rx_dropped: 0,
    restarts: 0,
  },
};

const stats = (count: number): CoreStats => ({
  rx_packets: count,
  tx_packets: count,
  rx_dropped: 3,
  tx_dropped: 4,
  polls: count * 10,
  mbufs_free: 90,
  mbufs_total: 100,
});

function recorder(): { lines: string[]; terminal: Parameters<typeof textReporter>[0] } {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  return { lines, terminal: { out: write, progress: write, live: write } };
}

describe('parsePing', () => {
  const summary = (counts: string, times: string): string =>
    `PING 10.77.0.10 (10.77.0.10) 56(84) bytes of data.\n\n--- 10.77.0.10 ping statistics ---\n${counts}\n${times}`;

  test('reads counts and times', () => {
    const counts = '10 packets transmitted, 10 received, 0% packet loss, time 911ms';
    expect(parsePing(summary(counts, 'rtt min/avg/max/mdev = 0.042/0.063/0.131/0.024 ms\n'))).toEqual({
      sent: 10,
      received: 10,
      lossPercent: 0,
      rttMs: { min: 0.042, avg: 0.063, max: 0.131 },
    });
  });

  test('has no times when nothing came back, and reads a fractional loss', () => {
    const all = '3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2040ms';
    expect(parsePing(summary(all, ''))).toEqual({ sent: 3, received: 0, lossPercent: 100, rttMs: undefined });
    const third = '3 packets transmitted, 2 received, 33.3333% packet loss, time 2040ms';
    expect(parsePing(summary(third, '')).lossPercent).toBeCloseTo(33.3333);
  });

  test('does not take other words for a result', () => {
    expect(() => parsePing('ping: connect: Network is unreachable')).toThrow(/Network is unreachable/);
  });
});

describe('localOutputs', () => {
  test('has the names of the stack, as plain values', () => {
    const outputs = localOutputs(status, 'midnight');
    expect(Object.keys(outputs)).toEqual([
      'PortStatus',
      'PortPciAddress',
      'PortDriver',
      'PortLink',
      'PortMac',
      'PortIpv4',
      'Hugepages',
      'DpdkVersion',
      'CoreState',
      'InstanceId',
      'ConnectCommand',
      'DestroyCommand',
      'CostNote',
    ]);
    expect(outputs).toMatchObject({ Hugepages: '64 x 2 MB, 57 free', CoreState: 'running respond' });
    expect(outputs['PortStatus']).toMatch(/^ready: net_af_packet0 on net_af_packet, link up/);
  });

  test('says unknown where the machine said nothing', () => {
    const silent = localOutputs(
      { ...status, port: null, core: null, hugepages: null, dpdk: null },
      'midnight',
    );
    for (const name of ['PortMac', 'CoreState', 'Hugepages', 'DpdkVersion'])
      expect(silent[name]).toBe('unknown');
  });
});

describe('reporters', () => {
  test('text shows rates between two readings', () => {
    const { lines, terminal } = recorder();
    textReporter(terminal).counters(stats(1000), stats(3000), 2);
    expect(lines).toEqual([
      'rx 3000 (1,000/s)  tx 3000 (1,000/s)  dropped 7  polls 10,000/s  mbufs 90/100 free',
    ]);
  });

  test('JSON is one document a line', () => {
    const { lines, terminal } = recorder();
    const reporter = jsonReporter(terminal);
    reporter.outputs({ PortLink: 'up' });
    reporter.proof(undefined);
    reporter.counters(stats(1), stats(2), 1);
    reporter.stopped('pollcore: stopped');
    expect(lines.every((line) => line.endsWith('\n') && line.trim().split('\n').length === 1)).toBe(true);
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'outputs',
      'proof',
      'counters',
      'stopped',
    ]);
  });
});

describe('run', () => {
  test('gives standard output, and passes the environment on with additions', async () => {
    await expect(
      run('sh', ['-c', 'echo "$WORD ${PATH:+path}"'], { env: { WORD: 'two words' } }),
    ).resolves.toBe('two words path\n');
  });

  test('names the command, its end and its last words', async () => {
    const failing = run('sh', ['-c', 'echo first >&2; echo last >&2; exit 3']);
    await expect(failing).rejects.toThrow(RigError);
    await expect(failing).rejects.toThrow(/ended with 3: last/);
  });

  test('says what to install when the program is not there', async () => {
    await expect(run('no-such-program', [])).rejects.toThrow(
      /no-such-program is not installed; next: bash bin/,
    );
  });

  test('shows progress by whole lines', async () => {
    const lines: string[] = [];
    await run('sh', ['-c', 'printf "one\\ntw" >&2; sleep 0.1; printf "o\\n" >&2'], {
      onProgress: (line) => void lines.push(line),
    });
    expect(lines).toEqual(['one', 'two']);
  });

  test('ends with the signal', async () => {
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 50);
    await expect(run('sleep', ['10'], { signal: abort.signal })).rejects.toThrow(/abort/i);
  });
});
