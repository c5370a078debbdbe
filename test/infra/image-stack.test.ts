import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';

import { renderComponent } from '../../lib/component.js';
import { parseConfig } from '../../lib/config.js';
import { ImageStack, imageStackName } from '../../lib/image-stack.js';
import { AMI, makeTree, only, PROJECT, resourcesOf, TREE } from './fixture.js';

interface Baked {
  readonly app: App;
  readonly template: Template;
}

function bake(context: Readonly<Record<string, unknown>> = {}, root = makeTree(TREE)): Baked {
  const config = parseConfig({ amiId: AMI, image: true, ...context });
  const app = new App({ outdir: makeTree({}) });
  const stack = new ImageStack(app, imageStackName(config), {
    config,
    userdataDir: join(root, 'userdata'),
    nativeDir: join(root, 'native'),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, template: Template.fromStack(stack) };
}

const baked = bake();
const image = only(baked.template, 'AWS::ImageBuilder::Image');
const generation = image.id.slice(-8);

/** The component's text, with names of their own in the place of tokens. */
function componentOf({ template }: Baked): string {
  const { Data } = only(template, 'AWS::ImageBuilder::Component').Properties as {
    Data: { 'Fn::Join': [string, (string | object)[]] };
  };
  return Data['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'token')).join('');
}

test('the stack', () => {
  const document = structuredClone(baked.template.toJSON()) as { Resources: Record<string, object> };
  const component = document.Resources[`Component${generation}`] as { Properties: object };
  Object.assign(component.Properties, { Data: 'the component' });
  const text = JSON.stringify(document).replaceAll(generation, 'Generation');
  expect(JSON.parse(text.replace(/\b[0-9a-f]{64}\b/g, 'hash'))).toMatchSnapshot();
});

describe('the component', () => {
  test('runs what a rig’s user data is, and has it build and nothing else', () => {
    const lines = componentOf(baked)
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining(["RIG_NAME='DpdkRig'", "RIG_ROLE='alone'", 'action: ExecuteBash']),
    );
    expect(lines.filter((line) => line.startsWith('RIG_SIGNAL_'))).toEqual([]);
    expect(lines.at(-2)).toBe('bash /run/dpdk-rig-boot.sh --phase build');
  });

  test('of this project holds the boot stub byte for byte, and fits', () => {
    const text = componentOf(bake({}, PROJECT));
    expect(text.length).toBeLessThan(16_000);
    // As YAML reads the block, and as Image Builder runs it: but into a file of the test's.
    const indent = /^ +- \|\n( +)/m.exec(text)?.[1] ?? '';
    const script = text
      .slice(text.indexOf('- |\n') + 4)
      .split('\n')
      .map((line) => line.slice(indent.length))
      .join('\n');
    const file = join(makeTree({}), 'boot.sh');
    const run = spawnSync('bash', [
      '-c',
      script.replaceAll('/run/dpdk-rig-boot.sh', file).replace(/^bash .*$/m, ''),
    ]);
    expect(run.status).toBe(0);
    const stub = readFileSync(join(PROJECT, 'userdata', 'boot.sh'), 'utf8');
    const [before = '', after = ''] = stub.split('# @RIG_ENV@');
    const written = readFileSync(file, 'utf8');
    expect(written.startsWith(before)).toBe(true);
    expect(written.endsWith(after)).toBe(true);
    expect(spawnSync('bash', ['-n', file]).status).toBe(0);
  });

  test('is refused where Image Builder would read it otherwise, or not at all', () => {
    expect(() => renderComponent('echo {{ x }}\n')).toThrow(/userdata\/boot\.sh has "\{\{" in it/);
    expect(() => renderComponent('#'.repeat(15_000))).toThrow(
      /component takes \d+ characters, Image Builder takes 16000: move what/,
    );
  });
});

describe('the image', () => {
  test('is made of the recipe’s, with a volume like a rig’s', () => {
    const recipe = only(baked.template, 'AWS::ImageBuilder::ImageRecipe');
    expect(recipe.Properties).toMatchObject({
      Name: `DpdkRigImage-${generation}`,
      Version: '1.0.0',
      ParentImage: AMI,
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { VolumeType: 'gp3', VolumeSize: 16, Encrypted: true } },
      ],
    });
    expect(image.Properties).toMatchObject({
      ImageRecipeArn: { 'Fn::GetAtt': [recipe.id, 'Arn'] },
      ImageTestsConfiguration: { ImageTestsEnabled: false },
    });
  });

  test('goes with the stack, snapshot and all', () => {
    const role = only(baked.template, 'AWS::IAM::Role', 'RolesDeletion');
    expect(image.Properties?.['DeletionSettings']).toEqual({
      ExecutionRole: { 'Fn::GetAtt': [role.id, 'Arn'] },
    });
    expect(JSON.stringify(role.Properties)).toContain('service-role/EC2ImageBuilderLifecycleExecutionPolicy');
    // As Image Builder's guide has it, without a condition: one that Image Builder does not meet leaves the image behind.
    expect(role.Properties?.['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'imagebuilder.amazonaws.com' } },
      ],
    });
    expect(JSON.stringify(role.Properties?.['AssumeRolePolicyDocument'])).not.toContain('Condition');
    expect(only(baked.template, 'AWS::Logs::LogGroup')).toMatchObject({ DeletionPolicy: 'Delete' });
  });

  test('is kept in a parameter that a rig is deployed with', () => {
    expect(only(baked.template, 'AWS::SSM::Parameter').Properties).toMatchObject({
      Name: '/dpdk-rig/DpdkRigImage/ami-id',
      Value: { 'Fn::GetAtt': [image.id, 'ImageId'] },
    });
    baked.template.hasOutput('DeployCommand', {
      Value: 'npx cdk deploy -c instanceType=t3.medium -c amiParameter=/dpdk-rig/DpdkRigImage/ami-id',
    });
    baked.template.hasOutput('DestroyCommand', {
      Value: 'npx cdk destroy -c image=true DpdkRigImage',
    });
    bake({ name: 'lab', instanceType: 'c7g.large' }).template.hasOutput('DeployCommand', {
      Value: 'npx cdk deploy -c name=lab -c instanceType=c7g.large -c amiParameter=/dpdk-rig/labImage/ami-id',
    });
    const built = {
      driver: 'vfio-pci',
      extraDrivers: ['net/e1000'],
      workload: 'bookfeed',
      'feed.venue': 'kraken',
      'feed.symbols': 'XBT/USD,ETH/USD',
    };
    bake(built).template.hasOutput('DeployCommand', {
      Value:
        'npx cdk deploy -c instanceType=t3.medium -c driver=vfio-pci -c extraDrivers=net/e1000 -c workload=bookfeed ' +
        '-c feed.venue=kraken -c feed.symbols=XBT/USD,ETH/USD -c amiParameter=/dpdk-rig/DpdkRigImage/ami-id',
    });
  });

  test('is baked again, under another name, when what it is made of changes', () => {
    const changed = bake(
      {},
      makeTree({ ...TREE, 'native/src/pollcore/main.c': 'int main(void) { return 1; }\n' }),
    );
    const ids = ({ template }: Baked): string[] =>
      Object.entries(resourcesOf(template))
        .filter(([, { Type }]) => Type.startsWith('AWS::ImageBuilder::'))
        .map(([id]) => id);
    expect(ids(baked)).toHaveLength(4);
    expect(ids(changed).filter((id) => ids(baked).includes(id))).toEqual([]);
  });
});

