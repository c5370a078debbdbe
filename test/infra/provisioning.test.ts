import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Annotations, Match } from 'aws-cdk-lib/assertions';

import { Provisioning } from '../../lib/provisioning.js';
import { makeRig, PROJECT, type Rig } from './fixture.js';
import { userDataOf } from './user-data.js';

const KEYS = [
  'RIG_DRIVER',
  'RIG_EXTRA_DRIVERS',
  'RIG_GENERATION',
  'RIG_HUGEPAGES',
  'RIG_NAME',
  'RIG_NATIVE_SHA256',
  'RIG_NATIVE_URI',
  'RIG_POLLCORE_MODE',
  'RIG_REGION',
  'RIG_ROLE',
  'RIG_S3_ENDPOINT',
  'RIG_SIGNAL_CORE_RUNNING',
  'RIG_SIGNAL_DPDK_READY',
  'RIG_SIGNAL_PORT_READY',
  'RIG_USERDATA_SHA256',
  'RIG_USERDATA_URI',
  'RIG_WORKLOAD',
];

/** What bash has in its RIG_ variables after it ran the user data. */
function evaluateInBash(userData: string): Record<string, string> {
  const print = 'for name in "${!RIG_@}"; do printf "%s\\0%s\\0" "$name" "${!name}"; done';
  const output = execFileSync('bash', ['--norc', '-c', `${userData}\n${print}`], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  });
  const variables = output.matchAll(/([^\0]*)\0([^\0]*)\0/g);
  return Object.fromEntries(Array.from(variables, ([, name = '', value = '']) => [name, value]));
}

/** A stub that does nothing but take its environment. */
const BARE = { 'userdata/boot.sh': '#!/bin/bash\n# @RIG_ENV@\n' };

function tarballs({
  app,
}: Rig): { readonly name: string; readonly sha256: string; readonly files: string[] }[] {
  return readdirSync(app.outdir)
    .filter((name) => name.startsWith('asset.'))
    .map((name) => {
      const bytes = readFileSync(join(app.outdir, name));
      const files = execFileSync('tar', ['--list'], { input: bytes, encoding: 'utf8' }).trimEnd().split('\n');
      return { name, sha256: createHash('sha256').update(bytes).digest('hex'), files };
    });
}

describe('rig.env', () => {
  const rig = makeRig({ files: BARE });
  const env = evaluateInBash(userDataOf(rig.template));

  test('has every key of the interface and no other', () => {
    expect(Object.keys(env).sort()).toEqual(KEYS);
  });

  test('has the configuration', () => {
    expect(env).toMatchObject({
      RIG_NAME: 'DpdkRig',
      RIG_ROLE: 'alone',
      RIG_DRIVER: 'igb_uio',
      RIG_HUGEPAGES: '512',
      RIG_WORKLOAD: 'pollcore',
      RIG_POLLCORE_MODE: 'respond',
      RIG_EXTRA_DRIVERS: '',
      RIG_S3_ENDPOINT: '',
      RIG_REGION: 'ap-northeast-2',
    });
    const context = {
      name: 'lab',
      driver: 'vfio-pci',
      hugepages: 64,
      pollcoreMode: 'sink',
      extraDrivers: ['net/e1000', 'net/igc'],
      s3Endpoint: 'http://10.0.2.100:9000',
    };
    expect(evaluateInBash(userDataOf(makeRig({ files: BARE, context }).template))).toMatchObject({
      RIG_NAME: 'lab',
      RIG_DRIVER: 'vfio-pci',
      RIG_HUGEPAGES: '64',
      RIG_POLLCORE_MODE: 'sink',
      RIG_EXTRA_DRIVERS: 'net/e1000,net/igc',
      RIG_S3_ENDPOINT: 'http://10.0.2.100:9000',
    });
  });

  test('names the published assets and their true hashes', () => {
    const published = new Map(tarballs(rig).map(({ name, sha256 }) => [name.replace('asset.', ''), sha256]));
    expect(published.size).toBe(2);
    for (const asset of ['USERDATA', 'NATIVE']) {
      const uri = env[`RIG_${asset}_URI`] ?? '';
      expect(uri).toMatch(/^s3:\/\/cdk-hnb659fds-assets-123456789012-ap-northeast-2\/[0-9a-f]{64}\.tar$/);
      expect(env[`RIG_${asset}_SHA256`]).toBe(published.get(uri.split('/').at(-1) ?? ''));
    }
  });

  test('has a signal URL of its own for each milestone', () => {
    for (const [key, handle] of [
      ['RIG_SIGNAL_DPDK_READY', 'DpdkReadyHandle'],
      ['RIG_SIGNAL_PORT_READY', 'PortReadyHandle'],
      ['RIG_SIGNAL_CORE_RUNNING', 'CoreRunningHandle'],
    ] as const) {
      expect(env[key]).toContain(`${handle}${env['RIG_GENERATION'] ?? ''}?`);
    }
  });
});

