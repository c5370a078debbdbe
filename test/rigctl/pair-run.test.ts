// A whole local pair as a person starts it, over both links: the measurement, the files, and that nothing stays behind.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { measurementSchema, type Measurement } from '../../lib/measurement.js';

jest.setTimeout(180_000);

const project = join(__dirname, '../..');
const rigctl = ['--import', 'tsx', join(project, 'bin/rigctl.ts')];
const local = (...args: string[]): string[] => [...rigctl, 'local', '--topology', 'pair', ...args];
// A shared machine may disturb every trial: what is counted must be right all the same, how fast it was is not asked.
const QUICK = ['--profile', 'latency', '--rates', '2000,5000', '--repeat', '1', '--trial', '0.3'];

/** A soak tells every second where it is, on a busy machine not of each. */
const MEASURES = /soak: \d+ s/;

/** What a pair could leave on this machine. */
function traces(): object {
  const pattern = /rig-pair-\d+/;
  return {
    namespaces: pattern.exec(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })),
    mounts: pattern.exec(readFileSync('/proc/self/mounts', 'utf8')),
    runtime: existsSync('/var/run/dpdk')
      ? readdirSync('/var/run/dpdk').filter((name) => pattern.test(name))
      : [],
    folders: existsSync('/run/dpdk-rig-pair') ? readdirSync('/run/dpdk-rig-pair') : [],
    processes: spawnSync('pgrep', ['-f', 'file-prefix=rig-pair-']).stdout.toString(),
  };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rig-pair-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  expect(traces()).toEqual({ namespaces: null, mounts: null, runtime: [], folders: [], processes: '' });
});

test.each([
  ['memif', 'reflect', 'net_memif'],
  ['veth', 'respond', 'net_af_packet'],
])('over %s a peer that %ss is measured', (link, mode, driver) => {
  const args = local('--json', '--link', link, '--mode', mode, '--out', folder, ...QUICK);
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { measurement, files } = JSON.parse(stdout) as {
    measurement: Measurement;
    files: Record<string, string>;
  };
  expect(measurementSchema.parse(measurement).setup.peers).toMatchObject([{ mode, driver }]);
  expect(measurement.loads.map((load) => load.rate_pps)).toEqual([2000, 5000]);
  for (const load of measurement.loads) {
    expect(load.received + load.lost).toBe(load.sent);
    expect(load.rtt_ns?.p50).toBeGreaterThan(0);
  }
  expect(Object.values(files).map((file) => existsSync(file))).toEqual([true, true, true]);
  expect(readFileSync(files['svg'] ?? '', 'utf8')).toContain('Round trip by percentile');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while it measures takes everything down and exits %i', async (signal, code) => {
  const args = local('--out', folder, '--profile', 'soak', '--rates', '1000', '--trial', '60');
  const child = spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const before = said;
    said += chunk.toString();
    if (!MEASURES.test(before) && MEASURES.test(said)) child.kill(signal);
  });
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(code);
  expect(said).toMatch(new RegExp(`interrupted \\(${signal}\\)`));
  expect(readdirSync(folder)).toEqual([]);
});

test('what a killed pair left is cleared by --down', async () => {
  const args = local(
    '--out',
    folder,
    '--link',
    'veth',
    '--profile',
    'soak',
    '--rates',
    '1000',
    '--trial',
    '60',
  );
  const child = spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (MEASURES.test(said)) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('exit', resolve));
  const down = spawnSync(process.execPath, [...rigctl, 'local', '--down'], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(down).toMatchObject({ status: 0 });
  expect(down.stderr).toMatch(/an earlier pair ended without cleaning up/);
  // The measurement's own process ends when its core is gone.
  const pgrep = (): string =>
    spawnSync('pgrep', ['-f', 'file-prefix=rig-pair-|rig-pair-.*peer-socket']).stdout.toString();
  for (let waited = 0; pgrep() !== '' && waited < 60; waited++)
    await new Promise((resolve) => setTimeout(resolve, 500));
});
