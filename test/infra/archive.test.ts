import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import { listFiles, packFiles } from '../../lib/archive.js';
import { makeTree } from './fixture.js';

const FILES = { 'b.txt': 'b'.repeat(513), 'a/run': '#!/bin/sh\n', 'a/empty': '', 'a.txt': 'a'.repeat(512) };

function pack(root: string): Buffer {
  return packFiles(listFiles(root));
}

test('what tar unpacks is what was packed', () => {
  const root = makeTree(FILES);
  chmodSync(join(root, 'a/run'), 0o700);
  const tar = pack(root);
  const list = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--utc'], {
    input: tar,
    encoding: 'utf8',
  });
  expect(
    list
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual([
    '-rw-r--r-- 0/0 512 1970-01-01 00:00 a.txt',
    '-rw-r--r-- 0/0 0 1970-01-01 00:00 a/empty',
    '-rwxr-xr-x 0/0 10 1970-01-01 00:00 a/run',
    '-rw-r--r-- 0/0 513 1970-01-01 00:00 b.txt',
  ]);
  const content = execFileSync('tar', ['--extract', '--to-stdout', 'b.txt'], {
    input: tar,
    encoding: 'utf8',
  });
  expect(content).toBe(FILES['b.txt']);
});

test('the bytes do not depend on time, owner, umask or folder', () => {
  const [one, other] = [makeTree(FILES), makeTree(FILES)];
  utimesSync(join(other, 'b.txt'), 1, 1);
  chmodSync(join(other, 'b.txt'), 0o664);
  expect(pack(other).equals(pack(one))).toBe(true);
  // The hash of these bytes is a promise to other machines: it must not depend on this one.
  expect(createHash('sha256').update(pack(one)).digest('hex')).toBe(
    '4097d6243e1f326f94d6b01d22eb08b8d0a3a6e8954daeeb66e74358647b80f1',
  );
});

test('the bytes depend on content, names and the executable bit', () => {
  const tar = pack(makeTree(FILES));
  expect(pack(makeTree({ ...FILES, 'b.txt': 'c'.repeat(513) })).equals(tar)).toBe(false);
  expect(pack(makeTree({ ...FILES, 'c.txt': '' })).equals(tar)).toBe(false);
  const root = makeTree(FILES);
  chmodSync(join(root, 'b.txt'), 0o755);
  expect(pack(root).equals(tar)).toBe(false);
});

test('hidden files and caches stay out', () => {
  const root = makeTree({ 'a.txt': '', '.git/config': '', '.swp': '', '__pycache__/x.pyc': '' });
  expect(listFiles(root).map((file) => file.name)).toEqual(['a.txt']);
});

test('a symbolic link is refused', () => {
  const root = makeTree({ 'a.txt': '' });
  symlinkSync('/etc/passwd', join(root, 'link'));
  expect(() => listFiles(root)).toThrow(/link is neither a file nor a folder/);
});

test('a name that a plain tar holds is kept, a longer one is refused', () => {
  const folders = `${'d'.repeat(77)}/${'e'.repeat(77)}`;
  const tar = pack(makeTree({ [`${folders}/${'f'.repeat(99)}`]: '' }));
  expect(execFileSync('tar', ['--list'], { input: tar, encoding: 'utf8' })).toBe(
    `${folders}/${'f'.repeat(99)}\n`,
  );
  expect(() => pack(makeTree({ [`${folders}/${'f'.repeat(101)}`]: '' }))).toThrow(
    /too long a name for a plain tar: shorten it/,
  );
});
