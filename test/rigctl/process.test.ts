// How a local run ends the processes that it has started, keeps its state, and what its end by a signal is called.
import { spawn, type ChildProcess } from 'node:child_process';
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { interruptCode, interrupted, isAbort, isOrderlyEnd } from '../../lib/rigctl/interrupt.js';
import { endProcess, isAlive } from '../../lib/rigctl/local/process.js';
import { replaceFile } from '../../lib/rigctl/local/state-file.js';

describe('endProcess', () => {
  let child: ChildProcess;
  let pid: number;
  let gone: Promise<unknown>;

  const start = async (script: string): Promise<void> => {
    child = spawn('bash', ['-c', `${script}; echo ready; while :; do sleep 0.1; done`, 'rig-mark'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    pid = child.pid ?? 0;
    gone = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout?.once('data', resolve));
  };
  afterEach(() => {
    jest.restoreAllMocks();
    child.kill('SIGKILL');
  });

  it('ends a process in order', async () => {
    await start(':');
    await endProcess(pid, 'rig-mark');
    await gone;
    expect(child.signalCode).toBe('SIGTERM');
  });

  it('kills one that does not listen', async () => {
    await start("trap '' TERM");
    await endProcess(pid, 'rig-mark');
    await gone;
    expect(child.signalCode).toBe('SIGKILL');
  });

  it("leaves another's process of the same id alone", async () => {
    await start(':');
    await endProcess(pid, 'another-mark');
    expect(isAlive(pid)).toBe(true);
  });

  // The moment between the look and the signal cannot be hit from outside.
  const fails = (code: string): void => {
    jest.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error(`kill ${code}`), { code });
    });
  };

  it('is content when the process ends just before the signal', async () => {
    await start(':');
    fails('ESRCH');
    await expect(endProcess(pid, 'rig-mark')).resolves.toBeUndefined();
  });

  it('says so when it may not', async () => {
    await start(':');
    fails('EPERM');
    await expect(endProcess(pid, 'rig-mark')).rejects.toThrow('kill EPERM');
  });
});

test('a state file is replaced, never written over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rig-state-'));
  const file = join(folder, 'state.json');
  await replaceFile(file, { hugepages: 48 });
  linkSync(file, join(folder, 'reader'));
  await replaceFile(file, { hugepages: 0 });
  expect(readFileSync(join(folder, 'reader'), 'utf8')).toBe('{"hugepages":48}');
  expect(readFileSync(file, 'utf8')).toBe('{"hugepages":0}');
  expect(readdirSync(folder).sort()).toEqual(['reader', 'state.json']);
  rmSync(folder, { recursive: true });
});

describe('an end by a signal', () => {
  const by = (name: string): AbortSignal => AbortSignal.abort(name);

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGPIPE', 141],
  ])('%s exits %i', (name, code) => {
    expect(interruptCode(by(name))).toBe(code);
    expect(interrupted(by(name))).toMatchObject({ cause: `interrupted (${name})`, exitCode: code });
  });

  it('is orderly only by Ctrl-C', () => {
    expect([by('SIGINT'), by('SIGTERM')].map(isOrderlyEnd)).toEqual([true, false]);
    expect(isOrderlyEnd(new AbortController().signal)).toBe(false);
  });

  it('hides no other fault', () => {
    const aborted = Object.assign(new Error('aborted'), { name: 'AbortError' });
    expect(isAbort(aborted, by('SIGINT'))).toBe(true);
    expect(isAbort('SIGINT', by('SIGINT'))).toBe(true);
    expect(isAbort(new Error('umount failed'), by('SIGINT'))).toBe(false);
    expect(isAbort(aborted, new AbortController().signal)).toBe(false);
  });
});
