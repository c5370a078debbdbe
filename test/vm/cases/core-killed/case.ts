// kill -9 of the core: systemd starts it again in seconds, and the status says that it did.
import assert from 'node:assert/strict';

import { checkMachine, checkStatus, checkWire } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';

export const title = 'the core is killed with SIGKILL: it is back in seconds, and the status says so';

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.readyMachine();
  const restarts = Number(await machine.guest.must('systemctl show -p NRestarts --value pollcore.service'));
  const since = machine.mark;
  await machine.guest.must('kill -KILL "$(systemctl show -p MainPID --value pollcore.service)"');
  const back = await machine.console.waitFor('restarted core', 90, since, ({ state, core }) => {
    return state === 'ready' && core?.state === 'running' && core.restarts > restarts;
  });
  assert.equal(back.status.core?.restarts, restarts + 1);
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine, 5);
}