test('a hostile value reaches the machine as it is', () => {
  // The schema lets none of these in; the quoting must not depend on that.
  const hostile = `a'b"c $(touch /tmp/pwned) \`id\` \\ $HOME !! \n# & ; | $& $1 $'`;
  const rig = makeRig({ files: BARE });
  const [provisioning] = rig.stack.node.findAll().filter((construct) => construct instanceof Provisioning);
  const machine = { name: hostile, prefix: '', role: 'alone', mode: 'respond' } as const;
  const rendered =
    provisioning?.render(machine, {
      generation: 'abcd0123',
      milestones: ['PortReady'],
      signalUrl: () => hostile,
      peerIpv4: hostile,
    }) ?? '';
  const literal = rig.stack.resolve(rendered) as { 'Fn::Join': [string, unknown[]] };
  const text = literal['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'x')).join('');
  expect(evaluateInBash(text)).toMatchObject({
    RIG_NAME: hostile,
    RIG_SIGNAL_PORT_READY: hostile,
    RIG_PEER_IPV4: hostile,
  });
});

describe('the boot stub', () => {
  test('without its marker is refused', () => {
    expect(() => makeRig({ files: { 'userdata/boot.sh': '#!/bin/bash\n' } })).toThrow(
      /boot\.sh has no line "# @RIG_ENV@" for the rig's environment/,
    );
  });

  test('that makes user data too long is refused', () => {
    const files = { 'userdata/boot.sh': `${BARE['userdata/boot.sh']}${'#'.repeat(15_000)}\n` };
    expect(() => makeRig({ files })).toThrow(
      /user data takes \d+ bytes, EC2 takes 16384: move what userdata\/boot\.sh does after the fetch/,
    );
  });

  test('of this project, with its environment, is sound and fits', () => {
    const userData = userDataOf(makeRig({ root: PROJECT }).template);
    expect(userData.startsWith('#!')).toBe(true);
    expect(Buffer.byteLength(userData)).toBeLessThan(16 * 1024);
    const syntax = spawnSync('bash', ['--norc', '-n'], { input: userData, encoding: 'utf8' });
    expect(syntax.stderr).toBe('');
    expect(syntax.status).toBe(0);
    // SC2034: rig.env is for what comes after the stub, which does not use all of it itself.
    const check = spawnSync('shellcheck', ['--shell=bash', '--exclude=SC2034', '-'], {
      input: userData,
      encoding: 'utf8',
      cwd: join(PROJECT, 'userdata'),
    });
    expect(check.error).toBeUndefined();
    expect(check.stdout).toBe('');
  });
});

describe('the assets', () => {
  const files = {
    'userdata/lib/log.sh': '',
    'userdata/.swp': '',
    'native/meson_options.txt': '',
    'native/subprojects/lwip.wrap': '',
    'native/bench/decode.c': '',
    'native/build/pollcore': '',
  };

  test('hold userdata/ whole, and of native/ what the machine builds', () => {
    expect(tarballs(makeRig({ files })).map((tarball) => tarball.files)).toEqual(
      expect.arrayContaining([
        ['boot.sh', 'lib/log.sh', 'steps/claim-nic'],
        ['meson.build', 'meson_options.txt', 'src/pollcore/main.c', 'subprojects/lwip.wrap'],
      ]),
    );
  });

  test('hold the third-party archives when they are there', () => {
    const sources = {
      'dpdk-24.11.8.tar.xz': 'x',
      'kmods.tar.gz': 'y',
      'dpdk-24.11.8.tar.xz.part': 'z',
      'note.txt': '',
    };
    const rig = makeRig({ sources });
    expect(tarballs(rig).flatMap((tarball) => tarball.files)).toEqual(
      expect.arrayContaining(['sources/dpdk-24.11.8.tar.xz', 'sources/kmods.tar.gz']),
    );
    expect(tarballs(rig).flatMap((tarball) => tarball.files)).not.toContainEqual(
      expect.stringMatching(/part|note/),
    );
    Annotations.fromStack(rig.stack).hasNoWarning('*', Match.stringLikeRegexp('sources'));
  });

  test('without them bring a warning that says what then happens', () => {
    for (const sources of [undefined, {}]) {
      Annotations.fromStack(makeRig({ sources }).stack).hasWarning(
        '/DpdkRig/Provisioning',
        Match.stringLikeRegexp(
          'the machine downloads DPDK and igb_uio from upstream when it boots.*npm run sources',
        ),
      );
    }
  });
});
