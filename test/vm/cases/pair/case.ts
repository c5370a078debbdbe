// A pair: two machines of one template, whose data ports share a wire, and of which one measures the other. The test's own
// peer on that wire is the VPC's router: it answers ARP for the reflector, as a VPC does.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { measurementSchema } from '../../../../lib/measurement.js';
import { formatMeasurement, saveMeasurement } from '../../../../lib/rigctl/results.js';
import type { Lab } from '../../harness/lab.js';
import type { Machine } from '../../harness/machine.js';
import { DATA, dataNic } from '../../harness/topology.js';
import { CACHE } from '../../image/image.js';

export const title = 'two machines of one stack: one measures the other over their data ports';
export const deployment = 'pair';

const REFLECTOR = dataNic(1);
/** Two machines share two processors. */
const BOOT_SECONDS = 1200;

async function reach(machine: Machine, milestone: 'PortReady' | 'CoreRunning' | 'Measured'): Promise<void> {
  const { status, reason } = await machine.signal(milestone, BOOT_SECONDS);
  assert.equal(status, 'SUCCESS', reason);
}

export async function run(lab: Lab): Promise<void> {
  const neighbour = lab.startNeighbour();
  const generator = await lab.powerOn();
  await reach(generator, 'PortReady');
  // Until the wires are one, the generator waits for the answer to its signal.
  lab.ec2.signalGate.shut();
  await neighbour.ask({ task: 'reach', milestone: 'CoreRunning', seconds: BOOT_SECONDS });
  await reach(generator, 'CoreRunning');
  const socket = join(lab.directory, 'pair.sock');
  await generator.joinWire(socket, true);
  const signals = await neighbour.ask({ task: 'join', socket });
  // QEMU's user network would answer every packet with an error of its own.
  await generator.connectGateway(false);
  const stopAnswering = generator.peer.answerArp(REFLECTOR);
  lab.ec2.signalGate.open();
  await reach(generator, 'Measured');
  stopAnswering();

  lab.ec2.signals.push(...signals);
  const outputs = lab.rig.outputs();
  assert.equal(outputs['GeneratorPortIpv4'], DATA.ipv4);
  assert.equal(outputs['ReflectorPortIpv4'], REFLECTOR.ipv4);
  assert.equal(outputs['GeneratorCoreState'], 'running generate');
  assert.equal(outputs['ReflectorCoreState'], 'running reflect');
  for (const name of ['MeasuredRate', 'MeasuredLoss', 'MeasuredP50', 'MeasuredP99'])
    assert.match(outputs[name] ?? '', /^\d/, name);

  const ready = await generator.ready();
  assert.equal(ready.status.milestones.Measured, 'success');
  const json = await generator.guest.must('cat /var/lib/dpdk-rig/measurement.json');
  const measurement = measurementSchema.parse(JSON.parse(json));
  assert.ok((measurement.result.loss_free_pps ?? 0) > 0, 'a rate without loss');
  const files = await saveMeasurement(measurement, 'vm-pair', join(CACHE, 'measurements'));
  console.error(`${formatMeasurement(measurement)}vm: ${files.json}\nvm: ${files.svg}`);
}
