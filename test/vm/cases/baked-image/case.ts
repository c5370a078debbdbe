// An image is baked by the script that Image Builder runs, and a new machine made from it has nothing left to build. Its
// time from power-on to a polling port is told beside that of a machine from the plain image, which has DPDK built too.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { checkMachine, checkStatus, checkWire } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';
import type { Machine } from '../../harness/machine.js';
import type { Image } from '../../image/image.js';

export const title = 'a new machine from a baked image polls with nothing left to build';
export const deployment = 'image';

const BAKE_SECONDS = 1200;
/** What Image Builder takes out of the machine itself. The guest's sshd makes no new keys, so they stay. */
const CLEAN = 'cloud-init clean --logs --machine-id && rm -rf /var/log/dpdk-rig';
const SETUP_SECONDS = 900;

async function bake(lab: Lab): Promise<Image> {
  const builder = await lab.powerOn();
  await builder.shell();
  await builder.guest.must(lab.rig.componentScript, BAKE_SECONDS);
  const left = await builder.guest.must(
    'find /etc/dpdk-rig /var/lib/dpdk-rig /run/dpdk-rig -name rig.env -o -name port.env -o -name milestones.json',
  );
  assert.equal(left, '', 'nothing of the builder is left');
  await builder.guest.must(CLEAN);
  return builder.becomeImage(join(lab.directory, 'baked.qcow2'));
}

/** @returns the seconds from power-on to a rig that says it is ready. */
async function timeToPolling(lab: Lab, image: Image, number: number): Promise<[number, Machine]> {
  const start = Date.now();
  const machine = await lab.launchRig(image, number);
  const { at } = await machine.ready(0, SETUP_SECONDS);
  await machine.shell(60);
  return [(at - start) / 1000, machine];
}

export async function run(lab: Lab): Promise<void> {
  const image = await bake(lab);
  const [plain] = await timeToPolling(lab, lab.image, 1);
  const [baked, machine] = await timeToPolling(lab, image, 2);
  const told = lab.ec2.signals.map(({ uniqueId, status }) => `${uniqueId} ${status}`);
  assert.deepEqual(told, ['DpdkReady SUCCESS', 'PortReady SUCCESS', 'CoreRunning SUCCESS']);
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine);
  const built = await machine.guest.must(
    'grep -cE "built in|building igb_uio" /var/log/cloud-init-output.log || true',
  );
  assert.equal(built, '0', 'nothing was built again');
  console.error(
    `vm: power-on to polling: ${baked.toFixed(0)} s from the baked image, ${plain.toFixed(0)} s without it`,
  );
}
