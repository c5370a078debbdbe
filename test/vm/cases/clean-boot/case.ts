// The user data of the synthesized template boots on a new machine, by cloud-init's own EC2 datasource.
import { checkReadyRig } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';

export const title = 'a new machine comes up, and answers ARP, ping and UDP on its data port';

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.newMachine();
  await checkReadyRig(lab, machine);
}
