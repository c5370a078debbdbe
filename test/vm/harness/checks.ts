// What every ready rig must show, whatever brought it there: in the signals, the status, sysfs, and on the wire.
import assert from 'node:assert/strict';

import type { Lab } from './lab.js';
import type { Machine } from './machine.js';
import { DATA, MANAGEMENT, pciAddress } from './topology.js';

const HUGEPAGES = 512;
/** What the core says of itself by workload: its state in the stack's outputs, its mode in the status. */
const CORES = {
  pollcore: { state: 'running respond', mode: 'respond' },
  bookfeed: { state: 'open bookfeed', mode: 'bookfeed' },
} as const;

/** The three signals, once each and in order, and the stack's outputs that the template makes of them. */
export function checkSignals(lab: Lab): void {
  const told = lab.ec2.signals.map(({ uniqueId, status }) => `${uniqueId} ${status}`);
  assert.deepEqual(told, ['DpdkReady SUCCESS', 'PortReady SUCCESS', 'CoreRunning SUCCESS']);
  const { PortStatus: portStatus, Hugepages: hugepages, PortLink: link, ...outputs } = lab.rig.outputs();
  assert.deepEqual(
    Object.fromEntries(
      ['PortPciAddress', 'PortDriver', 'PortMac', 'PortIpv4', 'DpdkVersion', 'CoreState'].map((name) => [
        name,
        outputs[name],
      ]),
    ),
    {
      PortPciAddress: pciAddress(DATA),
      PortDriver: lab.driver,
      PortMac: DATA.mac,
      PortIpv4: DATA.ipv4,
      DpdkVersion: lab.image.dpdkVersion,
      CoreState: CORES[lab.workload].state,
    },
  );
  assert.match(hugepages ?? '', new RegExp(`^${HUGEPAGES} x 2 MB, \\d+ free$`));
  assert.match(link ?? '', /^(up|unknown)$/);
  assert.match(portStatus ?? '', /^[^"\\|{}]{20,}$/, 'PortStatus is one readable line');
}

/** The newest status on the console. */
export function checkStatus(lab: Lab, machine: Machine): void {
  const { state, milestones, port, hugepages, core, error, dpdk } = machine.status;
  assert.equal(error, null);
  assert.equal(state, 'ready');
  assert.deepEqual(milestones, { DpdkReady: 'success', PortReady: 'success', CoreRunning: 'success' });
  assert.equal(dpdk, lab.image.dpdkVersion);
  assert.deepEqual(
    { ...port, link: '' },
    {
      pci: pciAddress(DATA),
      driver: lab.driver,
      link: '',
      mac: DATA.mac,
      ipv4: DATA.ipv4,
      prefix: DATA.prefix,
      gateway: DATA.gateway,
    },
  );
  assert.equal(hugepages?.total, HUGEPAGES);
  assert.equal(core?.state, 'running');
  assert.equal(core.mode, CORES[lab.workload].mode);
}

/** Sysfs, the kernel's hugepages and log, and that management is as EC2 made it. */
export async function checkMachine(lab: Lab, machine: Machine): Promise<void> {
  const device = `/sys/bus/pci/devices/${pciAddress(DATA)}`;
  // What else a foreign image starts may miss the network that it does not have here.
  const units = lab.image.kernel
    ? ''
    : "'rig-*' 'pollcore*' 'bookfeed*' 'cloud-*' 'systemd-networkd*' 'ssh*'";
  const said = await machine.guest.must(`
    echo "driver=$(basename "$(readlink ${device}/driver)")"
    echo "pages=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages)"
    echo "routes=$(ip -4 route show default | tr -s ' \\n' ' ')"
    echo "address=$(ip -4 -brief address show up scope global | tr -s ' \\n' ' ')"
    echo "netplan=$(cat /etc/netplan/*.yaml 2>/dev/null | grep -ciE 'macaddress.*(${MANAGEMENT.mac}|${DATA.mac})')"
    echo "loads=$(journalctl -k | grep -c 'igb_uio: Use .* interrupt by default')"
    echo "combining=$(journalctl -k | grep -c 'igb_uio: wc_activate is set')"
    echo "core=$(systemctl is-active ${lab.workload}.service)"
    echo "failed=$(systemctl list-units --failed --plain --no-legend ${units} | tr '\\n' ' ')"`);
  const facts = Object.fromEntries(
    said.split('\n').map((line) =>
      line
        .split(/=(.*)/s)
        .slice(0, 2)
        .map((part) => part.trim()),
    ),
  ) as Partial<Record<string, string>>;
  const netdev = /dev (\S+)/.exec(facts['routes'] ?? '')?.[1] ?? 'none';
  assert.match(
    facts['routes'] ?? '',
    new RegExp(`^default via ${MANAGEMENT.gateway} dev \\S+ [^,]*$`),
    'one default route, by management',
  );
  assert.match(facts['routes'] ?? '', /^(?!.*default.*default)/, 'no second default route');
  assert.match(
    facts['address'] ?? '',
    new RegExp(`^${netdev} UP ${MANAGEMENT.ipv4}/${MANAGEMENT.prefix}( metric \\d+)? *$`),
  );
  assert.deepEqual(
    {
      driver: facts['driver'],
      pages: facts['pages'],
      netplan: facts['netplan'],
      core: facts['core'],
      failed: facts['failed'],
    },
    { driver: lab.driver, pages: String(HUGEPAGES), netplan: '1', core: 'active', failed: '' },
  );
  if (lab.driver === 'igb_uio') {
    // None of QEMU's models has memory that its DPDK driver wants combined: that it was asked for is all there is to see.
    assert.notEqual(facts['loads'], '0', 'igb_uio was loaded');
    assert.equal(facts['combining'], facts['loads'], 'every load of igb_uio asked for write-combining');
  }
  const doctor = await machine.guest.run('/opt/dpdk-rig/userdata/bin/rig-doctor');
  assert.equal(doctor.code, 0, doctor.output);
}

/** ARP, ping and UDP echo from outside, every one answered. */
export async function checkWire(machine: Machine, rounds = 20): Promise<void> {
  const { peer } = machine;
  assert.equal(await peer.arp(DATA.ipv4), DATA.mac, 'ARP');
  let pings = 0;
  let echoes = 0;
  for (let round = 1; round <= rounds; round++) {
    if (await peer.ping(DATA, round)) pings++;
    if (await peer.udpEcho(DATA, 7, `datagram ${round} `.padEnd(round * 60, 'x'))) echoes++;
  }
  assert.deepEqual({ pings, echoes }, { pings: rounds, echoes: rounds });
}

export async function checkReadyRig(lab: Lab, machine: Machine): Promise<void> {
  checkSignals(lab);
  checkStatus(lab, machine);
  await checkMachine(lab, machine);
  await checkWire(machine);
}
