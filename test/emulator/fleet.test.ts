// A fleet on an emulated AWS: deployed, told apart, looked at before an update, and gone. One fleet serves all of it.
import {
  AllocateAddressCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
} from '@aws-sdk/client-ec2';

import { DEPLOY, documents, emulated, Emulator, REGION, type Ran } from './emulator.js';

jest.setTimeout(300_000);

emulated('a fleet on an emulated AWS', () => {
  const FLEET = [...DEPLOY, '-c', 'topology=fleet', '-c', 'rigs=2'];
  let aws: Emulator;
  let fleet: Ran;

  beforeAll(async () => {
    aws = await Emulator.start();
    await aws.cdk('bootstrap', `aws://123456789012/${REGION}`);
    const deploy = aws.deployMany('Many', 2, [...FLEET, '--json']);
    [fleet] = await Promise.all([deploy.ended, deploy.launched]);
  });
  afterAll(() => {
    aws.stop();
  });

  it('is deployed when every rig polls, and has the outputs of each', () => {
    expect(fleet.code).toBe(0);
    const seen = documents(fleet);
    const machines = seen.filter(({ kind }) => kind === 'machine').map(({ name }) => name);
    expect(machines.sort()).toEqual(['Many-1', 'Many-2']);
    const outputs = seen.at(-1)?.['outputs'] as Record<string, string>;
    for (const rig of ['Rig1', 'Rig2']) {
      expect(outputs[`${rig}PortStatus`]).toMatch(/^0000:00:06.0 on igb_uio, .*self-test passed/);
      expect(outputs[`${rig}InstanceId`]).toMatch(/^i-/);
    }
    expect(outputs['Rig1InstanceId']).not.toBe(outputs['Rig2InstanceId']);
    expect(outputs['DestroyCommand']).toBe('npx cdk destroy -c name=Many Many');
  });

  it('has two interfaces and an address for each', async () => {
    const Filters = [{ Name: 'tag:dpdk-rig', Values: ['Many'] }];
    const { NetworkInterfaces = [] } = await aws.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
    const attached = NetworkInterfaces.map(({ Attachment }) => Attachment);
    expect(attached.map((one) => one?.DeviceIndex).sort()).toEqual([0, 0, 1, 1]);
    expect(new Set(attached.map((one) => one?.InstanceId)).size).toBe(2);
    const { Addresses = [] } = await aws.ec2.send(new DescribeAddressesCommand({ Filters }));
    expect(new Set(Addresses.map((one) => one.NetworkInterfaceId)).size).toBe(2);
  });

  it('has both rigs in its status, and their consoles apart', async () => {
    const status = await aws.rigctl('status', 'Many');
    expect(status.out).toMatch(/^machine +i-\S+ \(1\)$/m);
    expect(status.out).toMatch(/^machine +i-\S+ \(2\)$/m);
    expect(status.code).toBe(0);
    const logs = await aws.rigctl('logs', 'Many', '--output', '-', '--machine', '2');
    expect(logs.out).toContain('"rig": "Many-2"');
  });

  describe('before an update, near the quotas', () => {
    beforeAll(async () => {
      for (let count = 0; count < 2; count++)
        await aws.ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
      // moto counts one vCPU for a t3.medium that runs.
      await aws.tell('settings', { vcpu_quota: 5 });
    });

    it('passes preflight when no machine is made anew', async () => {
      const ran = await aws.rigctl('preflight', 'Many', ...FLEET);
      expect(ran.out).toMatch(
        /^ok +Elastic IP +2 of 5 in use by others.*; this rig has 2, .* makes 0 before/m,
      );
      expect(ran.out).toMatch(
        /^ok +vCPUs +quota 5, 0 in use by others.*; this rig has 2, .* makes 0 before/m,
      );
      expect(ran.code).toBe(0);
    });

    it('fails it when the old machines and the new ones together are too many', async () => {
      const ran = await aws.rigctl('preflight', 'Many', ...FLEET, '-c', 'hugepages=600');
      expect(ran.out).toMatch(/^fail +Elastic IP .*this rig has 2, .* makes 2 before .*-> release some/m);
      expect(ran.out).toMatch(
        /^fail +vCPUs .*this rig has 2, .* makes 4 before .*or destroy the rig first$/m,
      );
      expect(ran.code).toBe(1);
    });
  });

  it('goes with all that belongs to it', async () => {
    const ran = await aws.rigctl('destroy', 'Many');
    expect(ran.out).toMatch(/^Many is gone: no instance, interface, address, volume, group or VPC is left$/m);
    expect(ran.code).toBe(0);
  });
});
