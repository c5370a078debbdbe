import {
  formatPortStatus,
  parseConsoleLine,
  parsePortStatus,
  type PortStatus,
} from '../../lib/port-status.js';

const READY: PortStatus = {
  schema: 1,
  rig: 'DpdkRig',
  generation: '1a2b3c4d',
  time: '2026-11-24T06:00:00Z',
  uptime_s: 123,
  state: 'ready',
  step: null,
  progress: null,
  milestones: { DpdkReady: 'success', PortReady: 'success', CoreRunning: 'success' },
  error: null,
  dpdk: '24.11.8',
  port: {
    pci: '0000:00:06.0',
    driver: 'igb_uio',
    link: 'up',
    mac: '02:00:00:00:00:01',
    ipv4: '10.0.1.23',
    prefix: 24,
    gateway: '10.0.1.1',
  },
  hugepages: { total: 512, free: 400, size_kb: 2048 },
  core: {
    state: 'running',
    mode: 'respond',
    uptime_s: 5,
    rx_packets: 7,
    tx_packets: 6,
    rx_dropped: 1,
    restarts: 0,
  },
};
const NOTHING: PortStatus = {
  ...READY,
  state: 'provisioning',
  step: 'build-dpdk',
  progress: { done: 12, total: 221 },
  dpdk: null,
  port: null,
  hugepages: null,
  core: null,
};

describe('a line of the console', () => {
  const line = `rig-status: ${JSON.stringify(READY)}`;

  test.each([
    ['alone', line],
    ['after the time of the kernel', `[  123.456] cloud-init[812]: ${line}`],
    ['before a message of the kernel', `${line}[  123.457] ena 0000:00:06.0: {up}`],
    ['with a carriage return', `${line}\r`],
  ])('%s', (_, text) => {
    expect(parseConsoleLine(text)).toEqual({ kind: 'status', status: READY });
  });

  test('braces and quotes inside a text are part of it', () => {
    const error = { code: 'E_BUILD', step: 'build-dpdk', cause: 'said "}" \\', fix: '{' };
    const failed = { ...NOTHING, state: 'failed', error };
    expect(parseConsoleLine(`rig-status: ${JSON.stringify(failed)} tail }`)).toEqual({
      kind: 'status',
      status: failed,
    });
  });

  test.each(['', 'Ubuntu 22.04 LTS ip-10-0-0-5 ttyS0', 'rig-status:', '{"schema":1}'])(
    '%j is none',
    (text) => {
      expect(parseConsoleLine(text)).toEqual({ kind: 'none' });
    },
  );

  test('cut at any offset it is none or invalid, never a status and never a throw', () => {
    for (let length = 0; length < line.length; length++) {
      expect(parseConsoleLine(line.slice(0, length)).kind).not.toBe('status');
    }
  });

  test.each([
    ['rig-status: {"schema":1', 'the JSON is cut off'],
    ['rig-status: nothing', 'the JSON is cut off'],
    ['rig-status: {}', 'schema: Invalid input'],
    ['rig-status: {nonsense}', 'not JSON: '],
    [`rig-status: ${'['.repeat(8000)}{}`, 'not JSON: '],
    [`rig-status: {"a":${'['.repeat(8000)}}`, 'not JSON: '],
    [`rig-status: {"a":"${'x'.repeat(20_000)}"}`, 'the line has 20020 characters, more than 16384'],
    [`rig-status: ${JSON.stringify({ ...READY, schema: 2 })}`, 'schema: '],
    [`rig-status: ${JSON.stringify({ ...READY, state: 'happy' })}`, 'state: '],
    [`rig-status: ${JSON.stringify({ ...READY, uptime_s: -1 })}`, 'uptime_s: '],
    [`rig-status: ${JSON.stringify(READY).replace('123', '1e400')}`, 'uptime_s: '],
    [`rig-status: ${JSON.stringify({ ...READY, port: { ...READY.port, prefix: 33 } })}`, 'port.prefix: '],
    [
      `rig-status: ${JSON.stringify({ ...READY, error: { code: 'oops', step: '', cause: '', fix: '' } })}`,
      'error.code: ',
    ],
  ])('%.60s… is invalid: %s', (text, reason) => {
    expect(parseConsoleLine(text)).toEqual({
      kind: 'invalid',
      reason: expect.stringContaining(reason) as string,
    });
  });
});

