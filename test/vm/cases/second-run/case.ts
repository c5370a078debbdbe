// Provisioning on a rig that is ready: it exits 0 and changes nothing.
import assert from 'node:assert/strict';

import { checkMachine, checkStatus, checkWire } from '../../harness/checks.js';
import type { Lab } from '../../harness/lab.js';

export const title = 'run a second time, provisioning changes nothing and exits 0';

/** Everything that a run could change: files by content and mode, the core's process, the binding, the pages. */
const FINGERPRINT = `
  files() {
    find /etc /usr/src/igb_uio-* /lib/modules/*/updates /opt/dpdk-rig /var/lib/dpdk-rig -xdev -type f \\
      ! -path '*/log/*' "$@"
  }
  files -printf '%m %p\\n' | sort
  files -exec sha256sum {} + | sort -k 2
  systemctl show -p MainPID -p NRestarts pollcore.service
  systemctl list-unit-files --state=enabled --no-legend
  readlink /sys/bus/pci/devices/*/driver
  cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
  lsmod | cut -d ' ' -f 1 | sort`;

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.readyMachine();
  const before = await machine.guest.must(FINGERPRINT, 120);
  const { code, output } = await machine.runUserData();
  assert.equal(code, 0, output.slice(-2000));
  const after = await machine.guest.must(FINGERPRINT, 120);
  assert.deepEqual(after.split('\n'), before.split('\n'));
  assert.deepEqual(lab.ec2.signals, [], 'a wait condition never fires twice');
  await machine.ready(machine.mark, 60);
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine, 5);
}
