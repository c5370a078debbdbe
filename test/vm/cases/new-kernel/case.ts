// A new kernel is installed and booted: DKMS has built igb_uio for it, so the port polls again.
import assert from 'node:assert/strict';

import { checkMachine, checkStatus, checkWire } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';

export const title = 'a kernel upgrade brings igb_uio with it';

const INSTALL_SECONDS = 600;

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.readyMachine();
  const { nextKernel } = lab.image;
  assert.ok(nextKernel, 'the image has a newer kernel to install');
  // The harness is the boot loader and has the initrd already; making it again would take minutes here.
  await machine.guest.must(
    `echo update_initramfs=no >/etc/initramfs-tools/update-initramfs.conf
    DEBIAN_FRONTEND=noninteractive dpkg -i /var/cache/rig-vm/*.deb`,
    INSTALL_SECONDS,
  );
  await machine.reboot(nextKernel);
  assert.equal(await machine.guest.must('uname -r'), nextKernel.release);
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine);
}
