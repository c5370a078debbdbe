import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { makeRig, normalize, only, resourcesOf, type Rig, type RigOptions } from './fixture.js';

const GENERATION = /(?<=^[A-Za-z]+)[0-9a-f]{8}$/;
/** All that holds, names or is held by the machine. */
const REPLACED_TOGETHER = [
  'Address',
  'AddressAssociation',
  'CoreRunning',
  'CoreRunningHandle',
  'DataInterface',
  'DpdkReady',
  'DpdkReadyHandle',
  'Instance',
  'ManagementInterface',
  'PortReady',
  'PortReadyHandle',
];

const rig = makeRig();

test('the default stack', () => {
  expect(normalize(rig)).toMatchSnapshot();
});

test('whatever can have a tag has the one that rigs are found by', () => {
  const { template } = makeRig({ context: { name: 'lab' } });
  const tagged = Object.values(resourcesOf(template)).filter(({ Properties }) => Properties?.['Tags']);
  expect(new Set(tagged.map(({ Type }) => Type))).toEqual(
    new Set([
      'AWS::EC2::EIP',
      'AWS::EC2::Instance',
      'AWS::EC2::InternetGateway',
      'AWS::EC2::NetworkInterface',
      'AWS::EC2::RouteTable',
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::Subnet',
      'AWS::EC2::VPC',
      'AWS::IAM::Role',
    ]),
  );
  for (const { Properties } of tagged) {
    expect(Properties?.['Tags']).toContainEqual({ Key: 'dpdk-rig', Value: 'lab' });
  }
});

describe('outputs', () => {
  const outputs = (
    rig.template.toJSON() as { Outputs: Record<string, { Value: unknown; Description: string }> }
  ).Outputs;
  const instanceId = { 'Fn::GetAtt': [only(rig.template, 'AWS::EC2::Instance').id, 'InstanceId'] };

  test('are these, each with a description', () => {
    expect(Object.keys(outputs)).toEqual([
      'PortStatus',
      'PortPciAddress',
      'PortDriver',
      'PortLink',
      'PortMac',
      'PortIpv4',
      'Hugepages',
      'DpdkVersion',
      'CoreState',
      'InstanceId',
      'ConnectCommand',
      'DestroyCommand',
      'CostNote',
    ]);
    for (const { Description } of Object.values(outputs)) expect(Description).toMatch(/^[A-Z].{5,}/);
  });

  test('say how to get in and how to take the rig down', () => {
    expect(outputs['InstanceId']?.Value).toEqual(instanceId);
    expect(outputs['ConnectCommand']?.Value).toEqual({
      'Fn::Join': ['', ['aws ssm start-session --target ', instanceId, ' --region ', { Ref: 'AWS::Region' }]],
    });
    expect(outputs['DestroyCommand']?.Value).toBe('npx cdk destroy DpdkRig');
    makeRig({ context: { name: 'lab' } }).template.hasOutput('DestroyCommand', {
      Value: 'npx cdk destroy -c name=lab lab',
    });
  });

  const billed = (type: string): string =>
    `Billed until the stack is destroyed: one ${type}, 16 GiB of gp3, one public IPv4 address, and traffic.`;

  test.each([
    [
      {},
      `${billed('t3.medium')} CPU credits: the polling core spends 60 an hour, the type earns 24; mode unlimited: ` +
        'the 36 over are billed as vCPU time (60 credits are one vCPU-hour).',
    ],
    [
      { cpuCredits: 'standard' },
      `${billed('t3.medium')} CPU credits: the polling core spends 60 an hour, the type earns 24; mode standard: ` +
        'once the credits are spent the core is throttled and measures nothing.',
    ],
    [
      { instanceType: 't3.xlarge' },
      `${billed('t3.xlarge')} CPU credits: the polling core spends 60 an hour, the type earns 96, which covers it.`,
    ],
    [{ instanceType: 'c6i.large' }, billed('c6i.large')],
  ])('CostNote of %j', (context, Value) => {
    makeRig({ context }).template.hasOutput('CostNote', { Value });
  });
});

