// What the machine boots from: userdata/ and native/ as assets, and the boot stub with rig.env in it. The keys of
// rig.env are all that the CDK side and userdata/ know of each other; only this file writes and quotes them.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Annotations, Stack, Stage } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';

import { listFiles, packFiles, type ArchiveFile } from './archive.js';
import type { RigConfig } from './config.js';
import type { Milestone } from './readiness.js';
import type { Machine } from './topology.js';

const MARKER = /^# @RIG_ENV@$/m;
const MAX_USER_DATA_BYTES = 16 * 1024;
/** What the tokens in rig.env become: four presigned URLs of about 500 bytes, the account and the region. */
const TOKENS_BYTES = 2560;
/** What native/ holds for the machine; the rest of it is benchmarks and tests. */
const NATIVE_PARTS = /^(meson\.build|meson\.options|meson_options\.txt|src\/.*|subprojects\/.*)$/;
const SOURCE_ARCHIVE = /\.tar\.(xz|gz|bz2)$/;

export interface ProvisioningProps {
  readonly config: RigConfig;
  readonly userdataDir: string;
  readonly nativeDir: string;
  /**
   * The folder that `npm run sources` fills with the pinned third-party archives.
   * @default - none are shipped: the machine downloads them when it boots
   */
  readonly sourcesDir?: string;
}

interface Tarball {
  readonly uri: string;
  readonly sha256: string;
  readonly objectArn: string;
}

/** What a machine learns only from what else is in its stack. */
export interface Surroundings {
  readonly generation: string;
  readonly milestones: readonly Milestone[];
  readonly signalUrl: (milestone: Milestone) => string;
  /** Of the machine that this one sends to. @default - it sends to none */
  readonly peerIpv4?: string;
}

export class Provisioning extends Construct {
  /** The two objects that the machines read. */
  readonly objectArns: readonly string[];

  private readonly config: RigConfig;
  private readonly bootStub: string;
  private readonly userdata: Tarball;
  private readonly native: Tarball;

  constructor(scope: Construct, id: string, props: ProvisioningProps) {
    super(scope, id);
    this.config = props.config;
    this.bootStub = readBootStub(join(props.userdataDir, 'boot.sh'));
    this.userdata = this.addTarball('userdata', [
      ...listFiles(props.userdataDir),
      ...this.listSources(props.sourcesDir),
    ]);
    this.native = this.addTarball(
      'native',
      listFiles(props.nativeDir).filter((file) => NATIVE_PARTS.test(file.name)),
    );
    this.objectArns = [this.userdata.objectArn, this.native.objectArn];
  }

  /** What provisioning adds to the generation: the machines' user data without what the generation is part of. */
  identity(machines: readonly Machine[]): string {
    const alone: Surroundings = { generation: '', milestones: [], signalUrl: () => '' };
    return JSON.stringify(
      machines.map((machine) => Stack.of(this).resolve(this.render(machine, alone)) as unknown),
    );
  }

  /**
   * A machine's user data: the boot stub with its environment.
   * @throws when it would not fit into what EC2 takes.
   */
  render(machine: Machine, around: Surroundings): string {
    const { config } = this;
    const signals = around.milestones.map((name): [string, string] => [
      `RIG_SIGNAL_${snakeCase(name)}`,
      around.signalUrl(name),
    ]);
    const environment: Readonly<Record<string, string>> = {
      RIG_NAME: machine.name,
      RIG_ROLE: machine.role,
      RIG_DRIVER: config.driver,
      RIG_HUGEPAGES: String(config.hugepages),
      RIG_WORKLOAD: config.workload,
      ...(config.feed && {
        RIG_FEED_VENUE: config.feed.venue,
        RIG_FEED_SYMBOLS: config.feed.symbols.join(','),
      }),
      RIG_POLLCORE_MODE: machine.mode,
      RIG_EXTRA_DRIVERS: config.extraDrivers.join(','),
      RIG_S3_ENDPOINT: config.s3Endpoint ?? '',
      RIG_REGION: Stack.of(this).region,
      RIG_GENERATION: around.generation,
      RIG_USERDATA_URI: this.userdata.uri,
      RIG_USERDATA_SHA256: this.userdata.sha256,
      RIG_NATIVE_URI: this.native.uri,
      RIG_NATIVE_SHA256: this.native.sha256,
      ...(around.peerIpv4 === undefined ? {} : { RIG_PEER_IPV4: around.peerIpv4 }),
      ...Object.fromEntries(signals),
    };
    const assignments = Object.entries(environment).map(([key, value]) => `${key}=${quote(value)}`);
    const userData = this.bootStub.replace(MARKER, () => assignments.join('\n'));
    const bytes = Buffer.byteLength(userData) + TOKENS_BYTES;
    if (bytes > MAX_USER_DATA_BYTES) {
      throw new Error(
        `user data takes ${bytes} bytes, EC2 takes ${MAX_USER_DATA_BYTES}: move what userdata/boot.sh does ` +
          'after the fetch into userdata/provision.sh',
      );
    }
    return userData;
  }

  private listSources(directory: string | undefined): ArchiveFile[] {
    const files = directory === undefined ? [] : listFiles(directory, 'sources/');
    const archives = files.filter((file) => SOURCE_ARCHIVE.test(file.name));
    if (archives.length === 0) {
      Annotations.of(this).addWarningV2(
        'dpdk-rig:sourcesNotShipped',
        'no third-party sources are shipped: the machine downloads DPDK and igb_uio from upstream when it boots. ' +
          'To ship them with the rig run `npm run sources` first.',
      );
    }
    return archives;
  }

  private addTarball(name: string, files: readonly ArchiveFile[]): Tarball {
    const tar = packFiles(files);
    const stack = Stack.of(this);
    const path = join(Stage.of(this)?.outdir ?? '.', `${stack.artifactId}.${name}.tar`);
    writeFileSync(path, tar);
    const asset = new Asset(this, name, { path, displayName: `${stack.stackName} ${name}` });
    return {
      uri: asset.s3ObjectUrl,
      sha256: createHash('sha256').update(tar).digest('hex'),
      objectArn: asset.bucket.arnForObjects(asset.s3ObjectKey),
    };
  }
}

function readBootStub(path: string): string {
  const stub = readFileSync(path, 'utf8');
  if (!MARKER.test(stub)) throw new Error(`${path} has no line "# @RIG_ENV@" for the rig's environment`);
  return stub;
}

/** Quotes for bash: what is inside single quotes is never expanded. A token keeps its place. */
function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
