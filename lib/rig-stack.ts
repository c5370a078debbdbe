// The rig: puts network, provisioning, readiness and host together and declares what a deployment prints. It has no
// resource of its own.
import { Aws, CfnOutput, Fn, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

import { acknowledgeFindings } from './acknowledgements.js';
import { DEFAULT_NAME, type RigConfig } from './config.js';
import { describeCost } from './cost.js';
import { Expiry } from './expiry.js';
import { EXPIRY_OUTPUT } from './expiry-time.js';
import { hashGeneration } from './generation.js';
import { chooseImage, Host, ROOT_VOLUME } from './host.js';
import { Network } from './network.js';
import { Provisioning, type ProvisioningProps } from './provisioning.js';
import { Readiness } from './readiness.js';
import { RIG_TAG } from './tags.js';

/** Session Manager and assets by HTTPS, Ubuntu's mirrors by HTTP; name and time servers of a VPC need no rule. */
const EGRESS_PORTS = [443, 80];

export interface RigStackProps extends StackProps, ProvisioningProps {
  /** @default - the rig stays until it is destroyed */
  readonly expiresAt?: Date;
}

export class RigStack extends Stack {
  private readonly zone: string;

  constructor(scope: Construct, id: string, props: RigStackProps) {
    super(scope, id, { description: 'dpdk-rig: a DPDK port on EC2, bound, polled and proven', ...props });
    const { config } = props;
    this.zone = config.availabilityZone ?? Fn.select(0, Fn.getAzs());
    const image = chooseImage(this, config.amiId);
    const provisioning = new Provisioning(this, 'Provisioning', props);
    const generation = hashGeneration({
      userData: provisioning.identity,
      image: image.identity,
      instanceType: config.instanceType.name,
      zone: config.availabilityZone ?? 'the first',
      rootVolume: JSON.stringify(ROOT_VOLUME),
    });

    const network = new Network(this, 'Network', {
      generation,
      zone: config.availabilityZone,
      dataCidrs: config.dataCidrs,
      egressPorts: egressPorts(config),
    });
    const readiness = new Readiness(this, 'Readiness', { generation });
    const host = new Host(this, 'Host', {
      generation,
      image,
      instanceType: config.instanceType.name,
      cpuCredits: config.cpuCredits,
      userData: provisioning.render(config, generation, (milestone) => readiness.signalUrl(milestone)),
      interfaceIds: network.interfaceIds,
      readableObjectArns: provisioning.objectArns,
    });
    host.launchAfter(network.internetAccess);
    readiness.waitFor(host.instance);

    if (props.expiresAt) this.expire(props.expiresAt);
    Tags.of(this).add(RIG_TAG, config.name);
    acknowledgeFindings(this, { network, host });
    this.addOutputs(config, readiness, host.instance.attrInstanceId);
  }

  /** The rig has one zone. Naming it so needs no look-up, hence neither account nor credentials. */
  override get availabilityZones(): string[] {
    return [this.zone];
  }

  private expire(at: Date): void {
    const { scheduleName } = new Expiry(this, 'Expiry', { at });
    new CfnOutput(this, EXPIRY_OUTPUT, {
      value: scheduleName,
      description: 'The schedule that deletes the rig',
    });
  }

  private addOutputs(config: RigConfig, readiness: Readiness, instanceId: string): void {
    const outputs: Readonly<Record<string, [value: string, description: string]>> = {
      PortStatus: [readiness.value('portStatus'), 'The data port, when the rig became ready'],
      PortPciAddress: [readiness.value('pci'), 'Where DPDK finds the port'],
      PortDriver: [
        readiness.value('driver'),
        'The kernel driver that hands the port to DPDK, as sysfs has it',
      ],
      PortLink: [readiness.value('link'), 'The link, as the core sees it'],
      PortMac: [readiness.value('mac'), 'The MAC address of the data interface'],
      PortIpv4: [readiness.value('ipv4'), 'The address that the core answers to'],
      Hugepages: [readiness.value('hugepages'), 'The hugepages that the kernel granted'],
      DpdkVersion: [readiness.value('dpdkVersion'), 'The DPDK that the core was built with'],
      CoreState: [readiness.value('coreState'), 'The polling core and its mode'],
      InstanceId: [instanceId, 'The machine'],
      ConnectCommand: [
        `aws ssm start-session --target ${instanceId} --region ${Aws.REGION}`,
        'Opens a shell on the machine; needs the Session Manager plugin',
      ],
      DestroyCommand: [destroyCommand(config.name), 'Takes everything down'],
      CostNote: [describeCost(config), 'What is billed while the rig exists'],
    };
    for (const [name, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value, description });
    }
  }
}

function egressPorts(config: RigConfig): readonly number[] {
  const custom = config.s3Endpoint === undefined ? 0 : Number(new URL(config.s3Endpoint).port);
  return custom === 0 ? EGRESS_PORTS : [...EGRESS_PORTS, custom];
}

function destroyCommand(name: string): string {
  return name === DEFAULT_NAME ? `npx cdk destroy ${name}` : `npx cdk destroy -c name=${name} ${name}`;
}
