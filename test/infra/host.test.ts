import { Annotations, Match } from 'aws-cdk-lib/assertions';

import { AMI, makeRig, only, resourcesOf, type Rig } from './fixture.js';

const PARAMETER = '/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id';
const ENV = { account: '123456789012', region: 'ap-northeast-2' };

const rig = makeRig();
const instance = only(rig.template, 'AWS::EC2::Instance');

function idsOf(type: string): string[] {
  return Object.entries(resourcesOf(rig.template))
    .filter(([, resource]) => resource.Type === type)
    .map(([id]) => id);
}

describe('the instance', () => {
  test('takes both interfaces at launch, management first', () => {
    const [management, data] = ['Management', 'Data'].map((name) =>
      idsOf('AWS::EC2::NetworkInterface').find((id) => id.startsWith(`${name}Interface`)),
    );
    expect(instance.Properties?.['NetworkInterfaces']).toEqual([
      { DeviceIndex: '0', NetworkInterfaceId: { 'Fn::GetAtt': [management, 'Id'] } },
      { DeviceIndex: '1', NetworkInterfaceId: { 'Fn::GetAtt': [data, 'Id'] } },
    ]);
    rig.template.resourceCountIs('AWS::EC2::NetworkInterfaceAttachment', 0);
  });

  test('is launched after its address and its default route are there', () => {
    expect(instance.DependsOn).toEqual(
      expect.arrayContaining([...idsOf('AWS::EC2::EIPAssociation'), ...idsOf('AWS::EC2::Route')]),
    );
  });

  test('answers to version 2 of the metadata service alone, and to no container', () => {
    expect(instance.Properties?.['MetadataOptions']).toEqual({
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
    });
  });

  test('has one encrypted volume that goes with it', () => {
    expect(instance.Properties?.['BlockDeviceMappings']).toEqual([
      {
        DeviceName: '/dev/sda1',
        Ebs: { VolumeType: 'gp3', VolumeSize: 16, Encrypted: true, DeleteOnTermination: true },
      },
    ]);
  });

  test('waits for nobody: no CreationPolicy', () => {
    expect(instance.CreationPolicy).toBeUndefined();
  });

  test('carries the name of the rig, and its volume the same tags', () => {
    expect(instance.Properties).toMatchObject({
      Tags: [
        { Key: 'dpdk-rig', Value: 'DpdkRig' },
        { Key: 'Name', Value: 'DpdkRig' },
      ],
      PropagateTagsToVolumeOnCreation: true,
    });
  });

  test('is of the type that is asked for', () => {
    const { template } = makeRig({ context: { instanceType: 'm6i.large' } });
    expect(only(template, 'AWS::EC2::Instance').Properties?.['InstanceType']).toBe('m6i.large');
  });

  test.each([
    [{}, { CPUCredits: 'unlimited' }],
    [{ cpuCredits: 'standard' }, { CPUCredits: 'standard' }],
    [{ instanceType: 'c6i.large' }, undefined],
  ])('of %j has the CPU credits %j', (context, expected) => {
    const { Properties } = only(makeRig({ context }).template, 'AWS::EC2::Instance');
    expect(Properties?.['CreditSpecification']).toEqual(expected);
  });
});

describe('the role', () => {
  const { Properties } = only(rig.template, 'AWS::IAM::Role');

  test('is the machine’s, with Session Manager', () => {
    expect(Properties?.['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }],
    });
    const profile = only(rig.template, 'AWS::IAM::InstanceProfile');
    expect(instance.Properties?.['IamInstanceProfile']).toEqual({ Ref: profile.id });
    expect(profile.Properties?.['Roles']).toEqual([{ Ref: only(rig.template, 'AWS::IAM::Role').id }]);
    expect(JSON.stringify(Properties?.['ManagedPolicyArns'])).toMatch(
      /^\[[^[]+\["","?.*AmazonSSMManagedInstanceCore"\]\]\}\]$/,
    );
  });

  test('reads two objects and may do nothing else', () => {
    const bucket = { 'Fn::Sub': 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}' };
    const object = {
      'Fn::Join': [
        '',
        ['arn:', { Ref: 'AWS::Partition' }, ':s3:::', bucket, expect.stringMatching(/^\/[0-9a-f]{64}\.tar$/)],
      ],
    };
    expect(Properties?.['Policies']).toEqual([
      {
        PolicyName: 'ReadAssets',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: [object, object] }],
        },
      },
      // What the agent's policy allows beside that, and no rig needs.
      {
        PolicyName: 'NoParameters',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Action: 'ssm:GetParameter*', Resource: '*' }],
        },
      },
    ]);
    rig.template.resourceCountIs('AWS::IAM::Policy', 0);
  });
});