test('nothing is tagged as the rig of that name, which may be destroyed without it', () => {
  const tags = Object.values(resourcesOf(baked.template)).flatMap(
    ({ Properties }) => JSON.stringify(Properties ?? {}).match(/"Key":"dpdk-rig","Value":"[^"]*"/g) ?? [],
  );
  expect([...new Set(tags)]).toEqual(['"Key":"dpdk-rig","Value":"DpdkRigImage"']);
  expect(only(baked.template, 'AWS::ImageBuilder::InfrastructureConfiguration').Properties).toMatchObject({
    ResourceTags: { 'dpdk-rig': 'DpdkRigImage' },
  });
});

describe('the machine that builds', () => {
  test('is reached by nobody, and reaches what it installs from', () => {
    const group = only(baked.template, 'AWS::EC2::SecurityGroup').Properties;
    expect(group).not.toHaveProperty('SecurityGroupIngress');
    expect(group?.['SecurityGroupEgress']).toMatchObject([
      { FromPort: 443, ToPort: 443 },
      { FromPort: 80, ToPort: 80 },
    ]);
    const elsewhere = bake({ s3Endpoint: 'http://10.0.2.100:9000' }).template;
    expect(only(elsewhere, 'AWS::EC2::SecurityGroup').Properties?.['SecurityGroupEgress']).toMatchObject([
      { FromPort: 443 },
      { FromPort: 80 },
      { FromPort: 9000, ToPort: 9000 },
    ]);
  });

  test('in another zone is in another VPC, as two subnets of one cannot have the same addresses', () => {
    const { template } = bake({ availabilityZone: 'eu-west-1b' });
    expect(only(template, 'AWS::EC2::VPC').id).not.toBe(only(baked.template, 'AWS::EC2::VPC').id);
  });

  test('goes when the build fails, and answers to version 2 of the metadata service alone', () => {
    expect(only(baked.template, 'AWS::ImageBuilder::InfrastructureConfiguration').Properties).toMatchObject({
      InstanceTypes: ['t3.medium'],
      InstanceMetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      TerminateInstanceOnFailure: true,
    });
  });

  test('may read two assets, one component and Image Builder’s own agent, and write one log', () => {
    const { Policies } = only(baked.template, 'AWS::IAM::Role', 'RolesBuild').Properties as {
      Policies: { PolicyDocument: { Statement: { Action: string | string[] }[] } }[];
    };
    const actions = Policies.flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.flatMap(({ Action }) => Action),
    );
    expect([...new Set(actions)].sort()).toEqual([
      'imagebuilder:GetComponent',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
    ]);
    expect(JSON.stringify(Policies)).not.toContain('"Resource":"*"');
  });
});

test('cdk-nag and the CDK’s own find what is acknowledged and nothing else', () => {
  interface Report {
    readonly pluginName: string;
    readonly violations: readonly object[];
    readonly suppressedViolations: readonly { readonly ruleName: string }[];
  }
  const { pluginReports } = JSON.parse(
    readFileSync(join(baked.app.outdir, 'validation-report.json'), 'utf8'),
  ) as { pluginReports: Report[] };
  expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  const suppressed = pluginReports.flatMap(({ suppressedViolations }) => suppressedViolations);
  expect([...new Set(suppressed.map(({ ruleName }) => ruleName))].sort()).toEqual([
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/EC2ImageBuilderLifecycleExecutionPolicy]',
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::ec2imagebuilder*]',
    'AwsSolutions-VPC7',
  ]);
});
