// The cases: folders with a case.ts, or with break.sh, mend.sh and expect.json (faults).
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { readFault } from '../harness/fault.js';
import type { DeploymentName } from '../harness/deployment.js';
import type { Lab } from '../harness/lab.js';

export interface Case {
  readonly name: string;
  readonly title: string;
  readonly deployment: DeploymentName;
  /** Part of every run; the others come with --all. */
  readonly quick: boolean;
  readonly run: (lab: Lab) => Promise<void>;
}

/** What must come first, and what last: a kernel upgrade ends the saved states, another deployment the machine. */
const FIRST = ['clean-boot', 'second-run', 'core-killed', 'core-hangs', 'reboot'];
const LAST = ['new-kernel', 'vfio-boot', 'bookfeed', 'pair', 'baked-image'];
const QUICK = [
  ...FIRST,
  'fault-asset-hash',
  'fault-core-locked',
  'fault-hugepages-busy',
  'fault-route-on-data-nic',
];

export function listCases(): Case[] {
  const rank = (name: string): number => {
    if (FIRST.includes(name)) return FIRST.indexOf(name);
    return FIRST.length + 1 + LAST.indexOf(name);
  };
  return readdirSync(__dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readCase(name))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}

function readCase(name: string): Case {
  const folder = join(__dirname, name);
  const common = { name, quick: QUICK.includes(name) };
  if (existsSync(join(folder, 'expect.json')))
    return { ...common, deployment: 'igb_uio', ...readFault(folder) };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a folder is a case: no list of imports to keep
  const { deployment = 'igb_uio', ...scenario } = require(join(folder, 'case.ts')) as Omit<
    Case,
    'name' | 'quick' | 'deployment'
  > &
    Partial<Case>;
  return { ...scenario, ...common, deployment };
}
