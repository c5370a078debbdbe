// A deployment as the fixtures play it: the synthesized stack, its assets in the store, and its signals as outputs.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import type { Ec2 } from './ec2.js';
import { FEED } from './exchange.js';
import { signalUrl, type Signal } from './services.js';
import { SynthesizedStack, type Deployment } from './template.js';
import {
  ACCOUNT,
  dataNic,
  EXTRA_DRIVERS,
  instanceId,
  REGION,
  S3_PORT,
  SEAT,
  SERVICE_ADDRESS,
} from './topology.js';

const PROJECT = join(__dirname, '../../..');
export const MILESTONES = ['DpdkReady', 'PortReady', 'CoreRunning', 'Measured'] as const;
export type MilestoneName = (typeof MILESTONES)[number];

/** What a case's machine is deployed as: the settings that a person would give. */
export const DEPLOYMENTS = {
  igb_uio: { driver: 'igb_uio' },
  'vfio-pci': { driver: 'vfio-pci' },
  pair: { driver: 'igb_uio', topology: 'pair' },
  bookfeed: {
    driver: 'igb_uio',
    workload: 'bookfeed',
    'feed.venue': FEED.venue,
    'feed.symbols': FEED.symbols.join(','),
  },
  /** The stack that bakes an image, from which the first one's rigs can be made. */
  image: { driver: 'igb_uio', image: 'true' },
} as const;
export type DeploymentName = keyof typeof DEPLOYMENTS;

/** What the logical ids of a pair's machines begin with, by seat. */
const PAIR_PREFIXES = ['Generator', 'Reflector'];
const seatOf = (id: string): number =>
  Math.max(
    0,
    PAIR_PREFIXES.findIndex((prefix) => id.startsWith(prefix)),
  );

/** Runs `cdk synth` into `directory`. What differs from a deployment on AWS are settings that anybody can give. */
export function synthesize(directory: string, context: Readonly<Record<string, string>>): void {
  const settings = {
    s3Endpoint: `http://${SERVICE_ADDRESS}:${S3_PORT}`,
    extraDrivers: EXTRA_DRIVERS,
    amiId: 'ami-0123456789abcdef0',
    ...context,
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const { status, stderr } = spawnSync('npx', ['cdk', 'synth', '--quiet', '--output', directory, ...args], {
    cwd: PROJECT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cdk synth ended with ${String(status)}:\n${stderr}`);
}

export class Rig {
  private readonly stack: SynthesizedStack;
  private readonly cloud: Deployment;

  constructor(
    private readonly deployment: DeploymentName,
    cloudAssembly: string,
    private readonly ec2: Ec2,
  ) {
    this.stack = new SynthesizedStack(cloudAssembly);
    this.cloud = {
      pseudo: {
        'AWS::Region': REGION,
        'AWS::AccountId': ACCOUNT,
        'AWS::StackName': 'DpdkRig',
        'AWS::URLSuffix': 'amazonaws.com',
        'AWS::Partition': 'aws',
      },
      ref: (id, type) => (type === 'AWS::CloudFormation::WaitConditionHandle' ? signalUrl(id) : id),
      attribute: (id, type, name) => this.attribute(id, type, name),
    };
    for (const [key, file] of this.stack.assets(this.cloud)) ec2.store.objects.set(key, file);
  }

  /** What the machine is launched with. */
  get userData(): string {
    return this.stack.userData(this.cloud, this.deployment === 'pair' ? (PAIR_PREFIXES[SEAT] ?? '') : '');
  }

  /** What Image Builder runs on the machine that becomes an image. */
  get componentScript(): string {
    return this.stack.componentScript(this.cloud);
  }

  private attribute(id: string, type: string, name: string): string {
    if (name === 'InstanceId') return instanceId(seatOf(id));
    if (name === 'PrimaryPrivateIpAddress') return dataNic(seatOf(id)).ipv4;
    if (name === 'Data') {
      const signal = this.signalOf(id);
      // As CloudFormation gives it: one JSON object of all UniqueIds.
      return JSON.stringify({ [signal.uniqueId]: signal.data });
    }
    throw new Error(`the template asks for ${id}.${name} of a ${type}, which this fixture does not know`);
  }

  /** The SUCCESS that fulfilled a wait condition. */
  private signalOf(condition: string): Signal {
    const handle = this.stack.handleOf(condition);
    const signal = this.ec2.signals.find(
      (candidate) => candidate.handle === handle && candidate.status === 'SUCCESS',
    );
    if (signal === undefined) throw new Error(`${condition} was never signalled`);
    return signal;
  }

  /** The stack's outputs, made by the template's own functions from the signals that came. */
  outputs(): Record<string, string> {
    return this.stack.outputs(this.cloud);
  }
}
