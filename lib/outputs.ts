// What a deployment prints about its machines: each output's name, value and description.
import { Aws } from 'aws-cdk-lib';

import type { Rig } from './rig.js';

export type Output = readonly [name: string, value: string, description: string];

/** What is told of each machine where there are many: a stack has at most 200 outputs. */
const SUMMARY = new Set(['PortStatus', 'PortIpv4', 'InstanceId', 'ConnectCommand']);

/** All about one machine. */
export function describeRig({ machine, readiness, instanceId }: Rig): Output[] {
  const outputs: Output[] = [
    ['PortStatus', readiness.value('portStatus'), 'The data port, when the rig became ready'],
    ['PortPciAddress', readiness.value('pci'), 'Where DPDK finds the port'],
    [
      'PortDriver',
      readiness.value('driver'),
      'The kernel driver that hands the port to DPDK, as sysfs has it',
    ],
    ['PortLink', readiness.value('link'), 'The link, as the core sees it'],
    ['PortMac', readiness.value('mac'), 'The MAC address of the data interface'],
    ['PortIpv4', readiness.value('ipv4'), 'The address that the core answers to'],
    ['Hugepages', readiness.value('hugepages'), 'The hugepages that the kernel granted'],
    ['DpdkVersion', readiness.value('dpdkVersion'), 'The DPDK that the core was built with'],
    ['CoreState', readiness.value('coreState'), 'The polling core and its mode'],
    ['InstanceId', instanceId, 'The machine'],
    [
      'ConnectCommand',
      `aws ssm start-session --target ${instanceId} --region ${Aws.REGION}`,
      'Opens a shell on the machine; needs the Session Manager plugin',
    ],
  ];
  return outputs.map(([name, value, description]) => [`${machine.prefix}${name}`, value, description]);
}

export function summarizeRig(rig: Rig): Output[] {
  const { prefix } = rig.machine;
  return describeRig(rig).filter(([name]) => SUMMARY.has(name.slice(prefix.length)));
}

/** What a pair's generator found out about the way to its peer and back. */
export function describeMeasurement(prefix: string, { readiness }: Rig): Output[] {
  return [
    [`${prefix}MeasuredRate`, readiness.value('rate'), 'The highest rate at which no packet was lost'],
    [
      `${prefix}MeasuredLoss`,
      readiness.value('loss'),
      'The share of packets that were lost at 80 % of that rate',
    ],
    [
      `${prefix}MeasuredP50`,
      readiness.value('p50'),
      'The round trip that half of the packets beat at 80 % of it',
    ],
    [
      `${prefix}MeasuredP99`,
      readiness.value('p99'),
      'The round trip that 99 of 100 packets beat at 80 % of it',
    ],
  ];
}
