// The machines of a stack: the role that they share, and the launch of each with both of its interfaces at once.
import { Fn, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import type { CpuCredits } from './config.js';
import { replaceWith } from './generation.js';
import type { Image } from './image.js';
import type { Interfaces } from './network.js';

/** Canonical's images name their root device so; 16 GiB hold the compiler, DPDK's source and its build. */
export const ROOT_VOLUME = { deviceName: '/dev/sda1', sizeGib: 16 };

export interface HostProps {
  readonly generation: string;
  readonly image: Image;
  readonly instanceType: string;
  /** @default - none: the type is not burstable */
  readonly cpuCredits?: CpuCredits;
  /** The only objects that the machines may read. */
  readonly readableObjectArns: readonly string[];
}

export interface LaunchProps {
  /** What sets this machine's logical id apart from those of others. */
  readonly prefix: string;
  readonly name: string;
  readonly interfaces: Interfaces;
  readonly userData: string;
  /** @default - EC2 places the machine where it likes */
  readonly placementGroup?: ec2.CfnPlacementGroup;
}

export class Host extends Construct {
  private readonly profile: iam.InstanceProfile;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: HostProps,
  ) {
    super(scope, id);
    this.profile = new iam.InstanceProfile(this, 'Profile', {
      role: this.addRole(props.readableObjectArns),
    });
  }

  launch({ prefix, name, interfaces, userData, placementGroup }: LaunchProps): ec2.CfnInstance {
    const { props } = this;
    const { management, data } = interfaces;
    const id = `${prefix}Instance`;
    const instance = new ec2.CfnInstance(this, id, {
      imageId: props.image.id,
      instanceType: props.instanceType,
      creditSpecification: props.cpuCredits && { cpuCredits: props.cpuCredits },
      iamInstanceProfile: this.profile.instanceProfileName,
      placementGroupName: placementGroup?.ref,
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      networkInterfaces: [management, data].map(({ attrId }, index) => ({
        networkInterfaceId: attrId,
        deviceIndex: String(index),
      })),
      blockDeviceMappings: [
        {
          deviceName: ROOT_VOLUME.deviceName,
          ebs: {
            volumeType: 'gp3',
            volumeSize: ROOT_VOLUME.sizeGib,
            encrypted: true,
            deleteOnTermination: true,
          },
        },
      ],
      propagateTagsToVolumeOnCreation: true,
      userData: Fn.base64(userData),
    });
    instance.node.addDependency(...interfaces.internetAccess);
    replaceWith(props.generation, id, instance);
    Tags.of(instance).add('Name', name);
    return instance;
  }

  private addRole(objectArns: readonly string[]): iam.Role {
    return new iam.Role(this, 'Role', {
      description: 'A DPDK rig: Session Manager, and the two assets that it boots from',
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
      // Inline, so that the role is whole before the profile and the machine are: a policy of its own could be late.
      inlinePolicies: {
        ReadAssets: new iam.PolicyDocument({
          statements: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [...objectArns] })],
        }),
        // The agent's policy lets it read every parameter of the account, secrets among them, and neither a session nor
        // `rigctl measure` needs one.
        NoParameters: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              effect: iam.Effect.DENY,
              actions: ['ssm:GetParameter*'],
              resources: ['*'],
            }),
          ],
        }),
      },
    });
  }
}