describe('replacement', () => {
  const before = Object.keys(resourcesOf(rig.template));
  const withoutGeneration = (ids: readonly string[]): string[] =>
    ids.map((id) => id.replace(GENERATION, '')).sort();
  const changedBy = (options: RigOptions): { gone: string[]; come: string[] } => {
    const after = Object.keys(resourcesOf(makeRig(options).template));
    return {
      gone: before.filter((id) => !after.includes(id)),
      come: after.filter((id) => !before.includes(id)),
    };
  };

  test.each<[string, RigOptions]>([
    ['the C source', { files: { 'native/src/pollcore/main.c': 'int main(void) { return 1; }\n' } }],
    ['a script', { files: { 'userdata/steps/claim-nic': '#!/bin/bash\ntrue\n' } }],
    ['a new script', { files: { 'userdata/steps/start-core': '' } }],
    ['the boot stub', { files: { 'userdata/boot.sh': '#!/bin/bash\n# @RIG_ENV@\n' } }],
    ['the shipped sources', { sources: { 'dpdk.tar.xz': '' } }],
    ['the image', { context: { amiId: 'ami-0fedcba9876543210' } }],
    ['the type', { context: { instanceType: 't3.large' } }],
    ['the hugepages', { context: { hugepages: 256 } }],
    ['the driver', { context: { driver: 'vfio-pci' } }],
    ['the mode', { context: { pollcoreMode: 'sink' } }],
    ['the drivers to build', { context: { extraDrivers: 'net/e1000' } }],
    ['the asset store', { context: { s3Endpoint: 'http://10.0.2.100:9000' } }],
    ['the asset bucket', { cdkContext: { '@aws-cdk/core:bootstrapQualifier': 'other' } }],
  ])('a change of %s moves the machine and all that goes with it', (_, options) => {
    const { gone, come } = changedBy(options);
    expect(withoutGeneration(gone)).toEqual(REPLACED_TOGETHER);
    expect(withoutGeneration(come)).toEqual(REPLACED_TOGETHER);
    expect(new Set(come.map((id) => GENERATION.exec(id)?.[0])).size).toBe(1);
  });

  test('a change of the zone moves the machine into a network of its own', () => {
    const options = { context: { availabilityZone: 'eu-west-1b' } };
    const { gone } = changedBy(options);
    expect(withoutGeneration(gone)).toEqual(expect.arrayContaining(REPLACED_TOGETHER));
    // What stays is in no zone and can be moved to another VPC by CloudFormation.
    const stays = before.filter((id) => !gone.includes(id)).map((id) => resourcesOf(rig.template)[id]?.Type);
    expect([...new Set(stays)].sort()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
      'AWS::IAM::InstanceProfile',
      'AWS::IAM::Role',
    ]);
  });

  test.each<[string, RigOptions]>([
    ['the folder alone', {}],
    ['a tag', { tag: 'me' }],
    ['a benchmark', { files: { 'native/bench/decode.c': '' } }],
    ['an editor’s leftovers', { files: { 'userdata/.boot.sh.swp': '' } }],
    ['the networks', { context: { dataCidrs: '10.2.0.0/16' } }],
    ['the credits', { context: { cpuCredits: 'standard' } }],
  ])('a change of %s moves nothing, and nothing of the machine that is fixed at launch', (_, options) => {
    expect(changedBy(options)).toEqual({ gone: [], come: [] });
    const fixed = ({ template }: Rig): unknown => ({
      ...only(template, 'AWS::EC2::Instance').Properties,
      Tags: undefined,
      CreditSpecification: undefined,
    });
    expect(fixed(makeRig(options))).toEqual(fixed(rig));
  });
});

describe('checkers', () => {
  interface Report {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string }[];
    readonly suppressedViolations: readonly { readonly ruleName: string; readonly reason: string }[];
  }
  const reportsOf = ({ app }: Rig): readonly Report[] => {
    const report = readFileSync(join(app.outdir, 'validation-report.json'), 'utf8');
    return (JSON.parse(report) as { pluginReports: Report[] }).pluginReports;
  };

  test.each<[Readonly<Record<string, unknown>>, string[]]>([
    [{}, ['F6101', 'W9010']],
    [{ instanceType: 'c6i.large', dataCidrs: '10.2.0.0/16' }, ['F6101', 'W9010']],
    [{ availabilityZone: 'eu-west-1b' }, ['F6101', 'W3010', 'W9010']],
    [{ amiId: undefined }, ['F6101']],
    [{ topology: 'pair' }, ['F6101', 'W9010']],
    [{ workload: 'bookfeed', 'feed.venue': 'kraken', 'feed.symbols': 'XBT/USD' }, ['F6101', 'W9010']],
    [{ topology: 'fleet', fleetOf: 'pair', instanceType: 'c7g.large' }, ['F6101', 'W9010']],
  ])('cdk-nag and the CDK’s own find what is acknowledged and nothing else in %j', (context, expected) => {
    const reports = reportsOf(makeRig({ context, nag: true }));
    const findings = (name: string): string[] => {
      const report = reports.find(({ pluginName }) => pluginName === name);
      expect(report?.violations).toEqual([]);
      return [...new Set(report?.suppressedViolations.map(({ ruleName }) => ruleName))].sort();
    };
    // The exact list: an acknowledgement that nothing needs any more should go.
    expect(findings('AwsSolutions')).toEqual([
      'AwsSolutions-EC28',
      'AwsSolutions-EC29',
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
      'AwsSolutions-VPC7',
    ]);
    expect(findings('CloudFormation Validate')).toEqual(expected);
  });
});