describe('a document', () => {
  test('may be spread over lines, as rig-status --json prints it', () => {
    expect(parsePortStatus(JSON.stringify(READY, null, 2))).toEqual({ kind: 'status', status: READY });
  });

  test('may have keys that a later version adds', () => {
    expect(parsePortStatus(JSON.stringify({ ...READY, later: true }))).toEqual({
      kind: 'status',
      status: READY,
    });
  });

  test.each(['', 'null', '[]', '"text"', '12'])('%j is invalid', (json) => {
    expect(parsePortStatus(json).kind).toBe('invalid');
  });

  test('cannot steer the terminal that shows it', () => {
    const parsed = parsePortStatus(JSON.stringify({ ...READY, rig: 'a\u001b[2Jb\u0007\u009bc' }));
    expect(parsed).toMatchObject({ kind: 'status', status: { rig: 'a [2Jb c' } });
  });
});

describe('the readable line', () => {
  test.each<[string, PortStatus]>([
    [
      'ready: 0000:00:06.0 on igb_uio, link up, 10.0.1.23/24 02:00:00:00:00:01, hugepages 400 of 512 x 2 MB free, ' +
        'core running (respond), rx 7 tx 6, dropped 1',
      READY,
    ],
    ['provisioning: build-dpdk 12/221', NOTHING],
    ['provisioning: claim-nic', { ...NOTHING, step: 'claim-nic', progress: null }],
    ['provisioning', { ...NOTHING, step: null, progress: null }],
    [
      'failed: E_BUILD in build-dpdk: no compiler; install gcc-12',
      {
        ...NOTHING,
        state: 'failed',
        error: { code: 'E_BUILD', step: 'build-dpdk', cause: 'no compiler', fix: 'install gcc-12' },
      },
    ],
  ])('%s', (line, status) => {
    expect(formatPortStatus(status)).toBe(line);
  });

  test('says that a port has no driver and that the core was restarted', () => {
    const line = formatPortStatus({
      ...READY,
      state: 'degraded',
      port: READY.port && { ...READY.port, driver: null },
      core: READY.core && { ...READY.core, state: 'failed', rx_dropped: 0, restarts: 3 },
    });
    expect(line).toContain('0000:00:06.0 on no driver');
    expect(line).toContain('core failed (respond), rx 7 tx 6, restarts 3');
  });
});

describe('one of a pair', () => {
  const generator: PortStatus = {
    ...READY,
    milestones: { ...READY.milestones, Measured: 'success' },
    role: 'generator',
    peer: '10.0.1.9',
    measurement: { loss_free_pps: 1_234_567, loss: 0, p50_ns: 12_300, p99_ns: 45_600 },
  };

  test.each<[string, PortStatus]>([
    ['the generator', generator],
    ['the generator before it measured', { ...generator, measurement: null }],
    ['its peer', { ...READY, role: 'reflector', peer: null }],
  ])('%s is a status', (_, status) => {
    expect(parsePortStatus(JSON.stringify(status))).toEqual({ kind: 'status', status });
  });

  test('says its role, its peer and what it measured', () => {
    expect(formatPortStatus(generator)).toMatch(
      /, generator, peer 10\.0\.1\.9, .*measured 1234567 packets\/s without loss, p50 12\.3 us, p99 45\.6 us$/,
    );
    expect(formatPortStatus({ ...READY, role: 'reflector', peer: null })).toContain(', reflector, ');
  });

  test('with a loss that is no share is invalid', () => {
    const wrong = { ...generator, measurement: { ...generator.measurement, loss: 2 } };
    expect(parsePortStatus(JSON.stringify(wrong))).toMatchObject({ kind: 'invalid' });
  });
});

test('a bookfeed says how many of its books are whole', () => {
  const status: PortStatus = { ...READY, feed: { venue: 'kraken', state: 'open', symbols: 2, good: 1 } };
  expect(parsePortStatus(JSON.stringify(status))).toEqual({ kind: 'status', status });
  expect(formatPortStatus(status)).toMatch(/, kraken open, 1 of 2 books good$/);
});
