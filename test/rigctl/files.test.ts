// What a person is told of a file that cannot be read or written, and that a session ends with rigctl.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readJsonFile, requireFolder, writeTextFile } from '../../lib/rigctl/files.js';
import { runSession } from '../../lib/rigctl/status.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rig-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('JSON that is none is wrong usage, with the name of the file', () => {
  const file = join(folder, 'cdk.json');
  expect(readJsonFile(file)).toBeUndefined();
  writeFileSync(file, '{"context": {},}');
  const read = (): unknown => readJsonFile(file);
  expect(read).toThrow(/cdk\.json cannot be read: .*JSON.*; next: correct it/);
  expect(read).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
});

test('a file that cannot be written is named, with what to do', async () => {
  await expect(writeTextFile(join(folder, 'no', 'file'), '', 'name another')).rejects.toMatchObject({
    cause: expect.stringMatching(/no\/file cannot be written: .*ENOENT/) as string,
    next: 'name another',
  });
  await writeTextFile(join(folder, 'file'), 'text', '');
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('text');
});

test('a folder is made, or refused before anything takes long', async () => {
  await requireFolder(join(folder, 'a', 'b'), '');
  writeFileSync(join(folder, 'a', 'b', 'file'), '');
  await expect(requireFolder(join(folder, 'a', 'b', 'file'), 'another')).rejects.toMatchObject({
    cause: expect.stringMatching(/nothing can be written to .*file: .*EEXIST/) as string,
    exitCode: 2,
  });
});

describe('a session in this terminal', () => {
  it("has the command's exit code", async () => {
    const { signal } = new AbortController();
    expect(await runSession(['bash', '-c', 'exit 7'], signal)).toBe(7);
    await expect(runSession([join(folder, 'aws')], signal)).rejects.toThrow('the AWS CLI is not installed');
  });

  it('outlives Ctrl-C, which is its own', async () => {
    const interrupt = new AbortController();
    const session = runSession(
      ['bash', '-c', `until [ -e ${folder}/go ]; do sleep 0.02; done; exit 3`],
      interrupt.signal,
    );
    interrupt.abort('SIGINT');
    writeFileSync(join(folder, 'go'), '');
    expect(await session).toBe(3);
  });

  it('ends when rigctl is to end', async () => {
    const terminate = new AbortController();
    const session = runSession(['sleep', '60'], terminate.signal);
    terminate.abort('SIGTERM');
    expect(await session).toBe(143);
  });
});
