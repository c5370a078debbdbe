// rigctl and the CDK CLI against an emulated AWS over HTTP: two rigs at once, every fault that an operator meets, the
// expiry, and the proof that nothing is left. What the emulator adds to moto is in aws.py.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { CreateStackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
} from '@aws-sdk/client-ec2';

import { parsePortStatus } from '../../lib/port-status.js';
import {
  DEPLOY,
  documents,
  emulated,
  Emulator,
  REGION,
  UBUNTU_IMAGE,
  WRONG_IMAGE,
  type Ran,
} from './emulator.js';

jest.setTimeout(300_000);

const HOUR_MS = 3_600_000;
emulated('a rig on an emulated AWS', () => {
  let aws: Emulator;

  beforeAll(async () => {
    aws = await Emulator.start();
  });
  afterAll(() => {
    aws.stop();
  });

  it('fails preflight before the bootstrap, naming what to run', async () => {
    const ran = await aws.rigctl('preflight', '-c', `amiId=${UBUNTU_IMAGE}`);
    expect(ran.out).toMatch(/^fail +bootstrap +no stack CDKToolkit here -> npx cdk bootstrap$/m);
    expect(ran.code).toBe(1);
  });

  it('passes preflight after the bootstrap', async () => {
    const bootstrap = await aws.cdk('bootstrap', `aws://123456789012/${REGION}`);
    // Where CI is set the CDK's CLI writes all it says to standard output.
    expect(bootstrap.out + bootstrap.err).toContain('bootstrapped');
    expect(bootstrap.code).toBe(0);
    const ran = await aws.rigctl('preflight', '--json', '-c', `amiId=${UBUNTU_IMAGE}`);
    expect(documents(ran)).toEqual([expect.objectContaining({ kind: 'preflight', ok: true })]);
    expect(ran.code).toBe(0);
  });

  it('fails preflight for an image of another architecture', async () => {
    const ran = await aws.rigctl('preflight', '-c', `amiId=${WRONG_IMAGE}`);
    expect(ran.out).toMatch(/^fail +image .*arm64/m);
    expect(ran.code).toBe(1);
  });

  it('refuses a configuration that the stack would refuse', async () => {
    const ran = await aws.rigctl('deploy', '-c', 'hugepages=9000');
    expect(ran.err).toMatch(/hugepages = 9000; allowed: at most 1536/);
    expect(ran.code).toBe(2);
  });

  describe('two rigs at once', () => {
    let good: Ran;
    let bad: Ran;
    let busy: Ran;
    let watched: Ran;

    beforeAll(async () => {
      // The good one is under way until all that looks at it has seen that.
      const go = join(aws.directory, 'go');
      const one = aws.deploy('Good', [...DEPLOY, '-c', 'ttlHours=8'], `build-dpdk=until:${go}`);
      const two = aws.deploy('Bad', DEPLOY, 'claim-nic=E_NO_SECOND_NIC:device number 1');
      await one.launched;
      const watching = aws.startRigctl('watch', 'Good', '--interval', '1', '--json');
      busy = await aws.rigctl('deploy', 'Good', ...DEPLOY);
      while (!one.seen().includes('build-dpdk') || !watching.seen().includes('build-dpdk')) await sleep(100);
      writeFileSync(go, '');
      [watched, good, bad] = await Promise.all([watching.ended, one.ended, two.ended, two.launched]);
    });

    it('deploys the good one and prints its outputs as plain values', () => {
      expect(good.err).toMatch(/✓ DpdkReady {2}✓ PortReady {2}✓ CoreRunning {2}\[#{20}\] {2}ready/);
      expect(good.err).toMatch(/build-dpdk/);
      expect(good.out).toMatch(/^PortStatus +0000:00:06.0 on igb_uio, .*self-test passed/m);
      expect(good.out).toMatch(/^Hugepages +512 x 2 MB, 512 free$/m);
      expect(good.out).toMatch(/^DpdkVersion +24.11.8$/m);
      expect(good.code).toBe(0);
    });

    it('attaches both interfaces and the address, as the template says', async () => {
      const Filters = [{ Name: 'tag:dpdk-rig', Values: ['Good'] }];
      const { NetworkInterfaces = [] } = await aws.ec2.send(
        new DescribeNetworkInterfacesCommand({ Filters }),
      );
      expect(NetworkInterfaces.map((item) => item.Attachment?.DeviceIndex).sort()).toEqual([0, 1]);
      const { Addresses = [] } = await aws.ec2.send(new DescribeAddressesCommand({ Filters }));
      const management = NetworkInterfaces.find((item) => item.Attachment?.DeviceIndex === 0);
      expect(Addresses.map((item) => item.NetworkInterfaceId)).toEqual([management?.NetworkInterfaceId]);
    });

    it('tells the code, the cause and the fix of the bad one, and keeps its console', () => {
      expect(bad.out).toMatch(/^failed: E_NO_SECOND_NIC in claim-nic$/m);
      expect(bad.out).toMatch(/cause: the machine has no second network interface/);
      expect(bad.out).toMatch(/fix: +attach a data interface/);
      expect(bad.err).toMatch(/Bad is ROLLBACK_(COMPLETE|IN_PROGRESS)/);
      expect(bad.code).toBe(1);
      const [file = ''] = readdirSync(aws.directory).filter((name) => name.startsWith('Bad-'));
      expect(readFileSync(join(aws.directory, file), 'utf8')).toContain('E_NO_SECOND_NIC');
    });

    it('does not deploy over a deploy', () => {
      expect(busy.err).toMatch(/somebody is changing Good: it is CREATE_IN_PROGRESS/);
      expect(busy.code).toBe(6);
    });

    it('watches a deploy that somebody else started', () => {
      const seen = documents(watched);
      expect(seen).toContainEqual(expect.objectContaining({ kind: 'machine' }));
      expect(seen).toContainEqual(expect.objectContaining({ kind: 'status' }));
      expect(seen.at(-1)).toMatchObject({ kind: 'done', outputs: { PortDriver: 'igb_uio' } });
      expect(watched.code).toBe(0);
    });

    it('shows the live status of the good one with its age', async () => {
      const ran = await aws.rigctl('status', 'Good');
      expect(ran.out).toMatch(/^port +ready: 0000:00:06.0 on igb_uio, link up/m);
      expect(ran.out).toMatch(/^said +.*ago/m);
      const [document] = documents(await aws.rigctl('status', 'Good', '--json'));
      expect(parsePortStatus(JSON.stringify(document?.['status']))).toMatchObject({ kind: 'status' });
    });

    it('lists both with age, state and expiry', async () => {
      const ran = await aws.rigctl('list');
      expect(ran.out).toMatch(/^Good +deployed +CREATE_COMPLETE +\S+ +in 7h5\dm$/m);
      expect(ran.out).toMatch(/^Bad +failed +ROLLBACK_COMPLETE +\S+ +never$/m);
    });

    it('saves the console, and says how to connect', async () => {
      const logs = await aws.rigctl('logs', 'Good', '--output', '-');
      expect(logs.out).toContain('rig-status: ');
      const [document] = documents(await aws.rigctl('connect', 'Good', '--json'));
      expect(document?.['command']).toEqual(expect.arrayContaining(['ssm', 'start-session', '--target']));
    });

    it('destroys the failed one and proves that nothing is left, whatever the settings are by now', async () => {
      // The CDK's settings for all projects of a user count as those in the project's cdk.json do.
      const settings = join(aws.directory, '.cdk.json');
      writeFileSync(settings, JSON.stringify({ context: { amiParameter: '/no/such', hugepages: 1 } }));
      const ran = await aws.rigctl('destroy', 'Bad');
      rmSync(settings);
      expect(ran.out).toBe('Bad is gone: no instance, interface, address, volume, group or VPC is left\n');
      expect(ran.code).toBe(0);
    });

    it('rides out a short throttling, and explains a long one', async () => {
      const fault = {
        action: 'DescribeStacks',
        code: 'Throttling',
        message: 'Rate exceeded',
        status: '400 Bad Request',
      };
      await aws.tell('fault', { ...fault, times: 2 });
      expect((await aws.rigctl('list')).code).toBe(0);
      await aws.tell('fault', { ...fault, times: 6 });
      const ran = await aws.rigctl('list');
      expect(ran.err).toMatch(/AWS throttles: Rate exceeded \(Throttling, after 6 attempts\)/);
      expect(ran.code).toBe(5);
    });

    it('explains expired credentials', async () => {
      const message = 'The security token included in the request is expired';
      const status = '403 Forbidden';
      await aws.tell('fault', { action: 'DescribeStacks', code: 'ExpiredToken', message, status, times: 1 });
      const ran = await aws.rigctl('status', 'Good');
      expect(ran.err).toMatch(/AWS does not accept the credentials: .*expired/);
      expect(ran.code).toBe(4);
    });

    it('extends the expiry, and the schedule deletes the rig when that is over', async () => {
      const extended = await aws.rigctl('extend', 'Good', '--hours', '2');
      expect(extended.out).toMatch(/^Good expires at .*, in 9h5\dm$/m);
      const inHours = (hours: number): object => ({
        now: new Date(Date.now() + hours * HOUR_MS).toISOString().slice(0, 19),
      });
      expect(await aws.tell('schedules', inHours(9))).toEqual([]);
      const stack = expect.stringContaining(':stack/Good/') as string;
      expect(await aws.tell('schedules', inHours(11))).toEqual([{ stack, denied: [] }]);
      while ((await aws.rigctl('status', 'Good')).code !== 3) await sleep(100);
      const ran = await aws.rigctl('destroy', 'Good', '--json');
      expect(documents(ran)).toEqual([{ kind: 'destroyed', rig: 'Good', existed: false, left: [] }]);
    });
  });

  describe('a deploy that does not end well', () => {
    let silent: Ran;
    let interrupted: Ran;
    let vanished: Ran;

    beforeAll(async () => {
      const one = aws.deploy('Silent', DEPLOY, 'build-dpdk=hang');
      const two = aws.deploy('Halfway', DEPLOY, 'build-dpdk=hang');
      await two.launched;
      const watching = aws.startRigctl('watch', 'Halfway', '--interval', '1');
      while (![one, two, watching].every((each) => each.seen().includes('build-dpdk'))) await sleep(100);
      // Silent's machine has said its last word, so its time may be over.
      await aws.tell('settings', { timeout_seconds: { Silent: 1 } });
      two.interrupt();
      interrupted = await two.ended;
      const { code } = await aws.rigctl('status', 'Halfway');
      expect(code).toBe(1);
      await aws.cloudFormation.send(new DeleteStackCommand({ StackName: 'Halfway' }));
      [silent, vanished] = await Promise.all([one.ended, watching.ended, one.launched]);
    });

    it('names the step in which the machine went silent', () => {
      expect(silent.out).toMatch(/^failed: in build-dpdk$/m);
      expect(silent.out).toMatch(/the machine went silent in build-dpdk: its last word was at /);
      expect(silent.code).toBe(1);
    });

    it('says after Ctrl-C what goes on and how to end it', () => {
      expect(interrupted.err).toMatch(/interrupted; AWS goes on with Halfway: CREATE_IN_PROGRESS/);
      expect(interrupted.err).toMatch(/rigctl destroy Halfway to take it down/);
      expect(interrupted.code).toBe(130);
    });

    it('says that a rig was deleted while it was watched', () => {
      expect(vanished.err).toMatch(/Halfway was deleted while it was watched|Halfway is DELETE_IN_PROGRESS/);
      expect(vanished.code).toBe(3);
    });

    it('knows nothing of a rig that was deleted behind its back, and finds nothing of it', async () => {
      const status = await aws.rigctl('status', 'Halfway');
      expect(status.err).toMatch(/there is no rig Halfway in eu-west-1/);
      expect(status.code).toBe(3);
      const ran = await aws.rigctl('destroy', 'Halfway');
      expect(ran.out).toMatch(/^Halfway was not there: no instance/);
      expect(ran.code).toBe(0);
    });

    it('names what a destroy leaves behind', async () => {
      const Tags = [{ Key: 'dpdk-rig', Value: 'Silent' }];
      const volume = await aws.ec2.send(
        new CreateVolumeCommand({
          AvailabilityZone: `${REGION}a`,
          Size: 1,
          TagSpecifications: [{ ResourceType: 'volume', Tags }],
        }),
      );
      const ran = await aws.rigctl('destroy', 'Silent', '--interval', '1');
      expect(ran.out).toMatch(new RegExp(`this is left and may cost:\\n +volume +${volume.VolumeId ?? ''}`));
      expect(ran.code).toBe(1);
      await aws.ec2.send(new DeleteVolumeCommand({ VolumeId: volume.VolumeId }));
      expect((await aws.rigctl('destroy', 'Silent')).code).toBe(0);
    });

    it("leaves another's stack of the same name alone", async () => {
      const TemplateBody = JSON.stringify({
        Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: {} } },
      });
      await aws.cloudFormation.send(new CreateStackCommand({ StackName: 'Taken', TemplateBody }));
      const ran = await aws.rigctl('deploy', 'Taken', ...DEPLOY);
      expect(ran.err).toMatch(/the stack Taken is there already and is not a rig/);
      expect(ran.code).toBe(6);
      expect((await aws.rigctl('destroy', 'Taken')).code).toBe(6);
      expect((await aws.rigctl('list')).out).not.toContain('Taken');
    });
  });

  it('says that AWS cannot be reached', async () => {
    const ran = await aws.rigctlAt('http://127.0.0.1:9', 'list');
    expect(ran.err).toMatch(/AWS cannot be reached: .*ECONNREFUSED/);
    expect(ran.code).toBe(5);
  });
});
