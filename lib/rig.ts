// One machine of a stack with all that is its own: two interfaces, the milestones that it reaches, the instance.
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

import type { Host } from './host.js';
import type { Network } from './network.js';
import type { Provisioning } from './provisioning.js';
import { Readiness } from './readiness.js';
import type { Machine } from './topology.js';

export interface RigProps {
  readonly generation: string;
  readonly machine: Machine;
  readonly network: Network;
  readonly host: Host;
  readonly provisioning: Provisioning;
  readonly dataGroup: ec2.SecurityGroup;
  /** The rig that this one sends to and measures. @default - none */
  readonly peer?: Rig;
  /** @default - EC2 places the machine where it likes */
  readonly placementGroup?: ec2.CfnPlacementGroup;
}

export class Rig extends Construct {
  readonly machine: Machine;
  readonly readiness: Readiness;
  readonly instanceId: string;

  private readonly dataInterface: ec2.CfnNetworkInterface;

  constructor(scope: Construct, id: string, props: RigProps) {
    super(scope, id);
    const { generation, machine, network, host, provisioning, dataGroup, peer, placementGroup } = props;
    const { prefix, name } = machine;
    const interfaces = network.addInterfaces(prefix, dataGroup);
    const readiness = new Readiness(this, 'Readiness', { generation, prefix, measures: peer !== undefined });
    const userData = provisioning.render(machine, {
      generation,
      milestones: readiness.milestones,
      signalUrl: (milestone) => readiness.signalUrl(milestone),
      peerIpv4: peer?.dataInterface.attrPrimaryPrivateIpAddress,
    });
    const instance = host.launch({ prefix, name, interfaces, userData, placementGroup });
    readiness.waitFor(instance);
    if (peer) readiness.measureAfter(peer.readiness);

    this.machine = machine;
    this.readiness = readiness;
    this.instanceId = instance.attrInstanceId;
    this.dataInterface = interfaces.data;
  }
}
