// bin/rig.ts as the CDK's CLI runs it: context in, a cloud assembly or all faults out.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { AMI, makeTree, PROJECT } from './fixture.js';

interface Run {
  readonly status: number | null;
  readonly stderr: string;
  readonly outdir: string;
}

function runApp(context: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}): Run {
  const outdir = makeTree({});
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bin/rig.ts'], {
    cwd: PROJECT,
    encoding: 'utf8',
    env: {
      PATH: '/usr/bin:/bin',
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      ...env,
    },
  });
  return { status, stderr, outdir };
}

function environmentOf(run: Run): string | undefined {
  const manifest = JSON.parse(readFileSync(join(run.outdir, 'manifest.json'), 'utf8')) as {
    artifacts: Record<string, { environment?: string }>;
  };
  return manifest.artifacts['DpdkRig']?.environment;
}

// A run takes two seconds, and many more on a machine that is busy with a build.
jest.setTimeout(120_000);

test('without an account it makes a stack for any', () => {
  const run = runApp({ amiId: AMI });
  expect(run).toMatchObject({ status: 0 });
  expect(environmentOf(run)).toBe('aws://unknown-account/unknown-region');
});

test('with an account it makes a stack for that one, and leaves the CDK’s own context alone', () => {
  const context = {
    amiId: AMI,
    '@aws-cdk/core:checkSecretUsage': true,
    'aws:cdk:bundling-stacks': ['**'],
    'acknowledged-issue-numbers': [1],
    'cli-telemetry': false,
    'availability-zones:account=123456789012:region=eu-west-1': ['eu-west-1a'],
  };
  const run = runApp(context, { CDK_DEFAULT_ACCOUNT: '123456789012', CDK_DEFAULT_REGION: 'eu-west-1' });
  expect(run).toMatchObject({ status: 0 });
  expect(environmentOf(run)).toBe('aws://123456789012/eu-west-1');
});

test('image=true makes the stack that bakes an image, and that one alone', () => {
  const run = runApp({ amiId: AMI, image: 'true' });
  expect(run).toMatchObject({ status: 0 });
  expect(existsSync(join(run.outdir, 'DpdkRigImage.template.json'))).toBe(true);
  expect(existsSync(join(run.outdir, 'DpdkRig.template.json'))).toBe(false);
});

test('faults are all told at once, with no stack trace, and nothing is made', () => {
  const run = runApp({ hugepage: 512, driver: 'uio' });
  expect(run.status).toBe(1);
  expect(run.stderr).toBe(
    'the rig\'s configuration (cdk.json "context", or -c key=value) is not valid:\n' +
      '  hugepage = 512; no such key: did you mean hugepages?\n' +
      '  driver = "uio"; allowed: igb_uio or vfio-pci\n',
  );
  expect(existsSync(join(run.outdir, 'DpdkRig.template.json'))).toBe(false);
});
