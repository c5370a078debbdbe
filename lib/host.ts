// The machine itself: its role, its image and the instance, launched with both interfaces at once.
import { Annotations, ContextProvider, Fn, Stack, Tags, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ContextProvider as ContextLookup } from 'aws-cdk-lib/cloud-assembly-schema';
import { Construct, type IDependable } from 'constructs';

import type { CpuCredits } from './config.js';
import { replaceWith } from './generation.js';

/** Canonical's public parameter for the newest Ubuntu 22.04 image. */
const UBUNTU_PARAMETER = '/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id';

/** Canonical's images name their root device so; 16 GiB hold the compiler, DPDK's source and its build. */
export const ROOT_VOLUME = { deviceName: '/dev/sda1', sizeGib: 16 };

export interface Image {
  /** An id or, with no account to look it up in, a token. */
  readonly id: string;
  /** What the generation may hash: the id, or the parameter's name where the id is not known yet. */
  readonly identity: string;
}

/**
 * The image of a rig: the given one, else the newest Ubuntu. With an account and a region that is looked up once
 * and pinned in cdk.context.json; without, CloudFormation resolves it at every deployment.
 */
export function chooseImage(scope: Construct, amiId: string | undefined): Image {
  if (amiId !== undefined) return { id: amiId, identity: amiId };
  const { account, region } = Stack.of(scope);
  if (!Token.isUnresolved(account) && !Token.isUnresolved(region)) {
    const id = lookUpImage(scope);
    return { id, identity: id };
  }
  Annotations.of(scope).addWarningV2(
    'dpdk-rig:imageNotPinned',
    'the image is not pinned: there is no account and region to look it up in, so CloudFormation resolves it at ' +
      'every update, and an update after a new Ubuntu image fails. Before deploying sign in to AWS, so that the ' +
      'image is kept in cdk.context.json, or set amiId.',
  );
  const { imageId } = ec2.MachineImage.fromSsmParameter(UBUNTU_PARAMETER).getImage(scope);
  return { id: imageId, identity: UBUNTU_PARAMETER };
}

/** Until the CLI has looked the image up, synth goes on with an id that is well-formed and nobody's. */
function lookUpImage(scope: Construct): string {
  const found = ContextProvider.getValue(scope, {
    provider: ContextLookup.SSM_PARAMETER_PROVIDER,
    props: { parameterName: UBUNTU_PARAMETER },
    dummyValue: 'ami-00000000000000000',
  });
  return String(found.value);
}

export interface HostProps {
  readonly generation: string;
  readonly image: Image;
  readonly instanceType: string;
  /** @default - none: the type is not burstable */
  readonly cpuCredits?: CpuCredits;
  readonly userData: string;
  /** The interfaces by device number. */
  readonly interfaceIds: readonly string[];
  /** The only objects that the machine may read. */
  readonly readableObjectArns: readonly string[];
}

export class Host extends Construct {
  readonly instance: ec2.CfnInstance;

  constructor(scope: Construct, id: string, props: HostProps) {
    super(scope, id);
    const profile = new iam.InstanceProfile(this, 'Profile', {
      role: this.addRole(props.readableObjectArns),
    });
    this.instance = new ec2.CfnInstance(this, 'Instance', {
      imageId: props.image.id,
      instanceType: props.instanceType,
      creditSpecification: props.cpuCredits && { cpuCredits: props.cpuCredits },
      iamInstanceProfile: profile.instanceProfileName,
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      networkInterfaces: props.interfaceIds.map((networkInterfaceId, index) => ({
        networkInterfaceId,
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
      userData: Fn.base64(props.userData),
    });
    replaceWith(props.generation, 'Instance', this.instance);
    Tags.of(this.instance).add('Name', Stack.of(this).stackName);
  }

  /** Holds the launch back until `dependencies` exist. */
  launchAfter(dependencies: readonly IDependable[]): void {
    this.instance.node.addDependency(...dependencies);
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
      },
    });
  }
}
