// A second stack, for -c image=true: EC2 Image Builder runs the very same boot stub and provision.sh --phase build, and
// the id of the image that comes of it is kept in a parameter. Rigs made from that image have nothing left to build.
import { CfnOutput, Fn, RemovalPolicy, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';

import { acknowledgeImageFindings } from './acknowledgements.js';
import { BakeRoles } from './bake-roles.js';
import { renderComponent } from './component.js';
import { DEFAULT_NAME, type RigConfig } from './config.js';
import { hashGeneration, replaceWith } from './generation.js';
import { ROOT_VOLUME } from './host.js';
import { chooseImage, type Image } from './image.js';
import { egressPorts } from './network.js';
import { Provisioning, type ProvisioningProps } from './provisioning.js';
import { RIG_TAG } from './tags.js';
import { planUnits } from './topology.js';

/** Names of Image Builder's resources carry the generation, so that one version of each is enough. */
const VERSION = '1.0.0';

export interface ImageStackProps extends StackProps, ProvisioningProps {}

export function imageStackName(config: RigConfig): string {
  return `${config.name}Image`;
}

export class ImageStack extends Stack {
  private readonly zone: string;

  constructor(scope: Construct, id: string, props: ImageStackProps) {
    super(scope, id, { description: 'dpdk-rig: an image with DPDK and the rig’s programs built', ...props });
    const { config } = props;
    const { architecture } = config.instanceType;
    this.zone = config.availabilityZone ?? Fn.select(0, Fn.getAzs());
    const parent = chooseImage(this, { architecture, amiId: config.amiId, parameter: config.amiParameter });
    const provisioning = new Provisioning(this, 'Provisioning', props);
    const image = this.addImage(config, parent, provisioning);

    const parameterName = `/dpdk-rig/${id}/ami-id`;
    new ssm.StringParameter(this, 'Parameter', {
      parameterName,
      description: `The image that the stack ${id} baked`,
      stringValue: image.attrImageId,
    });
    // Not the rig's name: what is tagged so is looked for when that rig is destroyed, and the image outlives it.
    Tags.of(this).add(RIG_TAG, id);
    acknowledgeImageFindings(this);
    this.addOutputs(config, image.attrImageId, parameterName);
  }

  override get availabilityZones(): string[] {
    return [this.zone];
  }

  private addImage(config: RigConfig, parent: Image, provisioning: Provisioning): imagebuilder.CfnImage {
    const { machines } = planUnits(config)[0] ?? { machines: [] };
    const generation = hashGeneration({
      userData: provisioning.identity(machines),
      parent: parent.identity,
      rootVolume: JSON.stringify(ROOT_VOLUME),
    });
    const name = `${this.stackName}-${generation}`;
    const [bootStub = ''] = machines.map((machine) =>
      provisioning.render(machine, { generation, milestones: [], signalUrl: () => '' }),
    );
    const { component, recipe } = this.addRecipe(name, parent, bootStub);
    const log = new logs.LogGroup(this, `Log${generation}`, {
      // Where Image Builder writes what the build says, if the group is there.
      logGroupName: `/aws/imagebuilder/${name}`,
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const roles = new BakeRoles(this, 'Roles', {
      objectArns: provisioning.objectArns,
      componentArn: component.attrArn,
      logGroupArn: log.logGroupArn,
    });
    const infrastructure = this.addInfrastructure(name, config, roles);
    const image = new imagebuilder.CfnImage(this, 'Image', {
      imageRecipeArn: recipe.attrArn,
      infrastructureConfigurationArn: infrastructure.attrArn,
      // The inventory of packages takes minutes, and the step seal-image has tested the image already.
      enhancedImageMetadataEnabled: false,
      imageTestsConfiguration: { imageTestsEnabled: false },
      deletionSettings: { executionRole: roles.deletion.roleArn },
    });
    image.node.addDependency(log);
    for (const resource of [component, recipe, infrastructure, image]) {
      replaceWith(generation, resource.node.id, resource);
    }
    return image;
  }

  private addRecipe(
    name: string,
    parent: Image,
    bootStub: string,
  ): { component: imagebuilder.CfnComponent; recipe: imagebuilder.CfnImageRecipe } {
    const version = VERSION;
    const data = renderComponent(bootStub);
    const component = new imagebuilder.CfnComponent(this, 'Component', {
      name,
      version,
      platform: 'Linux',
      data,
    });
    const { deviceName, sizeGib: volumeSize } = ROOT_VOLUME;
    const recipe = new imagebuilder.CfnImageRecipe(this, 'Recipe', {
      name,
      version,
      parentImage: parent.id,
      components: [{ componentArn: component.attrArn }],
      blockDeviceMappings: [
        { deviceName, ebs: { volumeType: 'gp3', volumeSize, encrypted: true, deleteOnTermination: true } },
      ],
    });
    return { component, recipe };
  }

  private addInfrastructure(
    name: string,
    config: RigConfig,
    roles: BakeRoles,
  ): imagebuilder.CfnInfrastructureConfiguration {
    // As a rig's: another zone is another VPC.
    const vpc = new ec2.Vpc(this, `Vpc${config.availabilityZone ?? ''}`, {
      maxAzs: 1,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Build', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: true }],
    });
    const [subnet] = vpc.publicSubnets;
    if (!subnet) throw new Error('the VPC has no public subnet');
    const description = 'build: nothing in, Systems Manager, packages and assets out';
    const group = new ec2.SecurityGroup(this, 'Group', { vpc, description, allowAllOutbound: false });
    for (const port of egressPorts(config.s3Endpoint)) {
      group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(port), `out to TCP ${port}`);
    }
    const infrastructure = new imagebuilder.CfnInfrastructureConfiguration(this, 'Infrastructure', {
      name,
      instanceProfileName: roles.buildProfile.instanceProfileName,
      instanceTypes: [config.instanceType.name],
      instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      subnetId: subnet.subnetId,
      securityGroupIds: [group.securityGroupId],
      terminateInstanceOnFailure: true,
      resourceTags: { [RIG_TAG]: this.stackName },
    });
    infrastructure.node.addDependency(subnet.internetConnectivityEstablished);
    return infrastructure;
  }

  private addOutputs(config: RigConfig, amiId: string, parameterName: string): void {
    const name = config.name === DEFAULT_NAME ? '' : ` -c name=${config.name}`;
    const outputs = [
      ['AmiId', amiId, 'The image'],
      ['AmiParameter', parameterName, 'The parameter that holds the image’s id'],
      [
        'DeployCommand',
        `npx cdk deploy${name}${buildSettings(config)} -c amiParameter=${parameterName}`,
        'Makes a rig of the image',
      ],
      [
        'DestroyCommand',
        `npx cdk destroy${name} -c image=true ${this.stackName}`,
        'Deletes the image and its snapshot',
      ],
      [
        'CostNote',
        `Billed until the stack is destroyed: the snapshot behind the image. While it bakes: one ${config.instanceType.name}.`,
        'What is billed while the image exists',
      ],
    ] as const;
    for (const [id, value, description] of outputs) new CfnOutput(this, id, { value, description });
  }
}

/** What the image was built for: a rig with other settings would build again. */
function buildSettings({ instanceType, driver, workload, feed, extraDrivers }: RigConfig): string {
  const settings = [
    ['instanceType', instanceType.name],
    ...(driver === 'igb_uio' ? [] : [['driver', driver]]),
    ...(extraDrivers.length === 0 ? [] : [['extraDrivers', extraDrivers.join(',')]]),
    ...(feed === undefined
      ? []
      : [
          ['workload', workload],
          ['feed.venue', feed.venue],
          ['feed.symbols', feed.symbols.join(',')],
        ]),
  ];
  return settings.map(([key = '', value = '']) => ` -c ${key}=${value}`).join('');
}
