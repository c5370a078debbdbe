// `rigctl preflight`: what would make a deploy fail, asked before it costs anything. Each check stands alone: one that
// cannot be made (no right to ask) is a warning, never a failure.
import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  type AvailabilityZone,
  type InstanceTypeInfo,
  type _InstanceType,
} from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';

import type { RigConfig } from '../config.js';
import { isDenied, type Aws } from './aws.js';
import { checker, type Check, type Deployment } from './check.js';
import type { Call } from './ec2.js';
import { checkImage } from './preflight-image.js';
import { checkAddresses, checkPlacement, checkVcpus } from './preflight-capacity.js';
import { newResources } from './preflight-update.js';
import { findStack } from './stacks.js';

export type { Check };

const HUGEPAGE_MIB = 2;
const KEPT_MIB = 1024;
/** The bootstrap that aws-cdk-lib's default synthesizer needs. */
const MIN_BOOTSTRAP = 6;

/** Runs all checks. The identity comes first: without it no other can be made, so its fault is thrown. */
export async function preflight(deployment: Deployment, aws: Aws, call: Call): Promise<Check[]> {
  const { Account = '', Arn = 'unknown' } = await aws.sts.send(new GetCallerIdentityCommand({}), {
    abortSignal: call.signal,
  });
  const identity: Check = { name: 'credentials', result: 'ok', found: `${Arn} in ${aws.region}` };
  const subject = { ...deployment, account: Account, countNew: newResources(deployment, aws, call) };
  const checks = [checkBootstrap, checkType, checkOffering, checkAddresses, checkVcpus, checkImage];
  const results = await Promise.all(
    checks.map(async (check) => {
      try {
        return await check(subject, aws, call);
      } catch (error) {
        if (!isDenied(error)) throw error;
        const found = error instanceof Error ? error.message : String(error);
        return [
          {
            name: check.label,
            result: 'warn',
            found,
            next: 'not checked: the credentials may not ask',
          } as const,
        ];
      }
    }),
  );
  return [identity, ...results.flat()];
}

export function wouldFail(checks: readonly Check[]): boolean {
  return checks.some((check) => check.result === 'fail');
}

const checkBootstrap = checker('bootstrap', async (_subject, aws, call) => {
  const stack = await findStack(aws, 'CDKToolkit', call);
  const version = Number(stack?.outputs['BootstrapVersion'] ?? 0);
  const name = 'bootstrap';
  if (version >= MIN_BOOTSTRAP) return [{ name, result: 'ok', found: `CDKToolkit, version ${version}` }];
  const found = stack
    ? `CDKToolkit has version ${version}, ${MIN_BOOTSTRAP} is needed`
    : 'no stack CDKToolkit here';
  return [{ name, result: 'fail', found, next: 'npx cdk bootstrap' }];
});

const checkType = checker('instance type', async ({ config }, aws, call) => {
  const type = config.instanceType.name;
  try {
    const answer = await aws.ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] }),
      { abortSignal: call.signal },
    );
    const info = answer.InstanceTypes?.[0];
    return info ? describeType(config, info) : [unknownType(type, aws.region)];
  } catch (error) {
    if (error instanceof Error && error.name.includes('InvalidInstanceType'))
      return [unknownType(type, aws.region)];
    throw error;
  }
});

function unknownType(type: string, region: string): Check {
  const next = 'choose another with -c instanceType=, or another region';
  return { name: 'instance type', result: 'fail', found: `${type} is not known in ${region}`, next };
}

/** Pure: what a type's description means for a rig. */
export function describeType(config: RigConfig, info: InstanceTypeInfo): Check[] {
  const checks = [checkEna(config, info), checkMemory(config, info), describeNetwork(info)];
  if (config.pairPeer !== undefined) checks.push(checkPlacement(config, info));
  if (info.BurstablePerformanceSupported === true) checks.push(describeCredits(config));
  return checks;
}

