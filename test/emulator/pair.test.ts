// A pair on an emulated AWS: its first measurement in the outputs, further ones by Systems Manager, and both machines told
// apart. The scripts that Systems Manager is given really run (commands.py), with a core of known capacity behind them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DEPLOY, documents, emulated, Emulator, REGION, type Ran } from './emulator.js';

jest.setTimeout(300_000);

emulated('a pair on an emulated AWS', () => {
  const PAIR = [...DEPLOY, '-c', 'topology=pair'];
  let aws: Emulator;
  let pair: Ran;

  beforeAll(async () => {
    aws = await Emulator.start();
    await aws.cdk('bootstrap', `aws://123456789012/${REGION}`);
    const deploy = aws.deployMany('Two', 2, PAIR);
    [pair] = await Promise.all([deploy.ended, deploy.launched]);
  });

  afterAll(() => {
    aws.stop();
  });

  it('is deployed when its generator has measured, and says what came of it', () => {
    expect(pair.err).toMatch(/generator {2}✓ DpdkReady {2}✓ PortReady {2}✓ CoreRunning .*measure-peer/);
    expect(pair.err).toMatch(/reflector {2}.* ready$/m);
    expect(pair.out).toMatch(/^MeasuredLoss +0 %$/m);
    const rate = Number(/^MeasuredRate +(\d+) packets\/s$/m.exec(pair.out)?.[1]);
    expect(Math.abs(rate - 400_000)).toBeLessThan(8000);
    expect(pair.code).toBe(0);
  });

  it('has both machines in its status', async () => {
    const ran = await aws.rigctl('status', 'Two');
    expect(ran.out).toMatch(/^machine +i-\S+ \(generator\)$/m);
    expect(ran.out).toMatch(/^machine +i-\S+ \(reflector\)$/m);
    expect(ran.code).toBe(0);
  });

  it('wants to know which machine', async () => {
    const ran = await aws.rigctl('logs', 'Two', '--output', '-');
    expect(ran.err).toMatch(/Two has 2 machines[^]*--machine: generator, reflector/);
    expect(ran.code).toBe(2);
    const logs = await aws.rigctl('logs', 'Two', '--output', '-', '--machine', 'generator');
    expect(logs.out).toContain('"rig": "Two-generator"');
  });

  it('is measured again by Systems Manager, and the files are here', async () => {
    const search = ['--trial', '0.2', '--repeat', '2', '--precision', '0.05'];
    const ran = await aws.rigctl('measure', 'Two', '--interval', '1', ...search, '--out', 'results');
    expect(ran.out).toMatch(/k packets\/s without loss \(above it packets are lost\)/);
    expect(ran.out).toMatch(/^ {2}80 % +\d+ +\d+ +0 +0 /m);
    expect(
      readdirSync(join(aws.directory, 'results'))
        .map((file) => file.replace(/.*\./, ''))
        .sort(),
    ).toEqual(['csv', 'json', 'svg']);
    expect(ran.code).toBe(0);
  });

  it('soaks as well', async () => {
    const soak = ['--profile', 'soak', '--rates', '100000', '--trial', '2'];
    const [document] = documents(await aws.rigctl('measure', 'Two', '--json', '--interval', '1', ...soak));
    expect(document).toMatchObject({ kind: 'measured', measurement: { result: { loss: 0 } } });
  });

  it('says why it could not measure, in the words of the machine', async () => {
    const ran = await aws.rigctl(
      'measure',
      'Two',
      '--interval',
      '1',
      '--frame-size',
      '1500',
      '--trial',
      '0.2',
    );
    expect(ran.err).toMatch(/frame size: the core sends frames of 64, and 1500 is asked for/);
    expect(ran.err).toMatch(/next: start it with --frame-size 1500/);
    expect(ran.code).toBe(1);
  });

  it('stops the generator when it is interrupted', async () => {
    const running = aws.startRigctl('measure', 'Two', '--interval', '1', '--trial', '30');
    while (!running.seen().includes('measuring for')) await sleep(100);
    running.interrupt();
    const ran = await running.ended;
    expect(ran.err).toMatch(/interrupted; stopping the generator/);
    expect(ran.err).not.toMatch(/may still send/);
    expect(ran.code).toBe(130);
    expect(aws.machineFiles('state').filter((file) => file.startsWith('measure.'))).toEqual([]);
  });

  it('cannot be measured by who may not, or when AWS throttles', async () => {
    const message = 'Rate exceeded';
    const throttling = {
      action: 'SendCommand',
      code: 'ThrottlingException',
      message,
      status: '400 Bad Request',
    };
    await aws.tell('fault', { ...throttling, times: 6 });
    expect(await aws.rigctl('measure', 'Two')).toMatchObject({ code: 5 });
    const denied = { ...throttling, code: 'AccessDeniedException', message: 'no right', times: 1 };
    await aws.tell('fault', denied);
    expect(await aws.rigctl('measure', 'Two')).toMatchObject({ code: 4 });
  });

  it('fails preflight when it would exceed a quota', async () => {
    await aws.tell('settings', { vcpu_quota: 3 });
    const ran = await aws.rigctl('preflight', 'Another', ...PAIR);
    expect(ran.out).toMatch(/^fail +vCPUs +quota 3, \d+ in use by others, 4 are needed -> fewer or smaller/m);
    expect(ran.out).toMatch(/^\S+ +Elastic IP +2 of 5 in use by others, 2 are needed/m);
    expect(ran.code).toBe(1);
    await aws.tell('settings', { vcpu_quota: 32 });
  });

  it('counts both addresses of a bookfeed, and leaves images to the CDK', async () => {
    const feed = ['-c', 'workload=bookfeed', '-c', 'feed.venue=kraken', '-c', 'feed.symbols=XBT/USD'];
    const books = await aws.rigctl('preflight', 'Books', ...DEPLOY, ...feed);
    expect(books.out).toMatch(/^ok +Elastic IP +2 of 5 in use by others, 2 are needed/m);
    const image = await aws.rigctl('deploy', 'Books', '-c', 'image=true');
    expect(image.err).toMatch(
      /image = true bakes an image, .*\n.*next: bake it with: npx cdk deploy -c image=true/,
    );
    expect(image.code).toBe(2);
  });

  it('goes with all that belongs to it', async () => {
    const ran = await aws.rigctl('destroy', 'Two');
    expect(ran.out).toMatch(/^Two is gone/);
    expect(ran.code).toBe(0);
  });
});
