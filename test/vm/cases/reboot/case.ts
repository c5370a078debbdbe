// After a reboot the port polls again with no hand on it.
import assert from 'node:assert/strict';

import { checkMachine, checkStatus, checkWire } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';

export const title = 'after a reboot the port polls again by itself';

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.readyMachine();
  await machine.reboot();
  assert.deepEqual(lab.ec2.signals, [], 'a wait condition never fires twice');
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine);
}
