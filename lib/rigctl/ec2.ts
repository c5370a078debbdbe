// What rigctl asks EC2: the machine of a rig, its console, and what is left when it is gone.
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribePlacementGroupsCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  GetConsoleOutputCommand,
  type Filter,
  type Instance,
} from '@aws-sdk/client-ec2';

import { RIG_TAG } from '../tags.js';
import type { Aws } from './aws.js';

/** The states in which an instance still costs or holds something. */
const ALIVE = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

export interface Call {
  readonly signal: AbortSignal;
}

/** A machine of a stack: its name is that of the rig, or in a pair or fleet that and its part. */
export interface Machine {
  readonly name: string;
  readonly id: string;
}

/** The machines of a stack, by the tag that CloudFormation puts on them: none before launch and after termination. */
export async function findMachines(aws: Aws, stackId: string, call: Call): Promise<Machine[]> {
  const answer = await aws.ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'tag:aws:cloudformation:stack-id', Values: [stackId] },
        { Name: 'instance-state-name', Values: ALIVE },
      ],
    }),
    { abortSignal: call.signal },
  );
  const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  const oldestFirst = instances.sort(
    (a, b) => (a.LaunchTime?.getTime() ?? 0) - (b.LaunchTime?.getTime() ?? 0),
  );
  // While a new generation replaces the old, both are there under one name: the younger one is the rig to be.
  const byName = new Map(oldestFirst.map((instance) => [nameOf(instance), instance.InstanceId ?? '']));
  return [...byName]
    .map(([name, id]) => ({ name, id }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function nameOf({ Tags = [] }: Instance): string {
  return Tags.find((tag) => tag.Key === 'Name')?.Value ?? '';
}

/** What a machine is called beside its rig: `generator`, `2-reflector`; empty for a rig that is one machine. */
export function partOf(machine: string, rig: string): string {
  return machine.startsWith(`${rig}-`) ? machine.slice(rig.length + 1) : '';
}

/** The last 64 KB of the serial console; empty before the machine has printed anything. */
export async function readConsole(aws: Aws, instanceId: string, call: Call): Promise<string> {
  const answer = await aws.ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true }), {
    abortSignal: call.signal,
  });
  return Buffer.from(answer.Output ?? '', 'base64').toString('utf8');
}

/** A thing of the rig's that still exists: what it is and its id. */
export interface Leftover {
  readonly kind: string;
  readonly id: string;
}

/** Everything in EC2 that carries the rig's tag. */
export async function findLeftovers(aws: Aws, rig: string, call: Call): Promise<Leftover[]> {
  const Filters: Filter[] = [{ Name: `tag:${RIG_TAG}`, Values: [rig] }];
  const { ec2 } = aws;
  const options = { abortSignal: call.signal };
  const [instances, interfaces, addresses, volumes, groups, vpcs, placements] = await Promise.all([
    ec2.send(
      new DescribeInstancesCommand({ Filters: [...Filters, { Name: 'instance-state-name', Values: ALIVE }] }),
      options,
    ),
    ec2.send(new DescribeNetworkInterfacesCommand({ Filters }), options),
    ec2.send(new DescribeAddressesCommand({ Filters }), options),
    ec2.send(new DescribeVolumesCommand({ Filters }), options),
    ec2.send(new DescribeSecurityGroupsCommand({ Filters }), options),
    ec2.send(new DescribeVpcsCommand({ Filters }), options),
    ec2.send(new DescribePlacementGroupsCommand({ Filters }), options),
  ]);
  const machines = (instances.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  return [
    ...named(
      'instance',
      machines.map((item) => item.InstanceId),
    ),
    ...named(
      'network interface',
      (interfaces.NetworkInterfaces ?? []).map((item) => item.NetworkInterfaceId),
    ),
    ...named(
      'Elastic IP',
      (addresses.Addresses ?? []).map((item) => item.AllocationId),
    ),
    ...named(
      'volume',
      (volumes.Volumes ?? []).map((item) => item.VolumeId),
    ),
    ...named(
      'security group',
      (groups.SecurityGroups ?? []).map((item) => item.GroupId),
    ),
    ...named(
      'VPC',
      (vpcs.Vpcs ?? []).map((item) => item.VpcId),
    ),
    ...named(
      'placement group',
      (placements.PlacementGroups ?? []).map((item) => item.GroupId),
    ),
  ];
}

function named(kind: string, ids: readonly (string | undefined)[]): Leftover[] {
  return ids.map((id) => ({ kind, id: id ?? 'without an id' }));
}
