// Which image preflight looks at: the one that the CDK would deploy, which is a pinned one where there is one.
import { App, ContextProvider, Stack } from 'aws-cdk-lib';
import { ContextProvider as Lookup } from 'aws-cdk-lib/cloud-assembly-schema';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

import { parseConfig } from '../../lib/config.js';
import type { Aws } from '../../lib/rigctl/aws.js';
import type { Check } from '../../lib/rigctl/check.js';
import { checkImage, pinKey } from '../../lib/rigctl/preflight-image.js';
import { ubuntuParameter } from '../../lib/ubuntu.js';
import { emulated, Emulator, REGION, UBUNTU_IMAGE, WRONG_IMAGE } from './emulator.js';

jest.setTimeout(300_000);

const ACCOUNT = '123456789012';
const PARAMETER = '/dpdk-rig/DpdkRigImage/ami-id';
const GONE = 'ami-0a0000000000000ff';

test('a pin is looked for where the CDK keeps it', () => {
  const stack = new Stack(new App(), 'Any', { env: { account: ACCOUNT, region: REGION } });
  const { key } = ContextProvider.getKey(stack, {
    provider: Lookup.SSM_PARAMETER_PROVIDER,
    props: { parameterName: PARAMETER },
  });
  expect(pinKey(ACCOUNT, REGION, PARAMETER)).toBe(key);
});

emulated('the image that is checked', () => {
  let emulator: Emulator;
  let aws: Aws;

  beforeAll(async () => {
    emulator = await Emulator.start();
    const credentials = { accessKeyId: 'emulated', secretAccessKey: 'emulated' };
    const ssm = new SSMClient({ endpoint: emulator.url, region: REGION, credentials });
    await ssm.send(new PutParameterCommand({ Name: PARAMETER, Value: UBUNTU_IMAGE, Type: 'String' }));
    aws = { region: REGION, ec2: emulator.ec2, ssm } as Partial<Aws> as Aws;
  });
  afterAll(() => {
    emulator.stop();
    aws.ssm.destroy();
  });

  const check = async (context: object, pinned?: string, parameter = PARAMETER): Promise<Check[]> =>
    checkImage(
      {
        config: parseConfig({ ...context }),
        context: {},
        pins: pinned === undefined ? {} : { [pinKey(ACCOUNT, REGION, parameter)]: pinned },
        account: ACCOUNT,
        countNew: () => Promise.resolve(0),
      },
      aws,
      { signal: new AbortController().signal },
    );

  it.each([
    ['what the parameter names', { amiParameter: PARAMETER }, undefined, 'ok', UBUNTU_IMAGE],
    ['the pinned one, and it is current', { amiParameter: PARAMETER }, UBUNTU_IMAGE, 'ok', UBUNTU_IMAGE],
    ['a given one, whatever is pinned', { amiId: UBUNTU_IMAGE }, GONE, 'ok', UBUNTU_IMAGE],
  ])('is %s', async (_name, context, pinned, result, found) => {
    expect(await check(context, pinned)).toEqual([
      {
        name: 'image',
        result,
        found: expect.stringMatching(new RegExp(`^${found}\\b(?!.*by now)`)) as string,
      },
    ]);
  });

  it('is the pinned one, and another is in the parameter by now', async () => {
    const [found] = await check({ amiParameter: PARAMETER, instanceType: 't4g.medium' }, WRONG_IMAGE);
    expect(found?.result).toBe('warn');
    expect(found?.found).toMatch(
      new RegExp(`^${WRONG_IMAGE} .*; its parameter names ${UBUNTU_IMAGE} by now$`),
    );
    expect(found?.next).toContain(`npx cdk context --reset '${pinKey(ACCOUNT, REGION, PARAMETER)}'`);
  });

  it('is a pinned one that does not exist any more', async () => {
    const parameter = ubuntuParameter('x86_64');
    const [found] = await check({}, GONE, parameter);
    expect(found?.result).toBe('fail');
    expect(found?.found).toContain(
      `there is no image ${GONE} (of ${parameter}, as cdk.context.json keeps it)`,
    );
    expect(found?.next).toContain('npx cdk context --reset');
  });

  it('is no image where the parameter does not exist', async () => {
    const [found] = await check({ amiParameter: '/no/such' });
    expect(found).toMatchObject({ result: 'fail', found: 'there is no parameter /no/such here' });
  });
});
