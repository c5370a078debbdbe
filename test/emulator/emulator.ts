// The emulated AWS for a test: moto's server with aws.py's additions on loopback, rigctl and the CDK CLI run against it as
// a user would, and machines that play their part. Nothing here knows what is inside rigctl.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DescribeInstanceAttributeCommand, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';

export const MOTO_VERSION = '5.2.1';
export const REGION = 'eu-west-1';
/** The images of amis.json: Ubuntu 22.04, and one that no rig can use. */
export const UBUNTU_IMAGE = 'ami-0a000000000000001';
export const WRONG_IMAGE = 'ami-0a000000000000002';
const PROJECT = join(__dirname, '..', '..');
const CDK = join(PROJECT, 'node_modules', 'aws-cdk', 'bin', 'cdk');

/** Why the emulator cannot be started here; undefined when it can. */
export function whyNot(): string | undefined {
  const found = spawnSync('python3', ['-c', 'import moto, flask; print(moto.__version__)'], {
    encoding: 'utf8',
  });
  const version = found.stdout.trim();
  if (version === MOTO_VERSION) return undefined;
  const has = found.status === 0 ? `moto ${version}` : 'no moto with its server';
  return `python3 has ${has}; pip install 'moto[server]==${MOTO_VERSION}'`;
}

/** What every deploy of the tests says. */
export const DEPLOY = ['--interval', '1', '-c', `amiId=${UBUNTU_IMAGE}`];

/** A suite that is left out, with the reason, where there is no emulator; in CI that is a fault. */
export function emulated(name: string, tests: () => void): void {
  const reason = whyNot();
  if (reason === undefined) {
    describe(name, tests);
    return;
  }
  if (process.env['CI'] !== undefined) throw new Error(`CI must run the emulator tests: ${reason}`);
  console.warn(`skipped: ${name}: ${reason}`);
  describe.skip(name, tests);
}

/** The documents of a --json run, by their kind. */
export function documents(ran: Ran): Record<string, unknown>[] {
  return ran.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** All that it has printed so far. */
  readonly seen: () => string;
  /** Ctrl-C. */
  readonly interrupt: () => void;
}

export interface Deploy extends Running {
  /** Its machine is there and plays its part. */
  readonly launched: Promise<void>;
}

export class Emulator {
  readonly directory = mkdtempSync(join(tmpdir(), 'rig-emulator-'));
  readonly ec2: EC2Client;
  readonly cloudFormation: CloudFormationClient;
  readonly environment: NodeJS.ProcessEnv;
  private readonly children = new Set<ChildProcess>();

  private constructor(
    readonly url: string,
    server: ChildProcess,
    /** What moto's server printed: a traceback is there, not in its answers. */
    readonly serverLog: readonly string[],
  ) {
    this.children.add(server);
    this.environment = {
      ...process.env,
      HOME: this.directory,
      AWS_ENDPOINT_URL: url,
      AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION: url.replace('127.0.0.1', 'localhost'),
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'emulated',
      AWS_SECRET_ACCESS_KEY: 'emulated',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const credentials = { accessKeyId: 'emulated', secretAccessKey: 'emulated' };
    const client = { endpoint: url, region: REGION, credentials };
    this.ec2 = new EC2Client(client);
    this.cloudFormation = new CloudFormationClient(client);
  }

  static async start(): Promise<Emulator> {
    const server = spawn('python3', [join(__dirname, 'aws.py'), '0'], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', MOTO_AMIS_PATH: join(__dirname, 'amis.json') },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    server.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
    const line = await new Promise<string>((resolve, reject) => {
      server.stdout.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      });
      server.once('exit', (code) => {
        reject(new Error(`aws.py ended with ${String(code)} before it listened`));
      });
    });
    const { port } = JSON.parse(line) as { port: number };
    return new Emulator(`http://127.0.0.1:${port}`, server, log);
  }

