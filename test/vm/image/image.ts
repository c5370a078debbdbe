// What a guest boots from: emulator, kernels, disk. Each part is made once, by a script beside this file, and kept in the
// cache under a hash of what it was made from.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { EXTRA_DRIVERS } from '../harness/topology.js';
import { HEAD_SECTORS, SECTOR_BYTES, whyNotBootable } from './boot-sector.js';

const HERE = __dirname;
const PROJECT = join(HERE, '../../..');
const USERDATA = join(PROJECT, 'userdata');
const VERSIONS = join(USERDATA, 'versions.env');
export const CACHE = join(PROJECT, '.cache/vm');
/** What `npm run sources` fetched: it goes with the stack's assets. */
const SHIPPED = join(PROJECT, '.cache/shipped');

export interface Kernel {
  readonly release: string;
  readonly image: string;
  readonly initrd: string;
}

export interface Image {
  /** `EMULATOR qemu-img …` and `EMULATOR qemu-system-x86_64 …` run Debian 13's QEMU. */
  readonly emulator: string;
  /** Boot from an overlay of it. */
  readonly disk: string;
  readonly format: 'raw' | 'qcow2';
  /** The version that the guest runs. */
  readonly dpdkVersion: string;
  /** Its virtual size, where that is not known to be below the machine's disk. */
  readonly diskBytes?: number;
  /** A tar to lay over the guest's root before it builds: pins and third-party archives. */
  readonly sources?: string;
  /** Whether DPDK is in it. */
  readonly baked: boolean;
  /** The user that cloud-init gives the key to. */
  readonly user: string;
  /** The kernel in the disk; without, the disk brings its own boot loader. */
  readonly kernel?: Kernel;
  /** A newer one, whose packages lie in the guest's /var/cache/rig-vm. */
  readonly nextKernel?: Kernel;
}

type Say = (text: string) => void;

/** Hash over files, whole folders included, by path and content. */
function contentKey(paths: readonly string[], ...words: readonly string[]): string {
  const hash = createHash('sha256').update(words.join('\0'));
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) add(join(path, name));
    } else {
      hash
        .update(`${path.slice(PROJECT.length)}\0`)
        .update(readFileSync(path))
        .update('\0');
    }
  };
  for (const path of paths) add(path);
  return hash.digest('hex').slice(0, 16);
}

const here = (...names: string[]): string[] => names.map((name) => join(HERE, name));

/** Makes CACHE/`part`-`key` with build-`part`.sh, which gets the path to make and `args`. Nothing if it is there. */
function cached(part: string, key: string, args: readonly string[], say: Say): string {
  const path = join(CACHE, `${part}-${key}`);
  if (existsSync(path)) return path;
  say(`making the guest's ${part}`);
  for (const name of existsSync(CACHE) ? readdirSync(CACHE) : []) {
    // One of each is kept: an older one would only take space.
    if (name.startsWith(`${part}-`)) rmSync(join(CACHE, name), { recursive: true });
  }
  mkdirSync(CACHE, { recursive: true });
  const log = join(CACHE, `build-${part}.log`);
  const { status } = spawnSync(
    'bash',
    ['-c', '"$@" >"$0" 2>&1', log, join(HERE, `build-${part}.sh`), `${path}.part`, ...args],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, TMPDIR: existsSync('/dev/shm') ? '/dev/shm' : '/tmp' },
    },
  );
  if (status !== 0) {
    const said = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n');
    throw new Error(
      `test/vm/image/build-${part}.sh ended with ${String(status)} (all of it: ${log}):\n${said}`,
    );
  }
  renameSync(`${path}.part`, path);
  return path;
}

