// What rigctl asks CloudFormation: which rigs there are, in what state, with which outputs, and why one failed.
import {
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  paginateDescribeStacks,
  paginateListStackResources,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';

import { RIG_TAG } from '../tags.js';
import type { Aws } from './aws.js';
import type { Call } from './ec2.js';
import { noSuchRig } from './exit.js';

/** A stack by its name, whether it is a rig or not. */
export interface RigStack {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly createdAt: Date;
  /** When the last deploy began. */
  readonly changedAt: Date;
  readonly isRig: boolean;
  readonly outputs: Readonly<Record<string, string>>;
}

/** A rig's state in one word, from its stack alone. */
export type RigState = 'deploying' | 'deployed' | 'failed' | 'deleting' | 'planned';

export function rigState(stackStatus: string): RigState {
  if (stackStatus === 'REVIEW_IN_PROGRESS') return 'planned';
  if (stackStatus.startsWith('DELETE_IN_PROGRESS')) return 'deleting';
  if (/FAILED|ROLLBACK/.test(stackStatus) && stackStatus !== 'UPDATE_ROLLBACK_COMPLETE') return 'failed';
  return stackStatus.endsWith('_IN_PROGRESS') ? 'deploying' : 'deployed';
}

export function isInProgress(stackStatus: string): boolean {
  return stackStatus.endsWith('_IN_PROGRESS') && stackStatus !== 'REVIEW_IN_PROGRESS';
}

/** @returns the stack of that name or id, or undefined when there is none. */
export async function findStack(aws: Aws, nameOrId: string, call: Call): Promise<RigStack | undefined> {
  try {
    const answer = await aws.cloudFormation.send(new DescribeStacksCommand({ StackName: nameOrId }), {
      abortSignal: call.signal,
    });
    const stack = answer.Stacks?.[0];
    return stack && stack.StackStatus !== 'DELETE_COMPLETE' ? toRigStack(stack) : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** @throws RigFault (exit 3) when there is no such rig. */
export async function requireRig(aws: Aws, name: string, call: Call): Promise<RigStack> {
  const stack = await findStack(aws, name, call);
  if (!stack?.isRig) throw noSuchRig(name, aws.region);
  return stack;
}

/** Every rig of the account and region, the oldest first. */
export async function listRigStacks(aws: Aws, call: Call): Promise<RigStack[]> {
  const rigs: RigStack[] = [];
  // The paginator has no abort signal, so an interrupt takes effect between two pages.
  for await (const page of paginateDescribeStacks({ client: aws.cloudFormation }, {})) {
    call.signal.throwIfAborted();
    rigs.push(...(page.Stacks ?? []).map(toRigStack).filter((stack) => stack.isRig));
  }
  return rigs.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

/** The logical ids of what a stack has. */
export async function logicalIds(aws: Aws, stackId: string, call: Call): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const page of paginateListStackResources(
    { client: aws.cloudFormation },
    { StackName: stackId },
  )) {
    call.signal.throwIfAborted();
    for (const resource of page.StackResourceSummaries ?? []) ids.add(resource.LogicalResourceId ?? '');
  }
  return ids;
}

export interface ResourceEvent {
  readonly id: string;
  readonly time: Date;
  readonly resource: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
}

/** The newest events of a stack (a page of up to 100), in the order in which they happened. */
export async function stackEvents(aws: Aws, stackId: string, call: Call): Promise<ResourceEvent[]> {
  try {
    const answer = await aws.cloudFormation.send(new DescribeStackEventsCommand({ StackName: stackId }), {
      abortSignal: call.signal,
    });
    return (answer.StackEvents ?? []).map(toResourceEvent).reverse();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function toRigStack(stack: Stack): RigStack {
  return {
    name: stack.StackName ?? '',
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    statusReason: stack.StackStatusReason,
    createdAt: stack.CreationTime ?? new Date(0),
    changedAt: stack.LastUpdatedTime ?? stack.CreationTime ?? new Date(0),
    isRig: (stack.Tags ?? []).some((tag) => tag.Key === RIG_TAG),
    outputs: Object.fromEntries(
      (stack.Outputs ?? []).map((output) => [output.OutputKey ?? '', output.OutputValue ?? '']),
    ),
  };
}

function toResourceEvent(event: StackEvent): ResourceEvent {
  return {
    id: event.EventId ?? '',
    time: event.Timestamp ?? new Date(0),
    resource: event.LogicalResourceId ?? '',
    type: event.ResourceType ?? '',
    status: event.ResourceStatus ?? '',
    reason: event.ResourceStatusReason,
  };
}

/** CloudFormation says "Stack with id X does not exist" by a plain ValidationError. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')
  );
}
