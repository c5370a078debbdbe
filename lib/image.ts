// The image that machines are launched from: a given one, a baked one by its parameter, or the newest Ubuntu 22.04.
import { Annotations, ContextProvider, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ContextProvider as ContextLookup } from 'aws-cdk-lib/cloud-assembly-schema';
import type { Construct } from 'constructs';

import type { Architecture } from './ena-generations.js';
import { ubuntuParameter } from './ubuntu.js';

export interface Image {
  /** An id or, with no account to look it up in, a token. */
  readonly id: string;
  /** What the generation may hash: the id, or the parameter's name where the id is not known yet. */
  readonly identity: string;
}

export interface ImageChoice {
  readonly architecture: Architecture;
  /** @default - what the parameter says */
  readonly amiId?: string;
  /** The name of the parameter that holds the image's id. @default - Canonical's, for the newest Ubuntu 22.04 */
  readonly parameter?: string;
}

/**
 * The image of a rig: the given one, else what a parameter says. With an account and a region that is looked up once
 * and pinned in cdk.context.json; without, CloudFormation resolves it at every deployment.
 */
export function chooseImage(scope: Construct, choice: ImageChoice): Image {
  const { amiId, parameter = ubuntuParameter(choice.architecture) } = choice;
  if (amiId !== undefined) return { id: amiId, identity: amiId };
  const { account, region } = Stack.of(scope);
  if (!Token.isUnresolved(account) && !Token.isUnresolved(region)) {
    const id = lookUpImage(scope, parameter);
    return { id, identity: id };
  }
  Annotations.of(scope).addWarningV2(
    'dpdk-rig:imageNotPinned',
    'the image is not pinned: there is no account and region to look it up in, so CloudFormation resolves it at ' +
      'every update, and an update after it names a new image fails. Before deploying sign in to AWS, so that the ' +
      'image is kept in cdk.context.json, or set amiId.',
  );
  const { imageId } = ec2.MachineImage.fromSsmParameter(parameter).getImage(scope);
  return { id: imageId, identity: parameter };
}

/** Until the CLI has looked the image up, synth goes on with an id that is well-formed and nobody's. */
function lookUpImage(scope: Construct, parameterName: string): string {
  const found = ContextProvider.getValue(scope, {
    provider: ContextLookup.SSM_PARAMETER_PROVIDER,
    props: { parameterName },
    dummyValue: 'ami-00000000000000000',
  });
  return String(found.value);
}
