// Every mode of the core on the interface that igb_uio holds, seen from outside. forward's second port is a veth in the
// guest, so that the frames cross from the interface to the guest's kernel and back.
import assert from 'node:assert/strict';

import type { Lab } from '../../harness/lab.js';
import type { Machine } from '../../harness/machine.js';
import { DATA, PEER } from '../../harness/topology.js';

export const title = 'sink, reflect, generate and forward do their work on the data port';

const TELEMETRY = '/opt/dpdk-rig/userdata/bin/rig-telemetry';
/** A VPC, like this port's model, delivers only what is for the interface's own MAC: who is behind it must have the same. */
const BEHIND = { mac: DATA.mac, ipv4: '10.0.1.77' };
const VETH_PORT = 'net_af_packet0,iface=rig-port,blocksz=65536,framesz=2048,framecnt=2048';

type Numbers = Readonly<Record<string, number>>;

async function ask(machine: Machine, command: string): Promise<Numbers> {
  return JSON.parse(await machine.guest.must(`${TELEMETRY} ${command}`)) as Numbers;
}

async function switchMode(machine: Machine, mode: string): Promise<void> {
  await machine.guest.must(`${TELEMETRY} /pollcore/mode,${mode} >/dev/null
    for i in $(seq 50); do ${TELEMETRY} /pollcore/status | grep -q '"mode": *"${mode}"' && exit; sleep 0.2; done
    exit 1`);
}

/** Starts the unit's core with other options than the rig gave it, and more EAL options. */
async function restartCore(machine: Machine, options: string, eal = ''): Promise<void> {
  await machine.guest.must(
    `file=/var/lib/dpdk-rig/pollcore.env
    systemctl stop pollcore.service
    cp -n $file /root/pollcore.env
    . /root/pollcore.env
    printf 'POLLCORE_EAL="%s"\\nPOLLCORE_OPTIONS="%s"\\n' "$POLLCORE_EAL ${eal}" "${options}" >$file
    systemctl start pollcore.service`,
    120,
  );
}

async function sink(machine: Machine): Promise<void> {
  await switchMode(machine, 'sink');
  const before = await ask(machine, '/pollcore/stats');
  assert.equal(await machine.peer.ping(DATA, 1, 1), false, 'sink answers nothing');
  const after = await ask(machine, '/pollcore/stats');
  assert.ok(Number(after['rx_packets']) > Number(before['rx_packets']), 'sink counts what it takes');
  assert.equal(after['tx_packets'], before['tx_packets']);
}

async function reflect(machine: Machine): Promise<void> {
  await switchMode(machine, 'reflect');
  for (let round = 1; round <= 10; round++)
    assert.ok(
      await machine.peer.reflected(DATA, `datagram ${round} `.padEnd(round * 100, 'x')),
      `round ${round}`,
    );
}

async function generate(machine: Machine): Promise<void> {
  const end = machine.peer.reflect();
  await restartCore(machine, `--mode generate --ipv4 ${DATA.ipv4} --peer-mac ${PEER.mac} --rate 500`);
  // However long an emulated machine takes to send them and to take in the last.
  await machine.guest.must(
    `counted() { ${TELEMETRY} --get "$1" /pollcore/latency; }
    until [ "$(counted sent)" -ge 500 ]; do sleep 0.5; done
    ${TELEMETRY} /pollcore/rate,0
    for i in $(seq 60); do [ "$(counted sent)" = "$(counted received)" ] && break; sleep 0.5; done`,
    180,
  );
  const counted = end();
  const {
    sent,
    received,
    missing,
    in_flight: underWay,
    duplicates,
  } = await ask(machine, '/pollcore/latency');
  assert.ok(counted >= 500, `${counted} of 500 packets`);
  assert.deepEqual(
    { sent, received, missing, underWay, duplicates },
    { sent: counted, received: counted, missing: 0, underWay: 0, duplicates: 0 },
  );
}

async function forward(machine: Machine): Promise<void> {
  await machine.guest.must(`
    ip link add rig-port type veth peer name rig-behind
    ip link set rig-behind address ${BEHIND.mac}
    sysctl -qw net.ipv6.conf.rig-behind.disable_ipv6=1 net.ipv6.conf.rig-port.disable_ipv6=1
    ip address add ${BEHIND.ipv4}/24 dev rig-behind
    ip link set rig-port up
    ip link set rig-behind up`);
  // The unit's sandbox knows no packet sockets, which only this second port needs.
  await machine.guest.must(`mkdir -p /run/systemd/system/pollcore.service.d
    printf '[Service]\\nRestrictAddressFamilies=AF_PACKET AF_INET\\nCapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN\\n' \
      >/run/systemd/system/pollcore.service.d/packet.conf
    systemctl daemon-reload`);
  await restartCore(machine, '--mode forward', `--vdev ${VETH_PORT}`);
  assert.equal(await machine.peer.arp(BEHIND.ipv4), BEHIND.mac, 'ARP through the core');
  for (let round = 1; round <= 10; round++)
    assert.ok(await machine.peer.ping(BEHIND, round), `ping ${round}`);
  const stats = await ask(machine, '/pollcore/stats');
  assert.equal(stats['tx_packets'], stats['rx_packets'], 'forward loses nothing');
}

export async function run(lab: Lab): Promise<void> {
  const machine = await lab.readyMachine();
  await sink(machine);
  await reflect(machine);
  await generate(machine);
  await forward(machine);
}
