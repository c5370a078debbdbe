// Why a deploy failed, in the operator's words, and the machine's last lines kept in a file before a rollback takes it.
import { writeFile } from 'node:fs/promises';

import { lastLines } from './console.js';
import type { MachineOutcome, Outcome } from './follow.js';
import { rigState, type RigStack } from './stacks.js';

const SHOWN_LINES = 12;

export interface Failure {
  /** E_… of userdata/faults.tsv; null when the machine did not say, or was not there yet. */
  readonly code: string | null;
  readonly step: string | null;
  readonly cause: string;
  readonly fix: string;
}

/** CloudFormation's words around a FAILURE signal; the signal's Reason is `E_CODE step: cause; fix`. */
const SIGNALLED = /received failed message: '(?<reason>.*)' for uniqueId: \S+/s;
const REASON = /^(?<code>E_[A-Z0-9_]+) (?<step>\S+): (?<cause>.*?)(?:; (?<fix>.*))?$/s;

/** The machine that most likely made the stack fail: one with a fault, else one that is not ready, else any. */
export function blamedMachine({ machines }: Outcome): MachineOutcome | undefined {
  return (
    machines.find((machine) => Boolean(machine.lastStatus?.error)) ??
    machines.find((machine) => machine.lastStatus?.state !== 'ready') ??
    machines[0]
  );
}

/** Pure: the failure behind an outcome, the machine's own words first. */
export function explainFailure(outcome: Outcome): Failure {
  const reason = outcome.failure ?? outcome.stack?.statusReason ?? 'CloudFormation gave no reason';
  const signalled = SIGNALLED.exec(reason)?.groups?.['reason'];
  const said = signalled === undefined ? undefined : REASON.exec(signalled)?.groups;
  const error = blamedMachine(outcome)?.lastStatus?.error;
  // The status has cause and fix apart; the signal has them in one text, in which either may hold the delimiter.
  if (error && (said === undefined || said['code'] === error.code)) return error;
  if (said) {
    return {
      code: said['code'] ?? null,
      step: said['step'] ?? null,
      cause: said['cause'] ?? '',
      fix: said['fix'] ?? 'see README, "When something fails"',
    };
  }
  if (reason.includes('WaitCondition timed out')) return explainSilence(outcome);
  return {
    code: null,
    step: null,
    cause: signalled ?? reason,
    fix: 'see the events of the stack; rigctl preflight finds most of this',
  };
}

/** A milestone's time is over and the machine sent no failure, so what is known is how far it came. */
function explainSilence(outcome: Outcome): Failure {
  const { machines } = outcome;
  const { lastStatus, name } = blamedMachine(outcome) ?? {};
  const step = lastStatus?.step ?? null;
  const which = machines.length > 1 && name !== undefined ? `the machine ${name}` : 'the machine';
  if (lastStatus) {
    const cause = `${which} went silent${step === null ? '' : ` in ${step}`}: its last word was at ${lastStatus.time}`;
    return {
      code: null,
      step,
      cause,
      fix: 'read the kept console: a hang, a kernel panic or a lost network shows there',
    };
  }
  const cause =
    machines.length === 0
      ? 'no machine was started in time'
      : `${which} never said anything: user data did not run`;
  return {
    code: null,
    step,
    cause,
    fix: 'check that the image is Ubuntu 22.04 with cloud-init, and read the kept console',
  };
}

/** @returns the failure as text, with the machine's last lines. */
export function formatFailure(failure: Failure, console: string): string {
  const where = [failure.code, failure.step === null ? null : `in ${failure.step}`].filter(
    (part) => part !== null,
  );
  const last = lastLines(console, SHOWN_LINES).map((line) => `    ${line}\n`);
  return [
    `failed${where.length > 0 ? `: ${where.join(' ')}` : ''}\n`,
    `  cause: ${failure.cause}\n`,
    `  fix:   ${failure.fix}\n`,
    ...(last.length > 0 ? ['  the machine said last:\n', ...last] : []),
  ].join('');
}

/** Whether CloudFormation has failed, and not the CDK before it: a stack may have lain there failed from the last time. */
export function hasStackFailed({ failure, stack }: Outcome, before: RigStack | undefined): boolean {
  if (failure !== undefined) return true;
  if (!stack || rigState(stack.status) !== 'failed') return false;
  const isAsBefore =
    stack.id === before?.id &&
    stack.status === before.status &&
    stack.changedAt.getTime() === before.changedAt.getTime();
  return !isAsBefore;
}

/**
 * Keeps the consoles, that of the blamed machine first.
 * @param tell hears of a file that cannot be written: that must not hide why the deploy failed.
 * @returns the files; none when no machine had printed anything.
 */
export async function keepConsoles(
  outcome: Outcome,
  now: Date,
  tell: (text: string) => void,
): Promise<string[]> {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const blamed = blamedMachine(outcome);
  const machines = [...outcome.machines].sort((a, b) => Number(b === blamed) - Number(a === blamed));
  const files: string[] = [];
  for (const { name, console } of machines) {
    if (console === '') continue;
    const file = `${name}-${stamp}.log`;
    try {
      await writeFile(file, console);
      files.push(file);
    } catch (error) {
      tell(`the console is not kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return files;
}
