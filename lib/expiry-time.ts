// A rig's expiry as EventBridge Scheduler writes it. The construct and rigctl share it; neither needs the other.

/** The output that names the rig's schedule. */
export const EXPIRY_OUTPUT = 'ExpirySchedule';

/** A one-time expression in UTC; Scheduler takes no fractions of a second and no zone. */
export function scheduleTime(at: Date): string {
  return `at(${at.toISOString().slice(0, 19)})`;
}

/** @returns undefined for an expression that is not a one-time one. */
export function parseScheduleTime(expression: string): Date | undefined {
  const time = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1];
  return time === undefined ? undefined : new Date(`${time}Z`);
}
