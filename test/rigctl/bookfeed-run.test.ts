// bookfeed on this machine as a person starts it: good books, a latency table, and nothing that stays behind.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

jest.setTimeout(180_000);

const project = join(__dirname, '../..');
const rigctl = ['--import', 'tsx', join(project, 'bin/rigctl.ts'), 'local', '--workload', 'bookfeed'];

/** What a run could leave on this machine. */
function traces(): object {
  return {
    namespaces: execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).match(/rig-bookfeed\S*/g) ?? [],
    directory: existsSync('/run/dpdk-rig-bookfeed'),
    runtime: existsSync('/var/run/dpdk')
      ? readdirSync('/var/run/dpdk').filter((name) => name.startsWith('rig-bookfeed'))
      : [],
    mounts: readFileSync('/proc/self/mounts', 'utf8').includes('rig-bookfeed'),
    processes:
      spawnSync('pgrep', ['-f', 'local_exchange.py --address|/bookfeed .*rig-bookfeed']).status === 0,
  };
}

const nothing = { namespaces: [], directory: false, runtime: [], mounts: false, processes: false };

function local(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...rigctl, ...args], {
    cwd: project,
    encoding: 'utf8',
    timeout: 180_000,
  });
}

interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

interface Status {
  readonly good: number;
  readonly symbols: number;
  readonly messages: number;
  readonly resyncs: number;
  readonly disconnects: number;
  readonly mbufs_free: number;
  readonly mbufs_total: number;
  readonly latency_ns: Readonly<Record<string, Quantiles>>;
}

interface Event {
  readonly event: string;
  readonly source?: string;
  readonly sent?: number;
  readonly differing?: readonly string[];
  readonly status?: Status;
}

function start(...args: string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, [...rigctl, ...args], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  }
  return { child, said: () => text };
}

/** Starts a run, sends the signal once it has said that, and gives its exit code and all that it said. */
async function interrupted(
  pattern: RegExp,
  signal: NodeJS.Signals,
  ...args: string[]
): Promise<[unknown, string]> {
  const { child, said } = start(...args);
  const poll = setInterval(() => {
    if (!pattern.test(said())) return;
    clearInterval(poll);
    child.kill(signal);
  }, 20);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(poll);
  expect(said()).toMatch(pattern);
  return [code, said()];
}

beforeEach(() => {
  expect(traces()).toEqual(nothing);
});
afterEach(() => {
  expect(traces()).toEqual(nothing);
});

test('follows a generated market by lwip: every book good and the same, nothing lost', () => {
  const {
    status: code,
    stdout,
    stderr,
  } = local('--feed', 'generated', '--rate', '500', '--seconds', '2', '--json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  expect(events[0]).toMatchObject({
    event: 'exchange',
    source: 'generated',
    venue: 'kraken',
    transport: 'lwip',
  });
  expect(events.filter(({ event }) => event === 'books').length).toBeGreaterThan(0);
  const summary = events.at(-1);
  const status = summary?.status;
  expect(summary).toMatchObject({ event: 'summary', link: 'af_packet', differing: [] });
  expect(status).toMatchObject({ good: 3, symbols: 3, resyncs: 0, disconnects: 0, messages: summary?.sent });
  expect(status?.mbufs_free).toBe(status?.mbufs_total);
  expect(Object.keys(status?.latency_ns ?? {})).toEqual([
    'tcp',
    'tls',
    'websocket',
    'json',
    'book',
    'burst_to_book',
  ]);
  for (const { count, p50, p99 } of Object.values(status?.latency_ns ?? {})) {
    expect(count).toBeGreaterThan(500);
    expect(p99).toBeGreaterThanOrEqual(p50);
  }
});

test.each([
  ['that has no other end', '0', 0],
  ['before its time', '60', 130],
])(
  "follows futures by the kernel's TCP; Ctrl-C %s ends it with the summary",
  async (_when, seconds, exit) => {
    const futures = [
      '--venue',
      'binance-futures',
      '--transport',
      'kernel',
      '--feed',
      'generated',
      '--seconds',
      seconds,
    ];
    const [code, said] = await interrupted(/messages \d+/, 'SIGINT', ...futures);
    expect({ code, said }).toMatchObject({ code: exit });
    expect(said).toMatch(/books +3 of 3 good, the same as the exchange has/);
    expect(said).toMatch(/burst to book +\d/);
    // eslint-disable-next-line no-control-regex -- none of them may be in a pipe
    expect(said).not.toMatch(/[\u001b\r]/);
  },
);

test('SIGTERM while it starts leaves nothing and exits 143', async () => {
  const [code] = await interrupted(/starting bookfeed/, 'SIGTERM');
  expect(code).toBe(143);
});

test('what a killed run left is cleared by --down', async () => {
  const { child, said } = start('--feed', 'generated');
  while (!/messages \d+/.test(said())) await new Promise((resolve) => setTimeout(resolve, 50));
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
  expect(traces()).not.toEqual(nothing);
  const { status, stderr } = local('--down');
  expect(status).toBe(0);
  expect(stderr).toMatch(/an earlier bookfeed run ended without cleaning up/);
});

test.each([
  [
    ['--venue', 'nasdaq'],
    /'nasdaq' is invalid. Allowed choices are binance, binance-futures, kraken, coinbase/,
  ],
  [['--link', 'memif'], /--link 'memif' is not for --workload bookfeed; allowed: af_packet, af_xdp/],
  [['--transport', 'kernel', '--link', 'af_xdp'], /--link is only for --transport lwip/],
  [['--mode', 'sink'], /--mode is only for --workload pollcore/],
  [['--topology', 'pair'], /--topology pair is only for --workload pollcore/],
  [['--rate', '0'], /'0' is invalid. allowed: a whole number from 1 to 10000/],
])('%j is refused with 2 and what is allowed', (args, message) => {
  const { status, stderr } = local(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});
