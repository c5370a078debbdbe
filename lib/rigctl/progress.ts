// How a deploy looks while it runs: one live line on a terminal, one line a change elsewhere, JSON for scripts.
import type { PortStatus } from '../port-status.js';
import { partOf } from './ec2.js';
import type { RigEvent } from './follow.js';
import type { Terminal } from './terminal.js';

interface Step {
  readonly name: string;
  readonly completes?: keyof PortStatus['milestones'];
}

/** The steps of userdata/provision.sh in their order; a step that is not here is shown by its name alone. */
const STEPS: readonly Step[] = [
  { name: 'install-packages' },
  { name: 'build-dpdk' },
  { name: 'build-native' },
  { name: 'build-igb-uio', completes: 'DpdkReady' },
  { name: 'reserve-hugepages' },
  { name: 'claim-nic', completes: 'PortReady' },
  { name: 'start-core', completes: 'CoreRunning' },
  // Of a pair's generator alone.
  { name: 'measure-peer', completes: 'Measured' },
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
  const line = (at: number, text: string): string => `${formatDuration(at - startedAt.getTime())}  ${text}`;
  const shownOf = new Map<string, PortStatus>();
  let rig = '';
  const showStatus = (status: PortStatus): void => {
    const shown = shownOf.get(status.rig);
    // Between two steps there is nothing to say, unless a milestone was reached there.
    const news = shown === undefined || reached(status) !== reached(shown) || status.state !== shown.state;
    if (status.step === null && !news) return;
    const part = partOf(status.rig, rig);
    const text = line(Date.parse(status.time), `${part === '' ? '' : `${part}  `}${describeStep(status)}`);
    if (news || status.step !== shown.step) terminal.progress(text);
    else terminal.live(`rig: ${text}`);
    shownOf.set(status.rig, status);
  };
  return {
    show: (event) => {
      if (event.kind === 'status') {
        showStatus(event.status);
        return;
      }
      if (event.kind === 'stack') rig = event.name;
      const text = describeEvent(event, rig);
      if (text !== undefined) terminal.progress(line(now().getTime(), text));
    },
  };
}

function reached(status: PortStatus): number {
  return Object.values(status.milestones).filter((value) => value === 'success').length;
}

function flat(event: RigEvent): object {
  return event.kind === 'resource' ? { kind: event.kind, ...event.event } : event;
}

/** What is worth a line of its own; most resources come and go unremarked. */
function describeEvent(event: Exclude<RigEvent, { kind: 'status' }>, rig: string): string | undefined {
  if (event.kind === 'stack') return `stack ${event.name}: ${event.status}`;
  if (event.kind === 'machine') {
    const part = partOf(event.name, rig);
    return `machine ${event.instanceId}${part === '' ? '' : ` (${part})`} is started`;
  }
  if (event.kind === 'unreadable') return `a status line could not be read: ${event.reason}`;
  const { resource, status, reason } = event.event;
  if (status.endsWith('_FAILED')) return `${resource}: ${status}: ${reason ?? 'no reason given'}`;
  return undefined;
}

/** Pure: one status as a progress line: milestones, bar, step and its n/m. */
export function describeStep(status: PortStatus): string {
  const milestones = Object.entries(status.milestones).map(([name, value]) => `${MARKS[value]} ${name}`);
  const { progress, step, error, state } = status;
  const doing = error ? `${error.code} in ${error.step}` : state === 'ready' ? state : (step ?? state);
  const count = progress ? ` ${progress.done}/${progress.total}` : '';
  return `${milestones.join('  ')}  ${bar(fractionDone(status))}  ${doing}${count}`;
}

/** By steps, since no milestone says how long it takes; a step's own n/m counts within it. */
function fractionDone({ state, step, progress, milestones }: PortStatus): number {
  if (state === 'ready' || state === 'degraded') return 1;
  const steps = STEPS.filter(({ completes }) => completes === undefined || completes in milestones);
  const at = steps.findIndex(({ name }) => name === step);
  const within = progress && progress.total > 0 ? progress.done / progress.total : 0;
  if (at >= 0) return (at + within) / steps.length;
  // Between two steps: those up to the last milestone are done.
  const last = steps.findLastIndex(
    ({ completes }) => completes !== undefined && milestones[completes] === 'success',
  );
  return (last + 1) / steps.length;
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
