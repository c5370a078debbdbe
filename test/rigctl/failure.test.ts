// Why a deploy failed: the machine's signal first, then its status, then what CloudFormation knows.
import type { PortStatus } from '../../lib/port-status.js';
import { deployFault } from '../../lib/rigctl/deploy.js';
import { explainFailure, formatFailure, hasStackFailed, keepConsoles } from '../../lib/rigctl/failure.js';
import type { MachineOutcome, Outcome } from '../../lib/rigctl/follow.js';
import type { RigStack } from '../../lib/rigctl/stacks.js';
import { sampleStatus } from './sample-status.js';

const nothing: Outcome = { stack: undefined, failure: undefined, machines: [] };
const machine = (lastStatus?: PortStatus, name = 'DpdkRig'): MachineOutcome => ({
  name,
  instanceId: 'i-1',
  lastStatus,
  console: '',
});
const stackIn = (status: string, changed = '2026-11-24T00:00:00Z'): RigStack => ({
  name: 'DpdkRig',
  id: 'arn:DpdkRig/1',
  status,
  statusReason: undefined,
  createdAt: new Date('2026-11-24T00:00:00Z'),
  changedAt: new Date(changed),
  isRig: true,
  outputs: {},
});
const timedOut = 'WaitCondition timed out. Received 0 conditions when expecting 1';

test('a FAILURE signal is taken apart, with its own colons and semicolons', () => {
  const failure =
    "WaitCondition received failed message: 'E_BIND_FAILED claim-nic: sysfs shows: not bound; read dmesg; then try again' for uniqueId: PortReady";
  expect(explainFailure({ ...nothing, failure })).toEqual({
    code: 'E_BIND_FAILED',
    step: 'claim-nic',
    cause: 'sysfs shows: not bound',
    fix: 'read dmesg; then try again',
  });
});

test('without a signal the last status says it', () => {
  const error = { code: 'E_APT_LOCKED', step: 'install-packages', cause: 'locked', fix: 'wait' };
  const machines = [machine(sampleStatus({ state: 'ready' })), machine(sampleStatus({ error }))];
  expect(explainFailure({ ...nothing, failure: timedOut, machines })).toEqual(error);
});

test.each([
  [
    'in a step',
    { machines: [machine(sampleStatus())] },
    /the machine went silent in build-dpdk: its last word was at 2026/,
  ],
  ['from the beginning', { machines: [machine()] }, /the machine never said anything/],
  [
    'beside one that is ready',
    {
      machines: [machine(sampleStatus({ state: 'ready' }), 'P-reflector'), machine(undefined, 'P-generator')],
    },
    /the machine P-generator never said anything/,
  ],
  ['because it is not there', {}, /no machine was started/],
])('a machine that is silent %s', (_name, known, cause) => {
  expect(explainFailure({ ...nothing, ...known, failure: timedOut }).cause).toMatch(cause);
});

test('of a signal and a status with the same code the status is the one that has cause and fix apart', () => {
  const error = { code: 'E_IMDS', step: 'claim-nic', cause: 'refused; twice', fix: 'enable IMDSv2' };
  const failure =
    "received failed message: 'E_IMDS claim-nic: refused; twice; enable IMDSv2' for uniqueId: PortReady";
  expect(explainFailure({ ...nothing, failure, machines: [machine(sampleStatus({ error }))] })).toEqual(
    error,
  );
});

test("CloudFormation's own reason is the last resort", () => {
  const failure = 'The maximum number of addresses has been reached.';
  expect(explainFailure({ ...nothing, failure })).toMatchObject({ code: null, cause: failure });
});

test('the text has code, cause, fix and the last lines', () => {
  const text = formatFailure({ code: 'E_X', step: 'claim-nic', cause: 'c', fix: 'f' }, 'one\ntwo\n');
  expect(text).toBe(
    'failed: E_X in claim-nic\n  cause: c\n  fix:   f\n  the machine said last:\n    one\n    two\n',
  );
});

test.each([
  ['nothing at all', nothing, undefined, false],
  ['a reason', { ...nothing, failure: timedOut }, stackIn('CREATE_COMPLETE'), true],
  [
    'the stack as it lay there',
    { ...nothing, stack: stackIn('ROLLBACK_COMPLETE') },
    stackIn('ROLLBACK_COMPLETE'),
    false,
  ],
  ['a new stack that failed', { ...nothing, stack: stackIn('ROLLBACK_COMPLETE') }, undefined, true],
  [
    'a stack that failed again',
    { ...nothing, stack: stackIn('UPDATE_ROLLBACK_FAILED', '2026-11-24T01:00:00Z') },
    stackIn('UPDATE_ROLLBACK_FAILED'),
    true,
  ],
])('%s tells whether CloudFormation has failed', (_name, outcome: Outcome, before, failed) => {
  expect(hasStackFailed(outcome, before)).toBe(failed);
});

test.each([
  ['CREATE_COMPLETE', undefined],
  ['ROLLBACK_COMPLETE', undefined],
  ['UPDATE_IN_PROGRESS', { exitCode: 6, next: 'rigctl watch DpdkRig, then try again' }],
  ['DELETE_FAILED', { exitCode: 1, next: 'rigctl destroy DpdkRig, then deploy it again' }],
  ['UPDATE_ROLLBACK_FAILED', { exitCode: 1, next: 'rigctl destroy DpdkRig, then deploy it again' }],
])('a rig that is %s: deployed to, or why not', (status, fault) => {
  const found = deployFault(stackIn(status));
  expect(found && { exitCode: found.exitCode, next: found.next }).toEqual(fault);
});

test('a console that cannot be kept is told, and hides nothing', async () => {
  const machines = [{ ...machine(undefined, 'no/such/folder'), console: 'text' }];
  const told: string[] = [];
  expect(await keepConsoles({ ...nothing, machines }, new Date(0), (text) => told.push(text))).toEqual([]);
  expect(told).toEqual([expect.stringMatching(/^the console is not kept: .*ENOENT/)]);
});
