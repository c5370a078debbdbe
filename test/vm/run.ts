// `npm run test:vm`: boots the synthesized user data in a virtual machine and runs the cases against it.
// Prepares image and stack here, where the network is; then runs itself (inside.ts) in a network namespace of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { listCases, type Case } from './cases/index.js';
import { DEPLOYMENTS, synthesize, type DeploymentName } from './harness/deployment.js';
import { startRelay } from './harness/internet.js';
import { CACHE, foreignImage, prepareImage, type Image } from './image/image.js';

const USAGE = `usage: npm run test:vm -- [options] [case...]
  --all         every case; without it and without names: the quick ones
  --full        the guest builds DPDK itself, which takes five minutes, and half an hour on a busy machine
  --image FILE  boot this cloud image (raw or qcow2) instead of Debian's: clean-boot only, with everything built inside
  --user NAME   the image's user that gets the SSH key (default ubuntu)
  --list        print the cases and end
`;

/** What inside.ts reads from the file named by its argument. */
export interface Plan {
  readonly directory: string;
  readonly image: Image;
  readonly cases: readonly string[];
  readonly cloudAssemblies: Readonly<Record<string, string>>;
  /** Socket to package mirrors, for an image that has to fetch its packages. */
  readonly relay?: string;
}

function parse(): {
  values: { all: boolean; full: boolean; list: boolean; image?: string; user: string };
  positionals: string[];
} {
  return parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      image: { type: 'string' },
      user: { type: 'string', default: 'ubuntu' },
    },
  });
}

function choose(cases: readonly Case[], names: readonly string[], all: boolean): readonly Case[] {
  const unknown = names.filter((name) => !cases.some((candidate) => candidate.name === name));
  if (unknown.length > 0)
    throw new Error(
      `no such case: ${unknown.join(', ')}; there are ${cases.map(({ name }) => name).join(', ')}`,
    );
  if (names.length > 0) return cases.filter(({ name }) => names.includes(name));
  return cases.filter(({ quick }) => all || quick);
}

/** With --full the cases whose own time limits are for a guest that has DPDK would only fail. */
function leaveOut(cases: readonly Case[], full: boolean): readonly Case[] {
  const timed = ['pair', 'image', 'bookfeed'];
  const left = full ? cases.filter(({ deployment }) => timed.includes(deployment)) : [];
  if (left.length > 0)
    console.error(
      `vm: left out with --full, as they count on a DPDK that is there: ${left.map(({ name }) => name).join(', ')}`,
    );
  return cases.filter((one) => !left.includes(one));
}

/** An image is for rigs that are made from it. */
function deploymentsOf({ deployment }: Case): DeploymentName[] {
  return deployment === 'image' ? [deployment, 'igb_uio'] : [deployment];
}

async function main(): Promise<number> {
  const { values, positionals } = parse();
  const cases = listCases();
  if (values.list) {
    for (const { name, title, quick } of cases)
      console.log(`${name.padEnd(26)} ${quick ? 'quick' : '     '}  ${title}`);
    return 0;
  }
  if (values.image !== undefined && (values.all || positionals.some((name) => name !== 'clean-boot')))
    throw new Error('--image runs the case clean-boot alone; leave --all and other names out');
  if (process.getuid?.() !== 0)
    throw new Error('making a root image and a network namespace takes root: sudo npm run test:vm');
  const say = (text: string): void => {
    console.error(`vm: ${text}`);
  };
  const chosen = leaveOut(
    choose(cases, values.image === undefined ? positionals : ['clean-boot'], values.all),
    values.full,
  );
  const image =
    values.image === undefined
      ? prepareImage(!values.full, say)
      : foreignImage(values.image, values.user, say);

  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(join(CACHE, 'run-'));
  try {
    const cloudAssemblies: Record<string, string> = {};
    for (const deployment of new Set(chosen.flatMap((one) => deploymentsOf(one)))) {
      say(`synthesizing the stack: ${deployment}`);
      cloudAssemblies[deployment] = join(directory, `cdk.out-${deployment}`);
      synthesize(cloudAssemblies[deployment], DEPLOYMENTS[deployment]);
    }
    const plan: Plan = {
      directory,
      image,
      cases: chosen.map(({ name }) => name),
      cloudAssemblies,
      ...(values.image !== undefined && { relay: join(directory, 'relay.sock') }),
    };
    const relay = plan.relay === undefined ? undefined : startRelay(plan.relay);
    const file = join(directory, 'plan.json');
    writeFileSync(file, JSON.stringify(plan));
    const code = await runInside(file);
    relay?.close();
    return code;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** In namespaces of its own: the network is the make-believe VPC, and whatever runs in it ends with its first process. */
async function runInside(plan: string): Promise<number> {
  const inside = [process.execPath, '--import', 'tsx', join(__dirname, 'inside.ts'), plan];
  const child = spawn('unshare', ['--net', '--pid', '--fork', '--kill-child', '--mount-proc', ...inside], {
    stdio: 'inherit',
  });
  // unshare takes no signal while it waits; with its end, all that runs in the namespaces is killed.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      console.error(`vm: ${name}: taking everything down`);
      child.kill('SIGKILL');
    });
  }
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      resolve(code ?? 130);
    });
  });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`vm: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof TypeError && 'code' in error) console.error(USAGE); // parseArgs
    process.exitCode = 2;
  },
);
