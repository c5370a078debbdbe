// The stack: puts network, provisioning, host and one or more rigs together and declares what a deployment prints. It
// has no resource of its own.
import { Annotations, CfnOutput, Fn, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

import { acknowledgeFindings } from './acknowledgements.js';
import { DEFAULT_NAME, type RigConfig } from './config.js';
import { describeCost } from './cost.js';
import { Expiry } from './expiry.js';
import { EXPIRY_OUTPUT } from './expiry-time.js';
import { hashGeneration } from './generation.js';
import { Host, ROOT_VOLUME } from './host.js';
import { chooseImage, type Image } from './image.js';
import { egressPorts, Network } from './network.js';
import { describeMeasurement, describeRig, summarizeRig, type Output } from './outputs.js';
import { addPlacementGroup, describePlacement } from './placement.js';
import { Provisioning, type ProvisioningProps } from './provisioning.js';
import { Rig, type RigProps } from './rig.js';
import { RIG_TAG } from './tags.js';
import { planUnits, type Unit } from './topology.js';

export interface RigStackProps extends StackProps, ProvisioningProps {
  /** @default - the rigs stay until they are destroyed */
  readonly expiresAt?: Date;
}

export class RigStack extends Stack {
  private readonly zone: string;

  constructor(scope: Construct, id: string, props: RigStackProps) {
    super(scope, id, { description: 'dpdk-rig: a DPDK port on EC2, bound, polled and proven', ...props });
    const { config } = props;
    this.zone = config.availabilityZone ?? Fn.select(0, Fn.getAzs());
    const { architecture } = config.instanceType;
    const image = chooseImage(this, { architecture, amiId: config.amiId, parameter: config.amiParameter });
    const provisioning = new Provisioning(this, 'Provisioning', props);
    const units = planUnits(config);
    const generation = this.hashMachines(config, image, provisioning, units);

    const network = new Network(this, 'Network', {
      generation,
      zone: config.availabilityZone,
      dataCidrs: config.dataCidrs,
      egressPorts: egressPorts(config.s3Endpoint),
      dataEgressPorts: config.feed && [443],
    });
    const host = new Host(this, 'Host', {
      generation,
      image,
      instanceType: config.instanceType.name,
      cpuCredits: config.cpuCredits,
      readableObjectArns: provisioning.objectArns,
    });
    const outputs = units.flatMap((unit) =>
      this.addUnit(unit, config, { generation, network, host, provisioning }),
    );

    if (props.expiresAt) this.expire(props.expiresAt);
    Tags.of(this).add(RIG_TAG, config.name);
    warnOfDriver(this, config);
    acknowledgeFindings(this, { network, host });
    for (const [name, value, description] of [...outputs, ...describeStack(config)]) {
      new CfnOutput(this, name, { value, description });
    }
  }

  /** The rigs have one zone. Naming it so needs no look-up, hence neither account nor credentials. */
  override get availabilityZones(): string[] {
    return [this.zone];
  }

  /** All that the machines are made of. The units of a fleet differ in name alone, so the first stands for them. */
  private hashMachines(
    config: RigConfig,
    image: Image,
    provisioning: Provisioning,
    [first]: readonly Unit[],
  ): string {
    return hashGeneration({
      userData: provisioning.identity(first?.machines ?? []),
      image: image.identity,
      instanceType: config.instanceType.name,
      zone: config.availabilityZone ?? 'the first',
      rootVolume: JSON.stringify(ROOT_VOLUME),
    });
  }

  private addUnit(
    { prefix, machines }: Unit,
    config: RigConfig,
    shared: Pick<RigProps, 'generation' | 'network' | 'host' | 'provisioning'>,
  ): Output[] {
    const dataGroup = shared.network.addDataGroup(prefix);
    const describe = config.topology === 'fleet' ? summarizeRig : describeRig;
    const [first, second] = machines;
    if (!second) {
      return describe(new Rig(this, `${prefix}Rig`, { ...shared, machine: first, dataGroup }));
    }
    const placementGroup = addPlacementGroup(
      this,
      `${prefix}PlacementGroup`,
      shared.generation,
      config.instanceType,
    );
    const peer = new Rig(this, second.prefix, { ...shared, machine: second, dataGroup, placementGroup });
    const generator = new Rig(this, first.prefix, {
      ...shared,
      machine: first,
      dataGroup,
      placementGroup,
      peer,
    });
    return [...describeMeasurement(prefix, generator), ...describe(generator), ...describe(peer)];
  }

  private expire(at: Date): void {
    const { scheduleName } = new Expiry(this, 'Expiry', { at });
    new CfnOutput(this, EXPIRY_OUTPUT, {
      value: scheduleName,
      description: 'The schedule that deletes the rig',
    });
  }
}

function describeStack(config: RigConfig): Output[] {
  const placement: Output[] =
    config.pairPeer === undefined
      ? []
      : [
          [
            'Placement',
            describePlacement(config.instanceType),
            'Where a pair’s machines stand to each other',
          ],
        ];
  return [
    ...placement,
    ['DestroyCommand', destroyCommand(config), 'Takes everything down'],
    ['CostNote', describeCost(config), 'What is billed while the rig exists'],
  ];
}

/** ENA's low-latency queues want write-combined memory, which igb_uio maps and vfio-pci, unpatched, does not. */
function warnOfDriver(scope: Construct, { driver, instanceType }: RigConfig): void {
  if (driver !== 'vfio-pci' || !instanceType.ena.needsLlq) return;
  Annotations.of(scope).addWarningV2(
    'dpdk-rig:noWriteCombining',
    `${instanceType.name} sends through low-latency queues, and vfio-pci maps their memory without write-combining: ` +
      'sending then costs much more CPU. Figures of sending mean little with driver=vfio-pci; igb_uio has no such fault.',
  );
}

/** Of all settings only the name says which stack is meant. */
function destroyCommand({ name }: RigConfig): string {
  return name === DEFAULT_NAME ? `npx cdk destroy ${name}` : `npx cdk destroy -c name=${name} ${name}`;
}
