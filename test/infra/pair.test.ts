// topology=pair and topology=fleet: what several machines in one stack share, and what each has for itself.
import { parseConfig } from '../../lib/config.js';
import { planUnits } from '../../lib/topology.js';
import { makeRig, normalize, only, PROJECT, resourcesOf, type Rig } from './fixture.js';
import { userDataOf } from './user-data.js';

const BARE = { 'userdata/boot.sh': '#!/bin/bash\n# @RIG_ENV@\n' };
const pair = makeRig({ context: { topology: 'pair' }, files: BARE });

type Outputs = Readonly<Record<string, { readonly Value: unknown }>>;
const outputsOf = ({ template }: Rig): Outputs => (template.toJSON() as { Outputs: Outputs }).Outputs;
const idsOf = ({ template }: Rig, type: string): string[] =>
  Object.entries(resourcesOf(template))
    .filter(([, resource]) => resource.Type === type)
    .map(([id]) => id);
const environmentOf = (rig: Rig, prefix: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(
      userDataOf(rig.template, prefix).matchAll(/^(RIG_\w+)='(.*)'$/gm),
      ([, key = '', value = '']) => [key, value],
    ),
  );

test('a pair', () => {
  expect(normalize(pair)).toMatchSnapshot();
});

describe('a pair', () => {
  test('is a generator and its peer', () => {
    const generator = environmentOf(pair, 'Generator');
    const peer = environmentOf(pair, 'Reflector');
    expect(generator).toMatchObject({
      RIG_NAME: 'DpdkRig-generator',
      RIG_ROLE: 'generator',
      RIG_POLLCORE_MODE: 'generate',
    });
    expect(peer).toMatchObject({
      RIG_NAME: 'DpdkRig-reflector',
      RIG_ROLE: 'reflector',
      RIG_POLLCORE_MODE: 'reflect',
    });
    expect(peer).not.toHaveProperty('RIG_PEER_IPV4');
    expect(peer).not.toHaveProperty('RIG_SIGNAL_MEASURED');
    const data = only(pair.template, 'AWS::EC2::NetworkInterface', 'ReflectorDataInterface').id;
    expect(generator['RIG_PEER_IPV4']).toBe(`${data}.PrimaryPrivateIpAddress`);
    expect(generator['RIG_SIGNAL_MEASURED']).toContain('GeneratorMeasuredHandle');
    expect(generator['RIG_GENERATION']).toBe(peer['RIG_GENERATION']);
  });

  test('whose peer answers in place of reflecting, where that is asked for', () => {
    const responding = makeRig({ context: { topology: 'pair', pairPeer: 'respond' }, files: BARE });
    expect(environmentOf(responding, 'Reflector')['RIG_POLLCORE_MODE']).toBe('respond');
  });

  test('has both data ports in one subnet and one group, which lets in nobody else', () => {
    const group = only(pair.template, 'AWS::EC2::SecurityGroup', 'NetworkDataGroup').id;
    for (const prefix of ['GeneratorDataInterface', 'ReflectorDataInterface']) {
      expect(only(pair.template, 'AWS::EC2::NetworkInterface', prefix).Properties).toMatchObject({
        SubnetId: { Ref: expect.stringContaining('DataSubnet') as string },
        GroupSet: [{ 'Fn::GetAtt': [group, 'GroupId'] }],
      });
    }
    expect(only(pair.template, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject({
      GroupId: { 'Fn::GetAtt': [group, 'GroupId'] },
      SourceSecurityGroupId: { 'Fn::GetAtt': [group, 'GroupId'] },
    });
  });

  test.each([
    ['t3.medium', 'spread', /^spread: t3\.medium may not be in a cluster group/],
    ['c6i.large', 'cluster', /^cluster: /],
    ['c7g.large', 'cluster', /^cluster: /],
    ['m7i-flex.large', 'spread', /^spread: m7i-flex\.large may not be in a cluster group/],
  ])('of %s is in a placement group: %s, and says why', (instanceType, strategy, reason) => {
    const placed = makeRig({ context: { topology: 'pair', instanceType } });
    const group = only(placed.template, 'AWS::EC2::PlacementGroup');
    expect(group.Properties).toMatchObject({ Strategy: strategy });
    placed.template.allResourcesProperties('AWS::EC2::Instance', { PlacementGroupName: { Ref: group.id } });
    expect(outputsOf(placed)['Placement']?.Value).toMatch(reason);
  });

  test('waits for the measurement once both cores run', () => {
    const condition = (name: string): string =>
      only(pair.template, 'AWS::CloudFormation::WaitCondition', name).id;
    const measured = only(pair.template, 'AWS::CloudFormation::WaitCondition', 'GeneratorMeasured');
    expect(measured.Properties).toMatchObject({ Timeout: '1800', Count: 1 });
    expect([...(measured.DependsOn ?? [])].sort()).toEqual([
      condition('GeneratorCoreRunning'),
      condition('ReflectorCoreRunning'),
    ]);
    expect(idsOf(pair, 'AWS::CloudFormation::WaitCondition')).toHaveLength(7);
  });

  test('prints both ports and what was measured', () => {
    const names = Object.keys(outputsOf(pair));
    expect(names.slice(0, 4)).toEqual(['MeasuredRate', 'MeasuredLoss', 'MeasuredP50', 'MeasuredP99']);
    for (const port of ['PortStatus', 'PortMac', 'PortIpv4', 'CoreState', 'InstanceId', 'ConnectCommand']) {
      expect(names).toEqual(expect.arrayContaining([`Generator${port}`, `Reflector${port}`]));
    }
    const { id } = only(pair.template, 'AWS::CloudFormation::WaitCondition', 'GeneratorMeasured');
    expect(outputsOf(pair)['MeasuredP50']?.Value).toEqual({
      'Fn::Select': [3, { 'Fn::Split': ['|', { 'Fn::GetAtt': [id, 'Data'] }] }],
    });
    expect(outputsOf(pair)['CostNote']?.Value).toMatch(
      /: 2 x t3\.medium, each with 16 GiB of gp3, one public IPv4 address, and traffic\. CPU credits/,
    );
  });

  test('is replaced as one: what makes one machine another makes both so', () => {
    const after = makeRig({ context: { topology: 'pair', pairPeer: 'respond' }, files: BARE });
    const machines = (ids: readonly string[]): string[] =>
      ids.filter((id) => /^(Generator|Reflector|PlacementGroup)/.test(id));
    const kept = Object.keys(resourcesOf(after.template)).filter((id) => id in resourcesOf(pair.template));
    expect(machines(kept)).toEqual([]);
    const all = machines(Object.keys(resourcesOf(after.template)));
    expect(all.filter((id) => id.startsWith('PlacementGroup'))).toHaveLength(1);
    expect(new Set(all.map((id) => id.slice(-8))).size).toBe(1);
  });

  test('has one role for both machines, which reads two objects', () => {
    expect(idsOf(pair, 'AWS::IAM::Role')).toHaveLength(1);
    const profile = only(pair.template, 'AWS::IAM::InstanceProfile');
    pair.template.allResourcesProperties('AWS::EC2::Instance', { IamInstanceProfile: { Ref: profile.id } });
  });
});

describe('a fleet', () => {
  const fleet = makeRig({ context: { topology: 'fleet', rigs: 3, pollcoreMode: 'sink' }, files: BARE });

  test('of rigs: each with a group, two interfaces and an address of its own', () => {
    expect(normalize(fleet)).toMatchSnapshot();
    expect(idsOf(fleet, 'AWS::EC2::Instance').map((id) => id.slice(0, -8))).toEqual([
      'Rig1Instance',
      'Rig2Instance',
      'Rig3Instance',
    ]);
    // The groups of the data ports and that of all management ports.
    fleet.template.resourceCountIs('AWS::EC2::SecurityGroup', 4);
    fleet.template.resourceCountIs('AWS::EC2::NetworkInterface', 6);
    fleet.template.resourceCountIs('AWS::EC2::EIP', 3);
    fleet.template.resourceCountIs('AWS::EC2::PlacementGroup', 0);
    expect(environmentOf(fleet, 'Rig2')).toMatchObject({
      RIG_NAME: 'DpdkRig-2',
      RIG_ROLE: 'alone',
      RIG_POLLCORE_MODE: 'sink',
    });
  });

  test('prints of each machine what leads to it', () => {
    expect(Object.keys(outputsOf(fleet))).toEqual([
      ...[1, 2, 3].flatMap((number) =>
        ['PortStatus', 'PortIpv4', 'InstanceId', 'ConnectCommand'].map((name) => `Rig${number}${name}`),
      ),
      'DestroyCommand',
      'CostNote',
    ]);
  });

  test('that grows leaves the machines that it has alone', () => {
    const grown = makeRig({ context: { topology: 'fleet', rigs: 4, pollcoreMode: 'sink' }, files: BARE });
    expect(Object.keys(resourcesOf(grown.template))).toEqual(
      expect.arrayContaining(Object.keys(resourcesOf(fleet.template))),
    );
  });

  test('of the most pairs that are allowed is what CloudFormation takes of one stack', () => {
    const context = { topology: 'fleet', rigs: 16, fleetOf: 'pair', ttlHours: 1 };
    const { app, stack, template } = makeRig({ context, root: PROJECT });
    expect(Object.keys(resourcesOf(template)).length).toBeLessThanOrEqual(500);
    expect(Object.keys(outputsOf({ app, stack, template })).length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(JSON.stringify(template.toJSON()))).toBeLessThan(1_000_000);
    template.resourceCountIs('AWS::EC2::PlacementGroup', 16);
    expect(environmentOf({ app, stack, template }, 'Pair16Generator')['RIG_PEER_IPV4']).toMatch(
      /^Pair16ReflectorDataInterface/,
    );
  });
});

test.each([
  [{}, ['DpdkRig alone respond']],
  [
    { name: 'lab', topology: 'pair' },
    ['lab-generator generator generate', 'lab-reflector reflector reflect'],
  ],
  [{ topology: 'fleet', rigs: 2 }, ['DpdkRig-1 alone respond', 'DpdkRig-2 alone respond']],
  [
    { topology: 'fleet', rigs: 1, fleetOf: 'pair', pairPeer: 'respond' },
    ['DpdkRig-1-generator generator generate', 'DpdkRig-1-reflector reflector respond'],
  ],
])('%j is %j', (context, expected) => {
  const machines = planUnits(parseConfig(context)).flatMap((unit) => unit.machines);
  expect(machines.map(({ name, role, mode }) => `${name} ${role} ${mode}`)).toEqual(expected);
});
