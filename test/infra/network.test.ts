import { Match } from 'aws-cdk-lib/assertions';

import { makeRig, only, resourcesOf } from './fixture.js';
import { userDataOf } from './user-data.js';

const { template } = makeRig();
const resources = Object.entries(resourcesOf(template));

/** The id of the only resource of a type whose id begins so. */
function idOf(type: string, beginning: string): string {
  const ids = resources
    .filter(([id, resource]) => resource.Type === type && id.startsWith(beginning))
    .map(([id]) => id);
  expect(ids).toHaveLength(1);
  return ids[0] ?? '';
}

const managementGroup = idOf('AWS::EC2::SecurityGroup', 'NetworkManagementGroup');
const dataGroup = idOf('AWS::EC2::SecurityGroup', 'NetworkDataGroup');
const groupId = (id: string): object => ({ 'Fn::GetAtt': [id, 'GroupId'] });

describe('topology', () => {
  test('two subnets in the first zone, which needs no look-up', () => {
    template.resourceCountIs('AWS::EC2::Subnet', 2);
    template.allResourcesProperties('AWS::EC2::Subnet', {
      AvailabilityZone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
      MapPublicIpOnLaunch: false,
    });
  });

  test('both subnets in the zone that is asked for', () => {
    const context = { availabilityZone: 'eu-west-1b' };
    makeRig({ context }).template.allResourcesProperties('AWS::EC2::Subnet', {
      AvailabilityZone: 'eu-west-1b',
    });
  });

  test('only the management subnet has a way to the internet', () => {
    template.resourceCountIs('AWS::EC2::InternetGateway', 1);
    const route = only(template, 'AWS::EC2::Route');
    expect(route.Properties).toMatchObject({
      DestinationCidrBlock: '0.0.0.0/0',
      RouteTableId: { Ref: expect.stringContaining('ManagementSubnet') as string },
    });
  });

  test('no NAT gateway, no Lambda, nothing of a custom resource', () => {
    const types = new Set(resources.map(([, resource]) => resource.Type));
    expect([...types].filter((type) => /Nat|Lambda|Custom/.test(type))).toEqual([]);
  });
});

describe('the two interfaces', () => {
  test.each([
    ['ManagementInterface', 'ManagementSubnet', managementGroup],
    ['DataInterface', 'DataSubnet', dataGroup],
  ])('%s is in its subnet and its group, with the source check on', (name, subnet, group) => {
    const properties = resourcesOf(template)[idOf('AWS::EC2::NetworkInterface', name)]?.Properties;
    expect(properties).toMatchObject({
      SubnetId: { Ref: expect.stringContaining(subnet) as string },
      GroupSet: [groupId(group)],
    });
    expect(properties).not.toHaveProperty('SourceDestCheck');
  });

  test('the management one has an Elastic IP, associated after the default route', () => {
    const association = only(template, 'AWS::EC2::EIPAssociation');
    const address = only(template, 'AWS::EC2::EIP');
    expect(association.Properties).toEqual({
      AllocationId: { 'Fn::GetAtt': [address.id, 'AllocationId'] },
      NetworkInterfaceId: { 'Fn::GetAtt': [idOf('AWS::EC2::NetworkInterface', 'ManagementInterface'), 'Id'] },
    });
    expect(address.Properties).toMatchObject({ Domain: 'vpc' });
    expect(address.DependsOn).toContain(only(template, 'AWS::EC2::Route').id);
  });
});

describe('security groups', () => {
  const rules = (id: string): Readonly<Record<string, unknown>> =>
    resourcesOf(template)[id]?.Properties ?? {};

  test('management: nothing in', () => {
    expect(rules(managementGroup)).not.toHaveProperty('SecurityGroupIngress');
    template.resourcePropertiesCountIs(
      'AWS::EC2::SecurityGroupIngress',
      { GroupId: groupId(managementGroup) },
      0,
    );
  });

  test('management: HTTPS and HTTP out, nothing else', () => {
    expect(rules(managementGroup)['SecurityGroupEgress']).toEqual(
      [443, 80].map((port) => ({
        CidrIp: '0.0.0.0/0',
        Description: `out to TCP ${port}`,
        IpProtocol: 'tcp',
        FromPort: port,
        ToPort: port,
      })),
    );
  });

  test('management: the port of another asset store as well', () => {
    const context = { s3Endpoint: 'http://10.0.2.100:9000' };
    makeRig({ context }).template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: Match.arrayWith([Match.objectLike({ FromPort: 9000, ToPort: 9000 })]),
    });
  });

  test('data: in from its own group alone', () => {
    expect(rules(dataGroup)).not.toHaveProperty('SecurityGroupIngress');
    expect(only(template, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject({
      GroupId: groupId(dataGroup),
      SourceSecurityGroupId: groupId(dataGroup),
      IpProtocol: '-1',
    });
    expect(only(template, 'AWS::EC2::SecurityGroupEgress').Properties).toMatchObject({
      GroupId: groupId(dataGroup),
      DestinationSecurityGroupId: groupId(dataGroup),
      IpProtocol: '-1',
    });
  });

  test('data: in from the networks that the configuration names', () => {
    const cidrs = ['10.2.0.0/16', '192.168.7.0/24'];
    const rule = (preposition: string, cidr: string): object => ({
      CidrIp: cidr,
      Description: `${preposition} ${cidr}`,
      IpProtocol: '-1',
    });
    makeRig({ context: { dataCidrs: cidrs } }).template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: cidrs.map((cidr) => rule('from', cidr)),
      SecurityGroupEgress: cidrs.map((cidr) => rule('to', cidr)),
    });
  });
});

describe('a bookfeed', () => {
  const context = { workload: 'bookfeed', 'feed.venue': 'kraken', 'feed.symbols': 'XBT/USD,ETH/USD' };
  const feed = makeRig({ context, files: { 'userdata/boot.sh': '#!/bin/bash\n# @RIG_ENV@\n' } });

  test('reaches the exchange from its data port, by HTTPS alone', () => {
    const group = only(feed.template, 'AWS::EC2::SecurityGroup', 'NetworkDataGroup');
    expect(group.Properties?.['SecurityGroupEgress']).toEqual([
      expect.objectContaining({ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }),
    ]);
    expect(group.Properties).not.toHaveProperty('SecurityGroupIngress');
    const association = only(feed.template, 'AWS::EC2::EIPAssociation', 'DataAddressAssociation');
    expect(association.Properties).toEqual({
      AllocationId: {
        'Fn::GetAtt': [only(feed.template, 'AWS::EC2::EIP', 'DataAddress').id, 'AllocationId'],
      },
      NetworkInterfaceId: {
        'Fn::GetAtt': [only(feed.template, 'AWS::EC2::NetworkInterface', 'DataInterface').id, 'Id'],
      },
    });
    feed.template.resourceCountIs('AWS::EC2::Route', 2);
    expect(only(feed.template, 'AWS::EC2::Instance').DependsOn).toContain(association.id);
    feed.template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  });

  test('is told what to follow, and says that it has two addresses', () => {
    const userData = userDataOf(feed.template);
    expect(userData).toContain("RIG_WORKLOAD='bookfeed'\n");
    expect(userData).toContain("RIG_FEED_VENUE='kraken'\nRIG_FEED_SYMBOLS='XBT/USD,ETH/USD'\n");
    expect(userDataOf(makeRig().template)).not.toContain('RIG_FEED_');
    feed.template.hasOutput('CostNote', {
      Value: Match.stringLikeRegexp('16 GiB of gp3, two public IPv4 addresses, and traffic'),
    });
  });
});