function pinnedDpdk(file: string): string {
  const version = /RIG_DPDK_VERSION:?=([\d.]+)/.exec(readFileSync(file, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${file} pins no RIG_DPDK_VERSION`);
  return version;
}

export function prepareEmulator(say: Say): string {
  return join(cached('emulator', contentKey(here('build-emulator.sh', 'mirror.sh')), [], say), 'run');
}

/** Pins and third-party archives, for a guest that reaches no upstream. */
function prepareSources(say: Say): { readonly key: string; readonly path: string } {
  const pins = [VERSIONS, join(USERDATA, 'bin/fetch-sources')];
  const key = contentKey([...pins, ...here('build-sources.sh', 'override.env')]);
  return { key, path: cached('sources', key, [USERDATA], say) };
}

/**
 * Debian 13 as EC2's images have it.
 * @param baked false leaves DPDK out, so that the guest builds it itself.
 */
export function prepareImage(baked: boolean, say: Say): Image {
  const emulator = prepareEmulator(say);
  const rootKey = contentKey(here('build-root.sh', 'configure-root.sh', 'mirror.sh', 'packages.txt'));
  const root = cached('root', rootKey, [], say);
  const rootTar = join(root, 'root.tar');

  const { key: sourcesKey, path: sources } = prepareSources(say);
  const layers = [rootTar, sources];
  if (baked) {
    const step = ['versions.env', 'lib/dpdk.sh', 'lib/run.sh', 'steps/build-dpdk.sh'].map((name) =>
      join(USERDATA, name),
    );
    const dpdkKey = contentKey([...step, ...here('build-dpdk.sh')], rootKey, sourcesKey, EXTRA_DRIVERS);
    layers.push(cached('dpdk', dpdkKey, [rootTar, sources, USERDATA, EXTRA_DRIVERS], say));
  }
  const diskKey = contentKey(here('build-disk.sh'), ...layers);
  const disk = cached('disk', diskKey, layers, say);

  const [release = '', next = ''] = readFileSync(join(root, 'kernels'), 'utf8').trim().split('\n');
  const kernel = (name: string): Kernel => ({
    release: name,
    image: join(root, name, 'vmlinux'),
    initrd: join(root, name, 'initrd'),
  });
  return {
    emulator,
    disk,
    format: 'raw',
    dpdkVersion: pinnedDpdk(join(HERE, 'override.env')),
    baked,
    user: 'debian',
    kernel: kernel(release),
    nextKernel: kernel(next),
  };
}

/** The start of a disk, whatever its format. */
function diskHead(emulator: string, file: string, format: string): Buffer {
  const out = join(CACHE, `head-${process.pid}`);
  const size = [`bs=${SECTOR_BYTES}`, `count=${HEAD_SECTORS}`];
  const dd = ['qemu-img', 'dd', '-f', format, '-O', 'raw', ...size, `if=${file}`, `of=${out}`];
  try {
    execFileSync(emulator, dd, { stdio: ['ignore', 'ignore', 'inherit'] });
    return readFileSync(out);
  } finally {
    rmSync(out, { force: true });
  }
}

/**
 * Somebody's cloud image, with its own boot loader and without anything of the rig. Its guest builds the pinned DPDK if the
 * stack ships the source, else the one that our own guest has.
 * @throws at once on what could never boot here.
 */
export function foreignImage(file: string, user: string, say: Say): Image {
  if (!existsSync(file)) throw new Error(`--image ${file} is not there`);
  const emulator = prepareEmulator(say);
  const { status, stdout } = spawnSync(emulator, ['qemu-img', 'info', '--output=json', file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} is no disk image that qemu-img knows`);
  const { format, 'virtual-size': diskBytes } = JSON.parse(stdout) as {
    format: string;
    'virtual-size': number;
  };
  if (format !== 'raw' && format !== 'qcow2')
    throw new Error(`${file} has format ${format}; allowed are raw and qcow2`);
  const reason = whyNotBootable(diskHead(emulator, file, format));
  if (reason !== undefined) throw new Error(`${file} cannot be booted: ${reason}`);
  const image = { emulator, disk: resolve(file), diskBytes, format, baked: false, user } as const;
  const pinned = pinnedDpdk(VERSIONS);
  if (existsSync(join(SHIPPED, `dpdk-${pinned}.tar.xz`))) return { ...image, dpdkVersion: pinned };
  const dpdkVersion = pinnedDpdk(join(HERE, 'override.env'));
  say(`the stack ships no source of DPDK ${pinned} (npm run sources): the guest builds ${dpdkVersion}`);
  return { ...image, dpdkVersion, sources: prepareSources(say).path };
}
