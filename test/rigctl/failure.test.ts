// Why a deploy failed: the machine's signal first, then its status, then what CloudFormation knows.
import { explainFailure, formatFailure } from '../../lib/rigctl/failure.js';
import type { Outcome } from '../../lib/rigctl/follow.js';
import { sampleStatus } from './sample-status.js';

const nothing: Outcome = {
  stack: undefined,
  instanceId: undefined,
  lastStatus: undefined,
  failure: undefined,
  console: '',
};
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
  expect(explainFailure({ ...nothing, failure: timedOut, lastStatus: sampleStatus({ error }) })).toEqual(
    error,
  );
});

test.each([
  [
    'in a step',
    { lastStatus: sampleStatus(), instanceId: 'i-1' },
    /silent in build-dpdk: its last word was at 2026/,
  ],
  ['from the beginning', { instanceId: 'i-1' }, /never said anything/],
  ['because it is not there', {}, /no machine was started/],
])('a machine that is silent %s', (_name, known, cause) => {
  expect(explainFailure({ ...nothing, ...known, failure: timedOut }).cause).toMatch(cause);
});

test('of a signal and a status with the same code the status is the one that has cause and fix apart', () => {
  const error = { code: 'E_IMDS', step: 'claim-nic', cause: 'refused; twice', fix: 'enable IMDSv2' };
  const failure =
    "received failed message: 'E_IMDS claim-nic: refused; twice; enable IMDSv2' for uniqueId: PortReady";
  expect(explainFailure({ ...nothing, failure, lastStatus: sampleStatus({ error }) })).toEqual(error);
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
