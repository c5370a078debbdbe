// The core stands still (SIGSTOP): systemd's watchdog kills it and starts it again.
import assert from 'node:assert/strict';

import { checkMachine, checkStatus, checkWire } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';

export const title = 'the core hangs: the watchdog starts it again';

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.readyMachine();
  const restarts = Number(await machine.guest.must('systemctl show -p NRestarts --value pollcore.service'));
  const since = machine.mark;
  await machine.guest.must('kill -STOP "$(systemctl show -p MainPID --value pollcore.service)"');
  const back = await machine.console.waitFor(
    'core restarted by the watchdog',
    120,
    since,
    ({ state, core }) => {
      return state === 'ready' && core?.state === 'running' && core.restarts > restarts;
    },
  );
  assert.equal(back.status.core?.restarts, restarts + 1);
  const log = await machine.guest.must(
    'journalctl -u pollcore.service -o cat | grep -i watchdog | tail -n 1',
  );
  assert.match(log, /watchdog/i);
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine, 5);
}
