// A guest that builds everything itself, under emulation: it gets more time for its steps than a real machine needs, and
// somebody's image is looked at first, since what it lacks would show only after an hour.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Image } from '../image/image.js';
import type { Machine } from './machine.js';
import { DATA } from './topology.js';

/** Seconds by the names of userdata/versions.env, whose own limits are for a real machine. DPDK alone took 2114 here. */
const LIMITS = { RIG_APT_LOCK_TIMEOUT: 3600, RIG_APT_TIMEOUT: 3600, RIG_BUILD_TIMEOUT: 6000 };
/** More than all of them together: the guest itself shall say what took too long. */
export const BUILD_SECONDS = 20_000;
const CHECK = join(__dirname, '../image/check-foreign.sh');

/** Called while the store holds its answers back, so that the rig has not begun. @throws why it should not. */
export async function prepareBuilder(machine: Machine, image: Image): Promise<void> {
  const foreign = image.kernel === undefined;
  try {
    await machine.shell();
  } catch (error) {
    if (!foreign) throw error;
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}\nIs "${image.user}" (--user) the user to whom this ` +
        'image gives the key, and has the image cloud-init with the EC2 datasource?',
      { cause: error },
    );
  }
  if (foreign) {
    console.error('vm: the image answers on SSH; looking at what it has');
    const { code, output } = await machine.guest.run(
      `set -- ${DATA.mac}\n${readFileSync(CHECK, 'utf8')}`,
      900,
    );
    if (code !== 0) throw new Error(output.trim());
  }
  if (image.sources !== undefined) await machine.guest.unpack(image.sources, 300);
  const settings = Object.entries(LIMITS).map(([name, seconds]) => `${name}=${seconds}`);
  await machine.guest.must(
    `mkdir -p /etc/dpdk-rig && printf '%s\\n' ${settings.join(' ')} >>/etc/dpdk-rig/override.env`,
  );
}
