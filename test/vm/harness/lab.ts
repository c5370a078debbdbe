// What a case works with: the fixtures, the deployment, and a machine that is made when the first case asks for it.
import { join } from 'node:path';

import type { PortStatus } from '../../../lib/port-status.js';
import type { Image } from '../image/image.js';
import { BUILD_SECONDS, prepareBuilder } from './builder.js';
import { DEPLOYMENTS, Rig, type DeploymentName } from './deployment.js';
import { Ec2 } from './ec2.js';
import { Neighbour } from './neighbour.js';
import { Machine, type MachineProps } from './machine.js';
import { DATA, MANAGEMENT } from './topology.js';

/** Names of saved machine states. */
const DPDK_READY = 'dpdk-ready';
const BUILT = 'built';
const READY = 'ready';

export interface LabProps {
  readonly directory: string;
  /** The outputs of `cdk synth` by deployment. */
  readonly cloudAssemblies: Readonly<Record<string, string>>;
  readonly deployment: DeploymentName;
  readonly image: Image;
  readonly onStatus: (status: PortStatus) => void;
}

export class Lab {
  private running: Machine | undefined;
  private neighbour: Neighbour | undefined;
  readonly allNics = [MANAGEMENT, DATA];
  private readonly saved = new Set<string>();

  private constructor(
    private readonly props: LabProps,
    readonly ec2: Ec2,
    readonly rig: Rig,
  ) {}

  private static deploy(deployment: DeploymentName, { cloudAssemblies }: LabProps, ec2: Ec2): Rig {
    return new Rig(deployment, cloudAssemblies[deployment] ?? '', ec2);
  }

  static async open(props: LabProps): Promise<Lab> {
    const ec2 = await Ec2.start(join(props.directory, 'ec2'));
    return new Lab(props, ec2, Lab.deploy(props.deployment, props, ec2));
  }

  get driver(): 'igb_uio' | 'vfio-pci' {
    return DEPLOYMENTS[this.props.deployment].driver;
  }

  get workload(): 'pollcore' | 'bookfeed' {
    const settings = DEPLOYMENTS[this.props.deployment];
    return 'workload' in settings ? settings.workload : 'pollcore';
  }

  get image(): Image {
    return this.props.image;
  }

  private get machineProps(): MachineProps {
    return {
      directory: join(this.props.directory, 'machine'),
      image: this.image,
      ec2: this.ec2,
      rig: this.rig,
      // vfio-pci needs one.
      iommu: this.driver === 'vfio-pci',
      // A bookfeed has twice as much to compile.
      buildSeconds: this.image.baked ? (this.workload === 'bookfeed' ? 1200 : 600) : BUILD_SECONDS,
      onStatus: this.props.onStatus,
    };
  }

  get directory(): string {
    return this.props.directory;
  }

  /** Powers on the other machine of a pair. */
  startNeighbour(): Neighbour {
    const { directory, cloudAssemblies, image } = this.props;
    return (this.neighbour = Neighbour.start({
      directory: `${directory}-neighbour`,
      cloudAssemblies,
      image,
    }));
  }

  /** Another machine in place of the one before: a rig of its own id, made from an image. */
  async launchRig(image: Image, number: number): Promise<Machine> {
    await this.running?.stop();
    const rig = Lab.deploy('igb_uio', this.props, this.ec2);
    this.resetFixtures();
    Object.assign(this.ec2.imds, { userData: rig.userData, instanceId: `i-0ec2a1b2c3d4e5f7${number}` });
    return this.start({ ...this.machineProps, image, rig });
  }

  /** A machine at the beginning of its first boot. */
  async powerOn(): Promise<Machine> {
    this.resetFixtures();
    return this.start(this.machineProps);
  }

  private async start(props: MachineProps): Promise<Machine> {
    const { gate } = this.ec2.store;
    if (!props.image.baked) gate.shut();
    this.running = await Machine.start(props);
    await this.running.userSpace();
    if (!props.image.baked) await prepareBuilder(this.running, props.image);
    gate.open();
    return this.running;
  }

  /** The machine, powered on by the first call and saved when its builds are done. */
  private async booted(): Promise<Machine> {
    if (this.running) return this.running;
    const machine = await this.powerOn();
    this.ec2.signalGate.shut();
    await machine.built();
    await machine.save(DPDK_READY);
    this.ec2.signalGate.open();
    return machine;
  }

  /** A rig on which everything is as it was when the first boot had ended well; no signal is on record. */
  async readyMachine(): Promise<Machine> {
    const machine = await this.newMachine();
    if (this.saved.has(READY)) await machine.load(READY);
    this.resetFixtures();
    return machine;
  }

  /** The machine after its first boot, with the signals of that boot on record. Only the first case can have it. */
  async newMachine(): Promise<Machine> {
    const machine = await this.booted();
    if (!this.saved.has(READY)) {
      if (this.saved.has(BUILT)) await machine.load(DPDK_READY);
      await machine.ready();
      await machine.shell(60);
      await machine.save(READY);
      this.saved.add(READY);
    }
    return machine;
  }

  /**
   * A machine as it starts from an image that was made with `provision.sh --phase build`: all is built, nothing of this
   * machine's own is set up, and no run is under way.
   */
  async builtMachine(): Promise<Machine> {
    const machine = await this.booted();
    if (this.saved.has(BUILT)) {
      await machine.load(BUILT);
    } else {
      // The saved machine waits for the answer to its first signal: its run is ended, and what it told is forgotten.
      this.ec2.signalGate.shut();
      await machine.load(DPDK_READY);
      await machine.guest.must(
        `run=$(pgrep --full --oldest /userdata/provision.sh)
        systemctl kill --signal=KILL "$(ps -o unit= -p "$run")"
        while [ -d "/proc/$run" ]; do sleep 0.2; done
        systemctl reset-failed
        rm -rf /run/dpdk-rig /var/lib/dpdk-rig/milestones.json`,
      );
      this.ec2.signalGate.open();
      await machine.save(BUILT);
      this.saved.add(BUILT);
    }
    this.resetFixtures();
    return machine;
  }

  /** The fixtures as a new stack has them. */
  private resetFixtures(): void {
    this.ec2.signals.length = 0;
    this.ec2.imds.refuseTokens = false;
    this.ec2.imds.nics = this.allNics;
    this.ec2.imds.userData = this.props.deployment === 'image' ? '' : this.rig.userData;
    this.ec2.store.fault = undefined;
  }

  /** For an error's report, as is `current`. */
  get consoleFile(): string {
    return join(this.machineProps.directory, 'console.log');
  }

  get current(): Machine | undefined {
    return this.running;
  }

  async close(): Promise<void> {
    await this.neighbour?.stop();
    await this.running?.stop();
    this.running = undefined;
    this.ec2.close();
  }
}
