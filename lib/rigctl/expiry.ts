// When a rig expires, as its one-time schedule has it, and how to put that off. lib/expiry.ts makes the schedule.
import { GetScheduleCommand, UpdateScheduleCommand, type GetScheduleOutput } from '@aws-sdk/client-scheduler';

import { EXPIRY_OUTPUT, parseScheduleTime, scheduleTime } from '../expiry-time.js';
import type { Aws } from './aws.js';
import type { Call } from './ec2.js';
import { EXIT } from './exit.js';
import { printJson, type Operation } from './operation.js';
import { formatDuration } from './progress.js';
import { RigError } from './run.js';
import { requireRig, type RigStack } from './stacks.js';

const HOUR_MS = 3_600_000;

/** @returns undefined when the rig has no schedule, or its schedule is gone. */
export async function findExpiry(aws: Aws, stack: RigStack, call: Call): Promise<Date | undefined> {
  const schedule = await findSchedule(aws, stack, call);
  return schedule && parseScheduleTime(schedule.ScheduleExpression ?? '');
}

async function findSchedule(aws: Aws, stack: RigStack, call: Call): Promise<GetScheduleOutput | undefined> {
  const name = stack.outputs[EXPIRY_OUTPUT];
  if (name === undefined) return undefined;
  try {
    return await aws.scheduler.send(new GetScheduleCommand({ Name: name }), { abortSignal: call.signal });
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** Puts the rig's expiry off by so many hours. @returns the exit code. */
export async function extend(operation: Operation, name: string, hours: number): Promise<number> {
  const stack = await requireRig(operation.aws, name, operation);
  const schedule = await findSchedule(operation.aws, stack, operation);
  const before = schedule && parseScheduleTime(schedule.ScheduleExpression ?? '');
  if (!schedule || !before) {
    throw new RigError(`${name} has no expiry`, `give it one: rigctl deploy ${name} -c ttlHours=${hours}`);
  }
  const now = operation.now();
  // A schedule that has fired and not deleted the stack counts from now.
  const after = new Date(Math.max(before.getTime(), now.getTime()) + hours * HOUR_MS);
  const { Name, Target, FlexibleTimeWindow, GroupName, State, Description } = schedule;
  await operation.aws.scheduler.send(
    // An update replaces the whole schedule, so all that is not to change is given again.
    new UpdateScheduleCommand({
      Name,
      Target,
      FlexibleTimeWindow,
      GroupName,
      State,
      Description,
      ScheduleExpression: scheduleTime(after),
      ScheduleExpressionTimezone: 'UTC',
    }),
    { abortSignal: operation.signal },
  );
  if (operation.json)
    printJson(operation, { rig: name, before: before.toISOString(), expires: after.toISOString() });
  else
    operation.terminal.out(
      `${name} expires at ${after.toISOString()}, in ${formatDuration(after.getTime() - now.getTime())}\n`,
    );
  return EXIT.done;
}
