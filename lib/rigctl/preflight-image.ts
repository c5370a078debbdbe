// Whether the image that a deploy will launch is there and can be a rig's.
import { DescribeImagesCommand, type DescribeImagesCommandInput, type Image } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';

import type { RigConfig } from '../config.js';
import type { Aws } from './aws.js';
import { checker, type Check } from './check.js';
import type { Call } from './ec2.js';

const CANONICAL = '099720109477';
const UBUNTU = /jammy|22\.04|dpdk-rig/i;

interface Wanted {
  /** As a person would name it. */
  readonly name: string;
  readonly query: DescribeImagesCommandInput;
}

export const checkImage = checker('image', async (config, aws, call) => {
  const { architecture } = config.instanceType;
  const wanted = await findWanted(config, aws, call);
  if (!wanted) {
    const found = `there is no parameter ${config.amiParameter ?? ''} here`;
    return [
      { name: 'image', result: 'fail', found, next: 'bake the image first, or leave amiParameter out' },
    ];
  }
  try {
    const answer = await aws.ec2.send(new DescribeImagesCommand(wanted.query), { abortSignal: call.signal });
    const newest = (answer.Images ?? []).sort((a, b) =>
      (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''),
    )[0];
    return [describeImage(newest, wanted.name, architecture)];
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('InvalidAMIID'))
      return [describeImage(undefined, wanted.name, architecture)];
    throw error;
  }
});

/** @returns undefined when the parameter that should name the image does not exist. */
async function findWanted(config: RigConfig, aws: Aws, call: Call): Promise<Wanted | undefined> {
  const { amiId, amiParameter, instanceType } = config;
  if (amiId !== undefined) return { name: amiId, query: { ImageIds: [amiId] } };
  if (amiParameter === undefined) {
    const architecture = instanceType.architecture === 'x86_64' ? 'amd64' : instanceType.architecture;
    const image = `ubuntu/images/hvm-ssd*/ubuntu-jammy-22.04-${architecture}-server-*`;
    const query = { Owners: [CANONICAL], Filters: [{ Name: 'name', Values: [image] }] };
    return { name: "Canonical's Ubuntu 22.04", query };
  }
  try {
    const command = new GetParameterCommand({ Name: amiParameter });
    const id = (await aws.ssm.send(command, { abortSignal: call.signal })).Parameter?.Value ?? '';
    return { name: `${id} (${amiParameter})`, query: { ImageIds: [id] } };
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
    throw error;
  }
}

function describeImage(image: Image | undefined, wanted: string, architecture: string): Check {
  const name = 'image';
  if (!image)
    return {
      name,
      result: 'fail',
      found: `there is no image ${wanted} here`,
      next: 'an id of this region, or none',
    };
  const found = `${image.ImageId ?? '?'} ${image.Name ?? ''}, ${image.Architecture ?? '?'}, ${image.State ?? '?'}`;
  if (image.State !== 'available' || image.Architecture !== architecture) {
    return { name, result: 'fail', found, next: `this rig needs an available ${architecture} image` };
  }
  if (UBUNTU.test(`${image.Name ?? ''} ${image.Description ?? ''}`)) return { name, result: 'ok', found };
  return {
    name,
    result: 'warn',
    found,
    next: 'its name does not say Ubuntu 22.04: right only for an image made from it',
  };
}
