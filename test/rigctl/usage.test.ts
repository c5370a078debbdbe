// What a person meets who types something wrong, or who has no AWS yet: the message, the next step and the exit code.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

jest.setTimeout(300_000);

const project = join(__dirname, '../..');

/** rigctl with no region, no credentials and no terminal. */
function rigctl(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', join(project, 'bin/rigctl.ts'), ...args], {
    cwd: project,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
}

test.each([
  [
    ['preflight', '-c', 'hugepages=1', '-c', 'instanceTyp=t3.medium'],
    /hugepages = "1"; allowed: .*64 or more/,
  ],
  [['deploy', '-c', 'instanceTyp=t3.medium'], /no such key: did you mean instanceType\?/],
  [
    ['status', 'my rig'],
    /'my rig' is invalid for argument 'name'. allowed: a stack name: a letter, then.*\n\(rigctl status --help/,
  ],
  [['extend', 'X'], /required option '--hours <n>' not specified\n\(rigctl extend --help lists/],
  [
    ['local', '--lnk', 'memif'],
    /unknown option '--lnk'\n\(Did you mean --link\?\)\n\(npm start -- --help lists/,
  ],
  [['local', '--topology', 'pair', '--profile', 'soak'], /needs one rate.*\n.*next: npm start -- --help/],
])('%j is wrong usage, whatever AWS would say', (args, message) => {
  const { status, stdout, stderr } = rigctl(...args);
  expect(stderr).toMatch(message);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

test('without a region, and without credentials, it says what to do', () => {
  const nowhere = rigctl('list');
  expect(nowhere.stderr).toMatch(/no AWS region is set\n.*next: pass --region/);
  expect(nowhere.status).toBe(4);
  const wrong = rigctl('list', '--region', 'eu west');
  expect(wrong.stderr).toMatch(/^rig: Region not accepted: .*eu west.*\nrig: next: pass a region such as/);
  expect(wrong.status).toBe(4);
  const { status, stderr } = rigctl('list', '--region', 'eu-west-1');
  expect(stderr).toMatch(/does not accept the credentials: .*\n.*next: log in/);
  expect(status).toBe(4);
});

test.each([
  ['local', /Exit codes:\n {2}0 .*Ctrl-C/],
  ['measure', /default: DpdkRig\)[^]*\(default: 0.01\)[^]*130 {2}interrupted/],
])('%s --help tells defaults and exit codes, without colour', (command, pattern) => {
  const { status, stdout, stderr } = rigctl(command, '--help');
  expect(stdout).toMatch(pattern);
  // eslint-disable-next-line no-control-regex -- none of them may be in a pipe
  expect(stdout).not.toMatch(/[\u001b\r]/);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