function checkEna({ instanceType }: RigConfig, info: InstanceTypeInfo): Check {
  const name = 'instance type';
  const interfaces = info.NetworkInfo?.MaximumNetworkInterfaces ?? 0;
  const ena = info.NetworkInfo?.EnaSupport ?? 'unsupported';
  const architectures = info.ProcessorInfo?.SupportedArchitectures ?? [];
  const found = `${info.InstanceType ?? '?'}: ENA ${ena}, ${interfaces} interfaces, ${architectures.join('/')}`;
  const { architecture } = instanceType;
  if (ena === 'required' && interfaces >= 2 && architectures.includes(architecture))
    return { name, result: 'ok', found };
  return {
    name,
    result: 'fail',
    found,
    next: `a rig needs ENA, two interfaces and here ${architecture}: choose another type`,
  };
}

function checkMemory(config: RigConfig, info: InstanceTypeInfo): Check {
  const name = 'memory';
  const mib = info.MemoryInfo?.SizeInMiB ?? 0;
  const wanted = config.hugepages * HUGEPAGE_MIB;
  const found = `${mib} MiB, ${wanted} of them hugepages`;
  if (mib - wanted >= KEPT_MIB) return { name, result: 'ok', found };
  return {
    name,
    result: 'fail',
    found,
    next: `at most ${Math.floor((mib - KEPT_MIB) / HUGEPAGE_MIB)} with -c hugepages=`,
  };
}

function describeNetwork(info: InstanceTypeInfo): Check {
  const card = info.NetworkInfo?.NetworkCards?.[0];
  const baseline = card?.BaselineBandwidthInGbps;
  const peak = card?.PeakBandwidthInGbps;
  const queues = card?.DefaultEnaQueueCountPerInterface;
  const parts = [
    baseline === undefined
      ? (info.NetworkInfo?.NetworkPerformance ?? 'unknown')
      : `${baseline} Gbit/s, peak ${peak ?? '?'}`,
    ...(queues === undefined ? [] : [`${queues} queues an interface`]),
    `${info.VCpuInfo?.DefaultVCpus ?? '?'} vCPUs on ${info.VCpuInfo?.DefaultCores ?? '?'} cores`,
  ];
  return { name: 'bandwidth', result: 'ok', found: parts.join(', ') };
}

/** One vCPU at 100 % for an hour is 60 credits, by the definition of a credit. */
const POLLING_CREDITS = 60;

function describeCredits(config: RigConfig): Check {
  const earned = config.instanceType.creditsPerHour;
  const spent = `polling spends ${POLLING_CREDITS} credits an hour, the type earns ${earned ?? 'fewer'}`;
  if (config.cpuCredits === 'standard') {
    const next = 'figures taken on a throttled core mean nothing: -c cpuCredits=unlimited';
    return {
      name: 'CPU credits',
      result: 'warn',
      found: `standard: ${spent}, then the core is throttled`,
      next,
    };
  }
  return { name: 'CPU credits', result: 'ok', found: `unlimited: ${spent}, the rest is billed` };
}

/** Pure: the one that the stack takes (Fn::GetAZs), which are Availability Zones alone; a Local Zone sorts before them. */
export function firstZone(zones: readonly AvailabilityZone[]): string | undefined {
  return zones
    .filter(({ ZoneType = 'availability-zone' }) => ZoneType === 'availability-zone')
    .map(({ ZoneName = '' }) => ZoneName)
    .sort()[0];
}

const checkOffering = checker('zone', async ({ config }, aws, call) => {
  const type = config.instanceType.name;
  const options = { abortSignal: call.signal };
  const [offerings, zones] = await Promise.all([
    aws.ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: [type] }],
      }),
      options,
    ),
    aws.ec2.send(
      new DescribeAvailabilityZonesCommand({ Filters: [{ Name: 'state', Values: ['available'] }] }),
      options,
    ),
  ]);
  const offered = (offerings.InstanceTypeOfferings ?? []).map((offering) => offering.Location ?? '').sort();
  const zone = config.availabilityZone ?? firstZone(zones.AvailabilityZones ?? []) ?? 'no zone';
  const name = 'zone';
  if (offered.includes(zone)) return [{ name, result: 'ok', found: `${zone} offers ${type}` }];
  const found = `${zone} does not offer ${type}; zones that do: ${offered.join(', ') || 'none'}`;
  return [
    {
      name,
      result: 'fail',
      found,
      next: 'name one of these with -c availabilityZone=, or choose another type with -c instanceType=',
    },
  ];
});
