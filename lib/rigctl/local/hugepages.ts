// Hugepages for the local rig: reserves what is missing, mounts a hugetlbfs of its own, and gives back what it took.
import { readFile, writeFile } from 'node:fs/promises';

import { RigError, run } from '../run.js';

const SYSFS = '/sys/kernel/mm/hugepages/hugepages-2048kB';

/** Count of 2 MB pages for the local core: its packet buffers take about 20 MB, EAL and telemetry the rest. */
export const LOCAL_HUGEPAGES = 64;

async function read(name: 'nr_hugepages' | 'free_hugepages'): Promise<number> {
  const text = await readFile(`${SYSFS}/${name}`, 'utf8').catch(() => {
    throw new RigError(`the kernel has no ${SYSFS}`, 'use an x86-64 or arm64 kernel with hugetlbfs');
  });
  return Number(text);
}

/** Makes sure that LOCAL_HUGEPAGES pages are free. @returns what addHugepages does. */
export async function takeHugepages(): Promise<number> {
  return addHugepages(LOCAL_HUGEPAGES - (await read('free_hugepages')));
}

/**
 * Reserves so many pages beside those that are there, of which another program may be about to take the free ones.
 * @returns the count of pages that this call added, to be given to returnHugepages.
 * @throws RigError when the kernel has no 2 MB pages or cannot find the memory; what it did find is given back.
 */
export async function addHugepages(wanted: number): Promise<number> {
  const total = await read('nr_hugepages');
  if (wanted <= 0) return 0;
  await writeFile(`${SYSFS}/nr_hugepages`, String(total + wanted));
  const added = (await read('nr_hugepages')) - total;
  if (added >= wanted) return added;
  await returnHugepages(added);
  throw new RigError(
    `only ${added} of ${wanted} hugepages of 2 MB could be reserved`,
    'free memory or reboot: the kernel needs unfragmented 2 MB blocks',
  );
}

/** Gives back `count` pages. */
export async function returnHugepages(count: number): Promise<void> {
  if (count > 0)
    await writeFile(`${SYSFS}/nr_hugepages`, String(Math.max(0, (await read('nr_hugepages')) - count)));
}

export async function mountHugetlbfs(path: string): Promise<void> {
  await run('mount', ['-t', 'hugetlbfs', '-o', 'pagesize=2M', 'dpdk-rig', path]);
}

/** Unmounts, whether or not it is mounted. */
export async function unmountHugetlbfs(path: string): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  if (mounts.split('\n').some((line) => line.split(' ')[1] === path)) await run('umount', [path]);
}
