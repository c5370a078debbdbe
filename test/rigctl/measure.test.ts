// rigctl measure against Systems Manager's API on loopback: what is sent, how a long result comes together, and every way
// in which a script can fail to come to its end. That a script really runs is test/emulator's business.
import { createServer, type Server } from 'node:http';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SSMClient } from '@aws-sdk/client-ssm';

import type { Aws } from '../../lib/rigctl/aws.js';
import { bound, measure, type RemoteMeasureOptions } from '../../lib/rigctl/measure.js';
import { sampleMeasurement } from './sample-measurement.js';

interface Invocation {
  Status: string;
  StatusDetails?: string;
  ResponseCode?: number;
  StandardOutputContent?: string;
  StandardErrorContent?: string;
}
type Answer = Invocation | { readonly error: string };

const packed = gzipSync(JSON.stringify(sampleMeasurement())).toString('base64');
const success = (out: string): Invocation => ({
  Status: 'Success',
  ResponseCode: 0,
  StandardOutputContent: out,
});
const header = (text: string): string =>
  `dpdk-rig-measurement /var/lib/dpdk-rig/measure.1.b64 ${text.length}\n`;
const whole = success(header(packed) + packed);

describe('measure', () => {
  let server: Server;
  let folder: string;
  let aws: Aws;
  /** What the scripts that are sent come to, in their order; the last one again and again. */
  let answers: Answer[];
  let scripts: string[];
  let timeouts: string[];
  let cancelled: number;
  /** Called when a script has arrived, before it is answered. */
  let arrived: () => void;
  let ping: string | undefined;
  let said: string;
  const write = (text: string): void => void (said += `${text}\n`);

  beforeEach(async () => {
    [answers, scripts, timeouts, cancelled, ping, said] = [[whole], [], [], 0, 'Online', ''];
    arrived = () => undefined;
    folder = mkdtempSync(join(tmpdir(), 'rig-measure-'));
    const polls = new Map<string, number>();
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const target = String(request.headers['x-amz-target'] ?? '').replace('AmazonSSM.', '');
        const reply = (document: object, status = 200): void => {
          response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' });
          response.end(JSON.stringify(document));
        };
        if (target === '') {
          response.end(stackXml);
          return;
        }
        const input = JSON.parse(body) as Record<string, unknown>;
        if (target === 'DescribeInstanceInformation') {
          reply({
            InstanceInformationList: ping === undefined ? [] : [{ InstanceId: 'i-1', PingStatus: ping }],
          });
        } else if (target === 'SendCommand') {
          const parameters = input['Parameters'] as { commands: string[]; executionTimeout: string[] };
          scripts.push(parameters.commands.join('\n'));
          timeouts.push(...parameters.executionTimeout);
          arrived();
          reply({ Command: { CommandId: String(scripts.length - 1).padStart(36, '0') } });
        } else if (target === 'CancelCommand') {
          cancelled++;
          answers[0] = { Status: 'Cancelled', ResponseCode: -1 };
          reply({});
        } else {
          const id = String(input['CommandId']);
          const asked = (polls.get(id) ?? 0) + 1;
          polls.set(id, asked);
          const answer = answers[Math.min(Number(id), answers.length - 1)] ?? whole;
          // As AWS does: not known at first, then under way.
          if (asked === 1) reply({ __type: 'InvocationDoesNotExist', message: '' }, 400);
          else if (asked === 2) reply({ Status: 'InProgress', ResponseCode: -1 });
          else if ('error' in answer) reply({ __type: answer.error, message: answer.error }, 400);
          else reply(answer);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    const options = { endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 };
    aws = {
      region: 'eu-west-1',
      ssm: new SSMClient(options),
      cloudFormation: new CloudFormationClient(options),
    } as Partial<Aws> as Aws;
  });

  afterEach(() => {
    aws.ssm.destroy();
    aws.cloudFormation.destroy();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const run = (
    options: Partial<RemoteMeasureOptions> = {},
    signal = new AbortController().signal,
  ): Promise<number> =>
    measure(
      {
        aws,
        terminal: { out: write, progress: write, live: write },
        signal,
        now: () => new Date(),
        json: false,
        intervalMs: 10,
      },
      'Two',
      { profile: 'search', out: folder, ...options },
    );

  it('runs rig-measure on the generator, keeps the files, takes its file away', async () => {
    expect(await run({ frameSize: '128', repeat: 5 })).toBe(0);
    expect(scripts[0]).toContain(
      'rig-measure --quiet --profile search --frame-size 128 --repeat 5 --output "$file"',
    );
    // Ended in order before Systems Manager would kill it, which leaves the generator sending.
    const [limit = 0] = /(?<=^timeout --foreground )\d+(?= \/)/m.exec(scripts[0] ?? '')?.map(Number) ?? [];
    expect(limit).toBe(bound({ profile: 'search', repeat: 5 }));
    expect(Number(timeouts[0])).toBe(limit + 120);
    expect(scripts[1]).toBe('rm -f /var/lib/dpdk-rig/measure.1.b64');
    expect(readdirSync(folder)).toHaveLength(3);
    expect(said).toMatch(/500 k packets\/s without loss/);
  });

  it('puts a result together that is longer than Systems Manager keeps', async () => {
    const cut = 100;
    answers = [
      success(header(packed) + packed.slice(0, cut)),
      success(packed.slice(cut, 2 * cut)),
      success(packed.slice(2 * cut)),
      success(''),
    ];
    expect(await run()).toBe(0);
    expect(scripts[1]).toMatch(/^tail -c \+101 \/var\/lib\/dpdk-rig\/measure.1.b64 \| head -c 20000$/);
    expect(scripts[2]).toMatch(/^tail -c \+201 /);
  });

  it.each([
    ['never seen', undefined, /does not manage i-1: it has never reported; next: wait a minute/],
    ['lost', 'ConnectionLost', /does not manage i-1: ConnectionLost/],
  ])('says that an instance is %s', async (_name, status, message) => {
    ping = status;
    await expect(run()).rejects.toThrow(message);
    expect(scripts).toEqual([]);
  });

  it('refuses what Systems Manager would not let end', async () => {
    const soak = { profile: 'soak', rates: [1000], trial: 172_500 } as const;
    await expect(run(soak)).rejects.toThrow(
      /it may take 172800 s; a command of Systems Manager ends after 172800 s/,
    );
    expect(scripts).toEqual([]);
  });

  it.each<[string, Answer, RegExp]>([
    [
      'a fault of rig-measure',
      {
        Status: 'Failed',
        ResponseCode: 1,
        StandardErrorContent: 'x\nrig-measure: the peer is silent; see; that it runs\n',
      },
      /^the peer is silent; next: see; that it runs$/,
    ],
    ['an old machine', { Status: 'Failed', ResponseCode: 127 }, /has no rig-measure.*next: deploy it again/],
    [
      'its own end in time',
      { Status: 'Failed', ResponseCode: 124 },
      /did not finish within \d+ s; next: shorten/,
    ],
    ['no words', { Status: 'Failed', ResponseCode: 9 }, /ended with 9 and said nothing/],
    [
      'no end',
      { Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut', ResponseCode: -1 },
      /did not finish within \d+ s; next: shorten it/,
    ],
    [
      'no delivery',
      { Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut', ResponseCode: -1 },
      /did not take the command up within 60 s/,
    ],
    ['somebody cancelling', { Status: 'Cancelled', ResponseCode: -1 }, /the command was cancelled/],
    ['other words', success('hello'), /not a measurement: hello/],
    ['half a result', success(header('QUJD') + 'QUJD'), /did not arrive whole/],
    [
      'another schema',
      success(((text) => header(text) + text)(gzipSync('{"schema":9}').toString('base64'))),
      /has another schema: schema: /,
    ],
  ])('explains %s', async (_name, answer, message) => {
    answers = [answer];
    await expect(run()).rejects.toThrow(message);
  });

  it('cancels on an interrupt, and pauses the generator', async () => {
    answers = [{ Status: 'InProgress' }, success('{"rate": 0}')];
    const abort = new AbortController();
    const running = run({}, abort.signal);
    const ended = expect(running).rejects.toThrow(/abort/i);
    while (!said.includes('measuring for')) await sleep(5);
    abort.abort();
    await ended;
    expect(cancelled).toBe(1);
    expect(scripts[1]).toMatch(/rig-telemetry \/pollcore\/rate,0$/);
    expect(said).toMatch(/stopping the generator/);
    expect(said).not.toMatch(/may still send/);
  });

  it('takes away what an interrupted measurement had written', async () => {
    answers = [{ Status: 'InProgress' }, success('{"rate": 0}')];
    const abort = new AbortController();
    const ended = expect(run({}, abort.signal)).rejects.toThrow(/abort/i);
    while (!said.includes('measuring for')) await sleep(5);
    abort.abort();
    await ended;
    const [file = ''] = /(?<=^file=)\/var\/lib\/dpdk-rig\/measure\.\w+$/m.exec(scripts[0] ?? '') ?? [];
    expect(scripts[1]).toContain(`rm -f ${file} ${file}.*\n`);
  });

  it('cancels what AWS took up while the interrupt came', async () => {
    answers = [{ Status: 'InProgress' }, success('{"rate": 0}')];
    const abort = new AbortController();
    arrived = () => {
      abort.abort();
    };
    await expect(run({}, abort.signal)).rejects.toThrow(/abort/i);
    expect(cancelled).toBe(1);
    expect(scripts[1]).toMatch(/rig-telemetry \/pollcore\/rate,0$/);
    expect(said).not.toMatch(/may still send/);
  });
});

const stackXml = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Two</StackName>
  <StackId>arn:x</StackId><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-24T09:00:00Z</CreationTime>
  <Tags><member><Key>dpdk-rig</Key><Value>Two</Value></member></Tags>
  <Outputs><member><OutputKey>GeneratorInstanceId</OutputKey><OutputValue>i-1</OutputValue></member></Outputs>
  </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
