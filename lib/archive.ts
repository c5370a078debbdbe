// Packs a folder of the repository into a tar whose bytes depend on names, contents and the executable bit alone,
// so that the same commit has the same SHA-256 on every machine.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Header } from 'tar';

const BLOCK_BYTES = 512;

export interface ArchiveFile {
  /** The name inside the archive, with forward slashes. */
  readonly name: string;
  readonly path: string;
}

/**
 * The regular files below `directory`, without hidden ones and Python's caches.
 * @throws on a symbolic link, which would let the archive depend on what is outside the folder.
 */
export function listFiles(directory: string, prefix = ''): ArchiveFile[] {
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.') && name !== '__pycache__')
    .flatMap((name) => {
      const path = join(directory, name);
      const status = lstatSync(path);
      if (status.isDirectory()) return listFiles(path, `${prefix}${name}/`);
      if (status.isFile()) return [{ name: `${prefix}${name}`, path }];
      throw new Error(`${path} is neither a file nor a folder; the rig's assets hold only those`);
    });
}

/** An uncompressed tar of `files`, sorted by name. */
export function packFiles(files: readonly ArchiveFile[]): Buffer {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const endOfArchive = Buffer.alloc(2 * BLOCK_BYTES);
  return Buffer.concat([...sorted.flatMap(packFile), endOfArchive]);
}

function packFile({ name, path }: ArchiveFile): Buffer[] {
  const content = readFileSync(path);
  const isExecutable = (lstatSync(path).mode & 0o100) !== 0;
  const header = new Header({
    type: 'File',
    path: name,
    size: content.length,
    mode: isExecutable ? 0o755 : 0o644,
    mtime: new Date(0),
    uid: 0,
    gid: 0,
  });
  const needsExtension = header.encode();
  if (needsExtension || !header.block)
    throw new Error(`${name} is too long a name for a plain tar: shorten it`);
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  return [header.block, content, padding];
}
