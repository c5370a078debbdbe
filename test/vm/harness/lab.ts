// What a case works with: the fixtures, the deployment, and a machine that is made when the first case asks for it.
import { join } from 'node:path';

import type { PortStatus } from '../../../lib/port-status.js';
import type { Image } from '../image/image.js';
import { Rig } from './deployment.js';
import { Ec2 } from './ec2.js';
import { Machine } from './machine.js';
import { DATA, MANAGEMENT } from './topology.js';

export type Driver = 'igb_uio' | 'vfio-pci';

export interface LabProps {
  readonly name: string;
  readonly directory: string;
  /** The output of `cdk synth` for this driver. */
  readonly cloudAssembly: string;
  readonly driver: Driver;
  readonly image: Image;
  readonly userData?: string;
  readonly onStatus: (status: PortStatus) => void;
}

export class Lab {
  private running: Machine | undefined;

  private constructor(
    private readonly props: LabProps,
    readonly ec2: Ec2,
    readonly rig: Rig,
  ) {}

  static async open(props: LabProps): Promise<Lab> {
    const ec2 = await Ec2.start(join(props.directory, 'ec2'));
    return new Lab(props, ec2, new Rig(props.cloudAssembly, ec2));
  }

  get driver(): Driver {
    return this.props.driver;
  }

  get image(): Image {
    return this.props.image;
  }

  /** The machine, powered on if it is not. vfio-pci gets the IOMMU that it needs. */
  async machine(): Promise<Machine> {
    this.running ??= await Machine.start({
      directory: join(this.props.directory, 'machine'),
      image: this.image,
      ec2: this.ec2,
      rig: this.rig,
      iommu: this.driver === 'vfio-pci',
      onStatus: this.props.onStatus,
      ...(this.props.userData !== undefined && { userData: this.props.userData }),
    });
    return this.running;
  }

  /** The fixtures as a new account has them. */
  resetFixtures(): void {
    this.ec2.signals.length = 0;
    this.ec2.imds.refuseTokens = false;
    this.ec2.imds.nics = [MANAGEMENT, DATA];
    this.ec2.imds.userData = this.rig.userData;
    this.ec2.store.down = false;
  }

  async close(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
    this.ec2.close();
  }
}