describe('the image', () => {
  const imageOf = ({ template }: Rig): unknown =>
    only(template, 'AWS::EC2::Instance').Properties?.['ImageId'];
  const notPinned = Match.stringLikeRegexp('the image is not pinned: .* or set amiId');

  test('is the configured one, whatever the environment', () => {
    for (const env of [undefined, ENV]) {
      const configured = makeRig({ env });
      expect(imageOf(configured)).toBe(AMI);
      expect(configured.app.synth().manifest.missing).toBeUndefined();
      Annotations.fromStack(configured.stack).hasNoWarning('*', notPinned);
    }
  });

  test('without an account is a parameter that CloudFormation resolves, and a warning', () => {
    const unpinned = makeRig({ context: { amiId: undefined } });
    const [parameter] = Object.keys(
      unpinned.template.findParameters('*', {
        Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
        Default: PARAMETER,
      }),
    );
    expect(parameter).toBeDefined();
    expect(imageOf(unpinned)).toEqual({ Ref: parameter });
    Annotations.fromStack(unpinned.stack).hasWarning('/DpdkRig', notPinned);
  });

  test('of Graviton is Canonical’s arm64 one', () => {
    const graviton = makeRig({ context: { amiId: undefined, instanceType: 'c7g.large' } });
    expect(
      graviton.template.findParameters('*', { Default: PARAMETER.replace('amd64', 'arm64') }),
    ).not.toEqual({});
  });

  test('that was baked is found by its parameter, pinned where there is an account', () => {
    const context = { amiId: undefined, amiParameter: '/dpdk-rig/DpdkRigImage/ami-id' };
    const anywhere = makeRig({ context });
    expect(anywhere.template.findParameters('*', { Default: context.amiParameter })).not.toEqual({});
    expect(makeRig({ context, env: ENV }).app.synth().manifest.missing).toEqual([
      expect.objectContaining({
        props: expect.objectContaining({ parameterName: context.amiParameter }) as object,
      }),
    ]);
  });

  test('with an account is looked up once and kept in the context', () => {
    const pinned = makeRig({ context: { amiId: undefined }, env: ENV });
    expect(pinned.app.synth().manifest.missing).toEqual([
      expect.objectContaining({
        provider: 'ssm',
        props: expect.objectContaining({ ...ENV, parameterName: PARAMETER }) as object,
      }),
    ]);
    Annotations.fromStack(pinned.stack).hasNoWarning('*', notPinned);
  });

  test('that was looked up is kept', () => {
    const key = `ssm:account=${ENV.account}:parameterName=${PARAMETER}:region=${ENV.region}`;
    const cdkContext = { [key]: 'ami-0fedcba9876543210' };
    const pinned = makeRig({ context: { amiId: undefined }, env: ENV, cdkContext });
    expect(imageOf(pinned)).toBe('ami-0fedcba9876543210');
    expect(pinned.app.synth().manifest.missing).toBeUndefined();
  });
});

test('vfio-pci brings a warning where sending wants write-combined memory, and only there', () => {
  const warning = Match.stringLikeRegexp(
    'c6i.large sends through low-latency queues.*igb_uio has no such fault',
  );
  const warns = (context: Readonly<Record<string, string>>): boolean =>
    Annotations.fromStack(makeRig({ context }).stack).findWarning('*', warning).length > 0;
  expect(warns({ instanceType: 'c6i.large', driver: 'vfio-pci' })).toBe(true);
  expect(warns({ instanceType: 'c6i.large' })).toBe(false);
  expect(warns({ driver: 'vfio-pci' })).toBe(false);
});
