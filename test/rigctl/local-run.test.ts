// The whole local rig as a person starts it: namespaces, hugepages, the core, and that nothing of it stays behind.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

jest.setTimeout(120_000);

const project = join(__dirname, '../..');
const rigctl = ['--import', 'tsx', join(project, 'bin/rigctl.ts'), 'local'];

/** What a rig could leave on this machine. */
function traces(): object {
  return {
    namespaces:
      execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
        .match(/rig-local\S*/g)
        ?.sort() ?? [],
    hugepages: readFileSync('/proc/sys/vm/nr_hugepages', 'utf8'),
    directory: existsSync('/run/dpdk-rig-local'),
    mounts: readFileSync('/proc/self/mounts', 'utf8').includes('dpdk-rig-local'),
  };
}

function local(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...rigctl, ...args], {
    cwd: project,
    encoding: 'utf8',
    timeout: 120_000,
  });
}

interface Event {
  readonly event: string;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly ping?: { readonly sent: number; readonly lossPercent: number };
  readonly counters?: { readonly icmp_replies: number; readonly udp_replies: number };
}

const events = (stdout: string): Event[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);

function startAndWaitFor(pattern: RegExp, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...rigctl, ...args], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      if (pattern.test(said)) resolve(child);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => {
      reject(new Error(`ended with ${String(code)} before ${String(pattern)}:\n${said}`));
    });
  });
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) =>
    child.once('exit', (code) => {
      resolve(code);
    }),
  );

// Taken anew for each test: something else on the machine may reserve hugepages as well.
let before: object;
beforeEach(() => {
  before = traces();
  expect(before).toMatchObject({ namespaces: [], directory: false, mounts: false });
});
afterEach(() => {
  expect(traces()).toEqual(before);
});

test('proves the port and leaves nothing', () => {
  const { status, stdout, stderr } = local('--json', '--seconds', '1');
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const [outputs, proof, counters] = events(stdout);
  expect(outputs?.outputs).toMatchObject({
    PortLink: 'up',
    CoreState: 'running respond',
    PortIpv4: '10.77.0.10',
  });
  expect(proof).toMatchObject({ ping: { sent: 10, received: 10, lossPercent: 0 }, udpEcho: 'same bytes' });
  expect(counters?.counters).toMatchObject({ icmp_replies: 10, udp_replies: 1, rx_dropped: 0 });
  expect(events(stdout).at(-1)?.event).toBe('stopped');
});

test('Ctrl-C is the end of a rig that has no other: everything is taken down, and it is no fault', async () => {
  const child = await startAndWaitFor(/UDP echo {2}the same/);
  const code = ended(child);
  child.kill('SIGINT');
  expect(await code).toBe(0);
});

test.each([
  ['while it starts', /starting the core/, ['--seconds', '60']],
  ['before its time', /UDP echo {2}the same/, ['--seconds', '60']],
])('Ctrl-C %s leaves nothing either and exits 130', async (_when, pattern, args) => {
  const child = await startAndWaitFor(pattern, ...args);
  const code = ended(child);
  child.kill('SIGINT');
  expect(await code).toBe(130);
});

test('output that nobody reads any more ends it, and nothing is left', async () => {
  const child = await startAndWaitFor(/"event":"counters"/, '--json');
  const code = ended(child);
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect(await code).toBe(141);
});

test('a second rig is refused, and the first goes on', async () => {
  const child = await startAndWaitFor(/"event":"counters"/, '--json');
  const second = local('--seconds', '1');
  expect(second.status).toBe(1);
  expect(second.stderr).toMatch(/a local rig is running \(process \d+\)[^]*next: npm start -- --down/);
  const code = ended(child);
  child.kill('SIGTERM');
  expect(await code).toBe(143);
});

test('--keep leaves it running and --down takes it down', () => {
  expect(local('--keep').status).toBe(0);
  expect(traces()).toMatchObject({ namespaces: ['rig-local-port', 'rig-local-vpc'], directory: true });
  expect(
    spawnSync('ip', ['netns', 'exec', 'rig-local-vpc', 'ping', '-c1', '-w60', '10.77.0.10']).status,
  ).toBe(0);
  expect(local('--down').status).toBe(0);
  expect(local('--down').stderr).toMatch(/no local rig is running/);
});

test('what a killed rig left is cleared by the next', async () => {
  const child = await startAndWaitFor(/UDP echo {2}the same/);
  const gone = ended(child);
  child.kill('SIGKILL');
  await gone;
  const { status, stderr } = local('--seconds', '1');
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stderr).toMatch(/an earlier rig ended without cleaning up/);
});

test.each([
  [['--mode', 'flood'], /'flood' is invalid. Allowed choices are respond, sink, reflect/],
  [['--seconds', '-1'], /'-1' is invalid. allowed: a whole number from 0 to 86400/],
  [['extra'], /too many arguments/],
])('%j is refused with 2 and what is allowed', (args, message) => {
  const { status, stderr } = local(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});
