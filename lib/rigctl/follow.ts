// Follows a rig's deploy from outside, as deploy and watch need it: the stack's events and the machine's status lines,
// each once, in order, until the stack has come to rest.
import { setTimeout as sleep } from 'node:timers/promises';

import type { PortStatus } from '../port-status.js';
import type { Aws } from './aws.js';
import { ConsoleFollower, type ConsoleEvent } from './console.js';
import { findMachines, readConsole, type Call, type Machine } from './ec2.js';
import { findStack, isInProgress, stackEvents, type ResourceEvent, type RigStack } from './stacks.js';

export type RigEvent =
  | { readonly kind: 'stack'; readonly name: string; readonly status: string }
  | { readonly kind: 'resource'; readonly event: ResourceEvent }
  | { readonly kind: 'machine'; readonly name: string; readonly instanceId: string }
  | { readonly kind: 'status'; readonly status: PortStatus }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** What a machine was seen to do. */
export interface MachineOutcome {
  readonly name: string;
  readonly instanceId: string;
  readonly lastStatus: PortStatus | undefined;
  /** The last console text that could be read, which outlives the machine. */
  readonly console: string;
}

/** What is known when the following ends. */
export interface Outcome {
  /** The stack at rest; undefined when it is gone. */
  readonly stack: RigStack | undefined;
  /** The reason of the first resource that failed, in CloudFormation's words. */
  readonly failure: string | undefined;
  /** The newest of each name. */
  readonly machines: readonly MachineOutcome[];
}

export interface FollowOptions extends Call {
  readonly intervalMs: number;
  /** Events before this moment belong to an earlier operation on the same stack. */
  readonly since: Date;
  readonly onEvent: (event: RigEvent) => void;
}

class FollowedMachine implements MachineOutcome {
  readonly name: string;
  readonly instanceId: string;
  lastStatus: PortStatus | undefined;
  console = '';
  private readonly follower = new ConsoleFollower();

  constructor({ name, id }: Machine) {
    this.name = name;
    this.instanceId = id;
  }

  read(text: string): ConsoleEvent[] {
    if (text === '') return [];
    this.console = text;
    const events = this.follower.read(text);
    for (const event of events) if (event.kind === 'status') this.lastStatus = event.status;
    return events;
  }
}

/** One deploy of one stack, as far as it has been seen. Call poll() until it says that the stack is at rest. */
export class Follower {
  private stack: RigStack | undefined;
  private failure: string | undefined;
  private readonly seen = new Set<string>();
  private readonly machines = new Map<string, FollowedMachine>();

  constructor(
    private readonly aws: Aws,
    private readonly name: string,
    private readonly options: FollowOptions,
  ) {}

  get outcome(): Outcome {
    return { stack: this.stack, failure: this.failure, machines: [...this.machines.values()] };
  }

  /** @returns true while the stack is being changed. */
  async poll(): Promise<boolean> {
    // By id once it is known: another stack may take the name when this one is deleted.
    const stack = await findStack(this.aws, this.stack?.id ?? this.name, this.options);
    const before = this.stack;
    this.stack = stack;
    if (!stack) return before === undefined;
    const running = isInProgress(stack.status);
    const tell = (): void => {
      if (stack.status !== before?.status)
        this.emit({ kind: 'stack', name: stack.name, status: stack.status });
    };
    // The end of the stack is told last: what led to it comes first.
    if (running) tell();
    await this.pollMachines(stack);
    await this.pollEvents(stack);
    if (!running) tell();
    return running;
  }

  private async pollEvents(stack: RigStack): Promise<void> {
    for (const event of await stackEvents(this.aws, stack.id, this.options)) {
      if (this.seen.has(event.id) || event.time < this.options.since) continue;
      this.seen.add(event.id);
      if (
        event.status.endsWith('_FAILED') &&
        event.reason !== undefined &&
        !event.reason.includes('cancelled')
      ) {
        this.failure ??= event.reason;
      }
      this.emit({ kind: 'resource', event });
    }
  }

  private async pollMachines(stack: RigStack): Promise<void> {
    for (const machine of await findMachines(this.aws, stack.id, this.options)) {
      if (this.machines.get(machine.name)?.instanceId === machine.id) continue;
      this.machines.set(machine.name, new FollowedMachine(machine));
      this.emit({ kind: 'machine', name: machine.name, instanceId: machine.id });
    }
    // A terminated machine's console can still be read for a while, and its last words matter most.
    await Promise.all(
      [...this.machines.values()].map(async (machine) => {
        const text = await readConsole(this.aws, machine.instanceId, this.options);
        for (const event of machine.read(text)) this.emit(event);
      }),
    );
  }

  private emit(event: RigEvent): void {
    this.options.onEvent(event);
  }
}

/** Follows until the stack is at rest or gone. @throws AbortError on an interrupt. */
export async function follow(aws: Aws, name: string, options: FollowOptions): Promise<Outcome> {
  const follower = new Follower(aws, name, options);
  while (await follower.poll()) await sleep(options.intervalMs, undefined, { signal: options.signal });
  return follower.outcome;
}
