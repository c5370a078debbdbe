// Whether the account has room for all machines of a deploy: addresses, vCPUs, and the placement that a pair wants.
import {
  DescribeAccountAttributesCommand,
  DescribeAddressesCommand,
  paginateDescribeInstances,
  type Instance,
  type InstanceTypeInfo,
  type Tag,
} from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';

import type { RigConfig } from '../config.js';
import { RIG_TAG } from '../tags.js';
import { planUnits } from '../topology.js';
import type { Aws } from './aws.js';
import { checker, type Check } from './check.js';
import type { Call } from './ec2.js';

/** The quota that EC2 itself tells. */
const EIP_QUOTA = 'vpc-max-elastic-ips';
/** "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", in vCPUs: all types of a rig are of these. */
const VCPU_QUOTA = 'L-1216C47A';
const STANDARD = /^[acdhimrtz]\d/;

function countMachines(config: RigConfig): number {
  return planUnits(config).flatMap((unit) => unit.machines).length;
}

/** What this very rig has goes when its next deploy has made the new. */
function isOwn(tags: readonly Tag[] | undefined, { name }: RigConfig): boolean {
  return (tags ?? []).some((tag) => tag.Key === RIG_TAG && tag.Value === name);
}

export const checkAddresses = checker('Elastic IP', async (subject, aws, call) => {
  const { config } = subject;
  const options = { abortSignal: call.signal };
  const [attributes, addresses] = await Promise.all([
    aws.ec2.send(new DescribeAccountAttributesCommand({}), options),
    aws.ec2.send(new DescribeAddressesCommand({}), options),
  ]);
  const quota = attributes.AccountAttributes?.find((attribute) => attribute.AttributeName === EIP_QUOTA);
  const most = Number(quota?.AttributeValues?.[0]?.AttributeValue ?? NaN);
  const all = addresses.Addresses ?? [];
  const own = all.filter((address) => isOwn(address.Tags, config)).length;
  const used = { others: all.length - own, own };
  // A bookfeed's data port has one beside that of its management port.
  const wanted = countMachines(config) * (config.feed ? 2 : 1);
  const needs = wanted === 1 ? '' : `, ${wanted} are needed`;
  const found = `${used.others} of ${Number.isNaN(most) ? 'an unknown number' : most} in use by others${needs}`;
  const name = 'Elastic IP';
  const next = 'release some, or raise the quota "EC2-VPC Elastic IPs"';
  if (used.others + wanted > most) return [{ name, result: 'fail', found, next }];
  const count = async (): Promise<number> => subject.countNew('AWS::EC2::EIP');
  return [await checkUpdate({ name, result: 'ok', found }, { used, wanted, most, next, count })];
});

export const checkVcpus = checker('vCPUs', async (subject, aws, call) => {
  const { config } = subject;
  const name = 'vCPUs';
  const { vcpus } = config.instanceType;
  const wanted = countMachines(config) * vcpus;
  const [most, used] = await Promise.all([vcpuQuota(aws, call), vcpusInUse(config, aws, call)]);
  const needs = `${used.others} in use by others, ${wanted} ${wanted === 1 ? 'is' : 'are'} needed`;
  if (most === undefined) {
    const next = 'not checked: see "Running On-Demand Standard instances" in Service Quotas';
    return [{ name, result: 'warn', found: `the quota is not known, ${needs}`, next }];
  }
  const found = `quota ${most}, ${needs}`;
  const next = 'fewer or smaller machines, or raise the quota "Running On-Demand Standard instances"';
  if (used.others + wanted > most) return [{ name, result: 'fail', found, next }];
  const count = async (): Promise<number> => vcpus * (await subject.countNew('AWS::EC2::Instance'));
  return [await checkUpdate({ name, result: 'ok', found }, { used, wanted, most, next, count })];
});

interface Room {
  readonly used: { readonly others: number; readonly own: number };
  readonly wanted: number;
  readonly most: number;
  readonly next: string;
  /** How many the update makes. */
  readonly count: () => Promise<number>;
}

/** What there is room for at the end may be too much for the while in which a rig's old machines are there as well. */
async function checkUpdate(check: Check, { used, wanted, most, next, count }: Room): Promise<Check> {
  if (used.own === 0 || !(used.others + used.own + wanted > most)) return check;
  const made = await count();
  const found = `${check.found}; this rig has ${used.own}, and its update makes ${made} before it lets go of them`;
  if (used.others + used.own + made <= most) return { ...check, found };
  return { ...check, result: 'fail', found, next: `${next}, or destroy the rig first` };
}

async function vcpuQuota(aws: Aws, call: Call): Promise<number | undefined> {
  try {
    const command = new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: VCPU_QUOTA });
    const answer = await aws.quotas.send(command, { abortSignal: call.signal });
    return answer.Quota?.Value;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchResourceException') return undefined;
    throw error;
  }
}

async function vcpusInUse(config: RigConfig, aws: Aws, call: Call): Promise<Room['used']> {
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  const used = { others: 0, own: 0 };
  for await (const page of paginateDescribeInstances({ client: aws.ec2 }, { Filters })) {
    call.signal.throwIfAborted();
    const instances = (page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
    for (const instance of instances) {
      const { InstanceType = '', InstanceLifecycle, Tags } = instance;
      if (!STANDARD.test(InstanceType) || InstanceLifecycle !== undefined) continue;
      used[isOwn(Tags, config) ? 'own' : 'others'] += vcpusOf(instance);
    }
  }
  return used;
}

function vcpusOf({ CpuOptions = {} }: Instance): number {
  return (CpuOptions.CoreCount ?? 1) * (CpuOptions.ThreadsPerCore ?? 1);
}

/** Whether the type may be put as the stack will ask for it: CloudFormation would fail at the first machine. */
export function checkPlacement({ instanceType }: RigConfig, info: InstanceTypeInfo): Check {
  const name = 'placement';
  const { placement } = instanceType;
  const supported = info.PlacementGroupInfo?.SupportedStrategies ?? [];
  if (supported.length === 0 || supported.includes(placement)) {
    const why = placement === 'cluster' ? '' : `; ${instanceType.name} may not be in a cluster group`;
    return { name, result: 'ok', found: `${placement}${why}` };
  }
  return {
    name,
    result: 'fail',
    found: `${instanceType.name} may be placed as ${supported.join(', ')}, and ${placement} is wanted`,
    next: "correct its family's line in lib/ena-generations.ts, or choose another type",
  };
}
