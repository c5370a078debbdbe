import { makeRig, only, resourcesOf } from './fixture.js';

const { template } = makeRig();
const resources = resourcesOf(template);

function idOf(beginning: string): string {
  const ids = Object.keys(resources).filter((id) => new RegExp(`^${beginning}[0-9a-f]{8}$`).test(id));
  expect(ids).toHaveLength(1);
  return ids[0] ?? '';
}

/** What CloudFormation makes of an output, when the machine has answered so. */
function evaluateOutput(name: string, answers: Readonly<Record<string, string>>): string | undefined {
  const outputs = template.toJSON() as { Outputs: Record<string, { Value: unknown }> };
  const { 'Fn::Select': select } = outputs.Outputs[name]?.Value as {
    'Fn::Select': [number, { 'Fn::Split': [string, { 'Fn::GetAtt': [string, string] }] }];
  };
  const [index, { 'Fn::Split': split }] = select;
  const [delimiter, { 'Fn::GetAtt': attribute }] = split;
  const [condition, data] = attribute;
  expect(data).toBe('Data');
  const milestone = condition.replace(/[0-9a-f]{8}$/, '');
  return JSON.stringify({ [milestone]: answers[milestone] }).split(delimiter)[index];
}

describe('milestones', () => {
  test.each([
    ['DpdkReady', () => only(template, 'AWS::EC2::Instance').id, '3600'],
    ['PortReady', () => idOf('DpdkReady'), '600'],
    ['CoreRunning', () => idOf('PortReady'), '600'],
  ])('%s has a handle of its own and is waited for after the one before', (name, before, timeout) => {
    const condition = resources[idOf(name)];
    expect(condition).toMatchObject({
      Type: 'AWS::CloudFormation::WaitCondition',
      Properties: { Handle: { Ref: idOf(`${name}Handle`) }, Count: 1, Timeout: timeout },
      DependsOn: [before()],
    });
  });

  test('are three', () => {
    template.resourceCountIs('AWS::CloudFormation::WaitCondition', 3);
    template.resourceCountIs('AWS::CloudFormation::WaitConditionHandle', 3);
  });
});

describe('outputs are plain values out of the answers', () => {
  const answers = {
    DpdkReady: '|24.11.8|',
    PortReady: '|0000:00:06.0|igb_uio|02:00:00:00:00:01|10.0.1.23|512 x 2 MB, 512 free|',
    CoreRunning: '|running respond|up|0000:00:06.0 igb_uio up, 10.0.1.23/24|',
  };

  test.each([
    ['DpdkVersion', '24.11.8'],
    ['PortPciAddress', '0000:00:06.0'],
    ['PortDriver', 'igb_uio'],
    ['PortMac', '02:00:00:00:00:01'],
    ['PortIpv4', '10.0.1.23'],
    ['Hugepages', '512 x 2 MB, 512 free'],
    ['CoreState', 'running respond'],
    ['PortLink', 'up'],
    ['PortStatus', '0000:00:06.0 igb_uio up, 10.0.1.23/24'],
  ])('%s', (name, expected) => {
    expect(evaluateOutput(name, answers)).toBe(expected);
  });
});
