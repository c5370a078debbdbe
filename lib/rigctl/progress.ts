// How a deploy looks while it runs: one live line on a terminal, one line a change elsewhere, JSON for scripts.
import type { PortStatus } from '../port-status.js';
import type { RigEvent } from './follow.js';
import type { Terminal } from './terminal.js';

/** The steps of userdata/provision.sh in their order; a step that is not here is shown by its name alone. */
const STEPS = [
  'install-packages',
  'build-dpdk',
  'build-native',
  'build-igb-uio',
  'reserve-hugepages',
  'claim-nic',
  'start-core',
];
const BAR_WIDTH = 20;
const MARKS = { pending: '·', success: '✓', failure: '✗' } as const;

export interface Progress {
  readonly show: (event: RigEvent) => void;
}

/** @param startedAt the moment that times are counted from. */
export function makeProgress(terminal: Terminal, json: boolean, startedAt: Date, now: () => Date): Progress {
  if (json)
    return {
      show: (event) => {
        terminal.out(`${JSON.stringify(flat(event))}\n`);
      },
    };
  const elapsed = (): string => formatDuration(now().getTime() - startedAt.getTime());
  let lastStep: string | null = null;
  let ready = 0;
  return {
    show: (event) => {
      if (event.kind === 'status') {
        const reached = Object.values(event.status.milestones).filter((value) => value === 'success').length;
        if (event.status.step !== lastStep || reached !== ready) {
          terminal.progress(`${elapsed()}  ${describeStep(event.status)}`);
        } else terminal.live(`rig: ${elapsed()}  ${describeStep(event.status)}`);
        lastStep = event.status.step;
        ready = reached;
      } else {
        const line = describeEvent(event);
        if (line !== undefined) terminal.progress(`${elapsed()}  ${line}`);
      }
    },
  };
}

function flat(event: RigEvent): object {
  return event.kind === 'resource' ? { kind: event.kind, ...event.event } : event;
}

/** What is worth a line of its own; most resources come and go unremarked. */
function describeEvent(event: Exclude<RigEvent, { kind: 'status' }>): string | undefined {
  if (event.kind === 'stack') return `stack ${event.name}: ${event.status}`;
  if (event.kind === 'machine') return `machine ${event.instanceId} is started`;
  if (event.kind === 'unreadable') return `a status line could not be read: ${event.reason}`;
  const { resource, status, reason } = event.event;
  if (status.endsWith('_FAILED')) return `${resource}: ${status}: ${reason ?? 'no reason given'}`;
  return undefined;
}

/** Pure: one status as a progress line: milestones, bar, step and its n/m. */
export function describeStep(status: PortStatus): string {
  const milestones = Object.entries(status.milestones).map(([name, value]) => `${MARKS[value]} ${name}`);
  const { progress, step, error } = status;
  const at = step === null ? -1 : STEPS.indexOf(step);
  const within = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const done = status.state === 'ready' ? 1 : at < 0 ? undefined : (at + within) / STEPS.length;
  const doing = error ? `${error.code} in ${error.step}` : (step ?? status.state);
  const count = progress ? ` ${progress.done}/${progress.total}` : '';
  return [milestones.join('  '), done === undefined ? '' : bar(done), `${doing}${count}`]
    .filter(Boolean)
    .join('  ');
}

function bar(fraction: number): string {
  const full = Math.round(fraction * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`;
}

/** 75 s -> "1m15s"; the largest two units. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const units = [
    { name: 'd', value: Math.floor(seconds / 86_400) },
    { name: 'h', value: Math.floor(seconds / 3600) % 24 },
    { name: 'm', value: Math.floor(seconds / 60) % 60 },
    { name: 's', value: seconds % 60 },
  ];
  const first = units.findIndex((unit) => unit.value > 0);
  if (first < 0) return '0s';
  return units
    .slice(first, first + 2)
    .map((unit) => `${unit.value}${unit.name}`)
    .join('');
}