  stop(): void {
    for (const child of this.children) kill(child, 'SIGKILL');
    for (const pid of this.machineCores()) if (isCore(pid, this.directory)) process.kill(pid, 'SIGKILL');
    for (const client of [this.ec2, this.cloudFormation]) client.destroy();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The cores of the machines, which outlive their provision.sh as they would on a real one. */
  private machineCores(): number[] {
    return readdirSync(this.directory)
      .map((name) => join(this.directory, name, 'core.pid'))
      .filter((file) => existsSync(file))
      .map((file) => Number(readFileSync(file, 'utf8')));
  }

  /** What the machines have in one of their folders. */
  machineFiles(folder: string): string[] {
    return readdirSync(this.directory)
      .filter((name) => name.startsWith('machine-'))
      .flatMap((name) => readdirSync(join(this.directory, name, folder)));
  }

  /** Asks aws.py for what no AWS API has: faults, a clock, a console. */
  async tell(what: 'console' | 'fault' | 'settings' | 'schedules', body: object): Promise<unknown> {
    const answer = await fetch(`${this.url}/emulator/${what}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`/emulator/${what}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  rigctl(...args: string[]): Promise<Ran> {
    return this.startRigctl(...args).ended;
  }

  /** rigctl as a process of its own, in the emulator's folder. */
  startRigctl(...args: string[]): Running {
    return this.runRigctl(args, this.environment);
  }

  /** rigctl against another endpoint. */
  rigctlAt(endpoint: string, ...args: string[]): Promise<Ran> {
    return this.runRigctl(args, { ...this.environment, AWS_ENDPOINT_URL: endpoint }).ended;
  }

  private runRigctl(args: readonly string[], environment: NodeJS.ProcessEnv): Running {
    const program = [
      '--import',
      join(PROJECT, 'node_modules', 'tsx', 'dist', 'loader.mjs'),
      join(PROJECT, 'bin', 'rigctl.ts'),
    ];
    return this.run(process.execPath, [...program, ...args], environment);
  }

  /** The CDK CLI outside the project: a bootstrap needs no app. */
  cdk(...args: string[]): Promise<Ran> {
    return this.run(process.execPath, [CDK, ...args], this.environment).ended;
  }

  private run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
    // A process group of its own, which is what a terminal sends Ctrl-C to, and what ends with all its children.
    const child = spawn(file, args, {
      cwd: this.directory,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.add(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const ended = new Promise<Ran>((resolve) => {
      child.once('close', (code) => {
        this.children.delete(child);
        resolve({ code, out, err });
      });
    });
    return {
      ended,
      seen: () => out + err,
      interrupt: () => {
        kill(child, 'SIGINT');
      },
    };
  }

  /** `rigctl deploy`, and the rig's machine as soon as it is launched. @param faults of its steps, see machine.sh */
  deploy(rig: string, args: readonly string[], ...faults: string[]): Deploy {
    const running = this.startRigctl('deploy', rig, ...args);
    return { ...running, launched: this.playMachines(rig, running, 1, faults) };
  }

  /** The same for a pair or a fleet, of so many machines. */
  deployMany(rig: string, count: number, args: readonly string[]): Deploy {
    const running = this.startRigctl('deploy', rig, ...args);
    return { ...running, launched: this.playMachines(rig, running, count, []) };
  }

  private async playMachines(
    rig: string,
    deploy: Running,
    count: number,
    faults: readonly string[],
  ): Promise<void> {
    const played = new Set<string>();
    while (played.size < count) {
      const instance = await this.findMachine(rig, deploy, played);
      played.add(instance);
      await this.playMachine(instance, faults);
    }
  }

  private async playMachine(instance: string, faults: readonly string[]): Promise<void> {
    const directory = mkdtempSync(join(this.directory, 'machine-'));
    const answer = await this.ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: instance, Attribute: 'userData' }),
    );
    writeFileSync(join(directory, 'user-data'), Buffer.from(answer.UserData?.Value ?? '', 'base64'));
    writeFileSync(join(directory, 'console'), '');
    await this.tell('console', { instance, file: join(directory, 'console') });
    // A process group of its own: a step that hangs has children.
    const machine = [join(__dirname, 'machine.sh'), directory, ...faults];
    this.children.add(spawn('bash', machine, { detached: true, stdio: 'ignore' }));
  }

  private async findMachine(rig: string, deploy: Running, played: ReadonlySet<string>): Promise<string> {
    const Filters = [
      { Name: 'tag:dpdk-rig', Values: [rig] },
      { Name: 'instance-state-name', Values: ['running'] },
    ];
    const state = { ended: false };
    void deploy.ended.then(() => (state.ended = true));
    while (!state.ended) {
      const answer = await this.ec2.send(new DescribeInstancesCommand({ Filters }));
      const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
      const id = instances.map((one) => one.InstanceId ?? '').find((one) => !played.has(one));
      if (id !== undefined) return id;
      await sleep(200);
    }
    throw new Error(`the deploy of ${rig} ended before a machine was launched:\n${deploy.seen()}`);
  }
}

/** A process id may have been given to another program since it was written down. */
function isCore(pid: number, directory: string): boolean {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) && readFileSync(file, 'utf8').includes(directory);
}

/** Every child leads a process group. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}
