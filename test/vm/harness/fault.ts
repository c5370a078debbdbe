// A fault case: a folder with break.sh, mend.sh and expect.json. From a machine on which all is built, the fault is made,
// the user data run, the FAILURE checked, the cause taken away, and the run repeated with success.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkMachine, checkStatus, checkWire } from './checks.js';
import { MILESTONES, type MilestoneName } from './deployment.js';
import type { Lab } from './lab.js';
import type { Machine } from './machine.js';
import { MANAGEMENT } from './topology.js';

interface Expectation {
  readonly title: string;
  readonly code: string;
  readonly step: string;
  /** The milestone that gets the FAILURE; the later ones never hear anything. */
  readonly milestone: MilestoneName;
  /** A part of the cause that must be told, beside the table's own words. */
  readonly detail?: string;
  /** What is wrong outside the machine. */
  readonly outside?: 'no-second-nic' | 'imds-refuses' | 'store-altered' | 'gateway-silent';
  /** Only a reboot takes the cause away. */
  readonly reboot?: true;
}

const ANSWER_SECONDS = 30;
const FAULTS = join(__dirname, '../../../userdata/faults.tsv');

export interface Fault {
  readonly title: string;
  readonly run: (lab: Lab) => Promise<void>;
}

export function readFault(folder: string): Fault {
  const expected = JSON.parse(readFileSync(join(folder, 'expect.json'), 'utf8')) as Expectation;
  const script = (name: string): string => {
    const file = join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  return {
    title: expected.title,
    run: (lab) => runFault(lab, expected, script('break.sh'), script('mend.sh')),
  };
}

async function runFault(
  lab: Lab,
  expected: Expectation,
  breakScript: string,
  mendScript: string,
): Promise<void> {
  const machine = await lab.builtMachine();
  await setOutside(lab, machine, expected.outside, true);
  if (breakScript !== '') await machine.guest.must(breakScript);
  await checkFailure(lab, machine, expected);

  await setOutside(lab, machine, expected.outside, false);
  if (mendScript !== '') await machine.guest.must(mendScript);
  if (expected.reboot) await machine.restart();
  lab.ec2.signals.length = 0;
  const since = machine.mark;
  const again = await machine.runUserData();
  assert.equal(again.code, 0, `run again without the cause:\n${again.output.slice(-2000)}`);
  await machine.ready(since);
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine, 5);
}

/** Runs the user data, which must fail as expected: code, cause and fix in the signal and in the status, in time. */
async function checkFailure(lab: Lab, machine: Machine, expected: Expectation): Promise<void> {
  const since = machine.mark;
  const start = Date.now();
  const running = machine.runUserData();
  const failed = await machine.console.waitFor(
    'failed rig',
    240,
    since,
    ({ state }) => state === 'failed' || state === 'ready',
  );
  const { error } = failed.status;
  assert.ok(error, 'the run succeeded in spite of the fault');
  assert.deepEqual(
    { code: error.code, step: error.step },
    { code: expected.code, step: expected.step },
    error.cause,
  );
  const signal = await machine.signal(expected.milestone, ANSWER_SECONDS);
  const steps = machine.console.sightings
    .slice(since)
    .filter(({ status }) => status.step === expected.step && !status.error);
  const seconds = (signal.at - (steps.at(-1)?.at ?? start)) / 1000;
  assert.ok(seconds <= ANSWER_SECONDS, `the FAILURE came ${seconds} s after the step began`);
  assert.notEqual((await running).code, 0, 'the exit code of a failed run');

  const [cause = '', fix = ''] = tableEntry(expected.code);
  assert.equal(signal.status, 'FAILURE');
  assert.ok(signal.reason.startsWith(`${expected.code} ${expected.step}: `), signal.reason);
  for (const part of [cause, fix, expected.detail ?? '']) {
    // The boot stub has no table yet: it says the same in its own, shorter words.
    if (expected.step !== 'boot')
      assert.ok(signal.reason.includes(part), `"${part}" is not in: ${signal.reason}`);
  }
  const rank = MILESTONES.indexOf(expected.milestone);
  const later = lab.ec2.signals.filter(
    ({ uniqueId }) => MILESTONES.indexOf(uniqueId as MilestoneName) > rank,
  );
  assert.deepEqual(later, [], 'a later milestone was signalled');
  await machine.console.waitFor(
    'milestone on failure',
    ANSWER_SECONDS,
    since,
    ({ milestones }) => milestones[expected.milestone] === 'failure',
  );
  // SSH still gets in, by the interface and the route that EC2 made.
  const route = await machine.guest.must('ip -4 route get 192.0.2.1 | head -n 1');
  assert.ok(route.includes(`via ${MANAGEMENT.gateway} `) && route.includes(`src ${MANAGEMENT.ipv4}`), route);
}

function tableEntry(code: string): string[] {
  const line = readFileSync(FAULTS, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${code}\t`));
  assert.ok(line, `${code} is not in userdata/faults.tsv`);
  return line.split('\t').slice(1);
}

async function setOutside(
  lab: Lab,
  machine: Machine,
  what: Expectation['outside'],
  broken: boolean,
): Promise<void> {
  switch (what) {
    case 'no-second-nic':
      lab.ec2.imds.nics = broken ? lab.ec2.imds.nics.slice(0, 1) : lab.allNics;
      return;
    case 'imds-refuses':
      lab.ec2.imds.refuseTokens = broken;
      return;
    case 'store-altered':
      lab.ec2.store.fault = broken ? 'altered' : undefined;
      return;
    case 'gateway-silent':
      return machine.connectGateway(!broken);
    case undefined:
      return;
  }
}
