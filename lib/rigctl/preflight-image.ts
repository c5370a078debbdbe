// Whether the image that a deploy will launch is there and can be a rig's.
import { DescribeImagesCommand, type DescribeImagesCommandInput, type Image } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';

import type { Architecture } from '../ena-generations.js';
import { debianName, ubuntuParameter } from '../ubuntu.js';
import type { Aws } from './aws.js';
import { checker, type Check, type Subject } from './check.js';
import type { Call } from './ec2.js';

const CANONICAL = '099720109477';
const UBUNTU = /jammy|22\.04|dpdk-rig/i;

interface Wanted {
  /** As a person would name it. */
  readonly name: string;
  readonly query: DescribeImagesCommandInput;
  /** What to do when it is not there. */
  readonly next: string;
  /** What its parameter names by now, where that is another one. */
  readonly newer?: string;
}

export const checkImage = checker('image', async (subject, aws, call) => {
  const { architecture } = subject.config.instanceType;
  const wanted = await findWanted(subject, aws, call);
  if (!wanted) {
    const found = `there is no parameter ${subject.config.amiParameter ?? ''} here`;
    return [
      { name: 'image', result: 'fail', found, next: 'bake the image first, or leave amiParameter out' },
    ];
  }
  try {
    const answer = await aws.ec2.send(new DescribeImagesCommand(wanted.query), { abortSignal: call.signal });
    const newest = (answer.Images ?? []).sort((a, b) =>
      (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''),
    )[0];
    return [describeImage(newest, wanted, architecture)];
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('InvalidAMIID'))
      return [describeImage(undefined, wanted, architecture)];
    throw error;
  }
});

/** @returns undefined when the parameter that should name the image does not exist. */
async function findWanted(subject: Subject, aws: Aws, call: Call): Promise<Wanted | undefined> {
  const { amiId, amiParameter, instanceType } = subject.config;
  if (amiId !== undefined) return { ...byId(amiId), name: amiId };
  const parameter = amiParameter ?? ubuntuParameter(instanceType.architecture);
  const key = pinKey(subject.account, aws.region, parameter);
  const pinned = subject.pins[key];
  // Canonical's names another image every few weeks, and nobody need hear of that.
  const current = amiParameter === undefined ? undefined : await readParameter(amiParameter, aws, call);
  if (typeof pinned === 'string') {
    return {
      ...byId(pinned),
      name: `${pinned} (of ${parameter}, as cdk.context.json keeps it)`,
      next: `npx cdk context --reset '${key}', which has it looked up again`,
      newer: current === pinned ? undefined : current,
    };
  }
  if (amiParameter === undefined) return newestUbuntu(instanceType.architecture);
  return current === undefined ? undefined : { ...byId(current), name: `${current} (of ${amiParameter})` };
}

function byId(id: string): Pick<Wanted, 'query' | 'next'> {
  return { query: { ImageIds: [id] }, next: 'an id of this region, or none' };
}

function newestUbuntu(architecture: Architecture): Wanted {
  const image = `ubuntu/images/hvm-ssd*/ubuntu-jammy-22.04-${debianName(architecture)}-server-*`;
  const query = { Owners: [CANONICAL], Filters: [{ Name: 'name', Values: [image] }] };
  return { name: "Canonical's Ubuntu 22.04", query, next: 'another region, or an image of its own by amiId' };
}

/** Where the CDK keeps a parameter that it has looked up. */
export function pinKey(account: string, region: string, parameter: string): string {
  return `ssm:account=${account}:parameterName=${parameter}:region=${region}`;
}

async function readParameter(Name: string, aws: Aws, call: Call): Promise<string | undefined> {
  try {
    const answer = await aws.ssm.send(new GetParameterCommand({ Name }), { abortSignal: call.signal });
    return answer.Parameter?.Value;
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
    throw error;
  }
}

function describeImage(image: Image | undefined, wanted: Wanted, architecture: string): Check {
  const name = 'image';
  const { next } = wanted;
  if (!image) return { name, result: 'fail', found: `there is no image ${wanted.name} here`, next };
  const what = `${image.ImageId ?? '?'} ${image.Name ?? ''}, ${image.Architecture ?? '?'}, ${image.State ?? '?'}`;
  const found = wanted.newer === undefined ? what : `${what}; its parameter names ${wanted.newer} by now`;
  if (image.State !== 'available' || image.Architecture !== architecture) {
    return { name, result: 'fail', found, next: `this rig needs an available ${architecture} image` };
  }
  if (wanted.newer !== undefined) return { name, result: 'warn', found, next };
  if (UBUNTU.test(`${image.Name ?? ''} ${image.Description ?? ''}`)) return { name, result: 'ok', found };
  return {
    name,
    result: 'warn',
    found,
    next: 'its name does not say Ubuntu 22.04: right only for an image made from it',
  };
}
