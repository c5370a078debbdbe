// A measurement as a picture that a person can read: what came of it in words, then panels, then what disturbed it. Pure.
import type { Measurement } from '../../measurement.js';
import { latencyPanel, lossPanel, soakPanels, tailPanel } from './panels.js';
import { formatRate, formatShare, formatTime } from './scale.js';
import { picture, words, type Area } from './svg.js';

const LEFT = 76;
/** Room for the names of the lines at their ends. */
const RIGHT = 800;
const FIRST_TOP = 128;
const HEIGHTS = [150, 200, 200];
const BETWEEN = 82;
const LINE = 17;

function areas(): readonly [Area, Area, Area] {
  let top = FIRST_TOP;
  const [first, second, third] = HEIGHTS.map((height): Area => {
    const area = { left: LEFT, right: RIGHT, top, bottom: top + height };
    top = area.bottom + BETWEEN;
    return area;
  });
  if (!first || !second || !third) throw new RangeError('HEIGHTS has three panels');
  return [first, second, third];
}

export function drawMeasurement(measurement: Measurement): string {
  const [first, second, third] = areas();
  const title = headline(measurement);
  const panels =
    measurement.profile === 'soak'
      ? soakPanels(measurement.intervals, first, second)
      : [...lossPanel(measurement, first), ...latencyPanel(measurement, second)];
  const notes = measurement.warnings.flatMap((warning) => wrap(`! ${warning}`, 128));
  const foot = third.bottom + 58;
  return picture(foot + notes.length * LINE, title, [
    words(LEFT - 44, 36, title, 'big'),
    ...describe(measurement).map((text, i) => words(LEFT - 44, 58 + i * LINE, text, 'soft')),
    ...panels,
    ...tailPanel(measurement.loads, third),
    ...notes.map((text, i) => words(LEFT - 44, foot - 4 + i * LINE, text, 'alarm')),
  ]);
}

export function headline({ profile, result }: Measurement): string {
  const loss = `loss ${formatShare(result.loss)}`;
  if (profile === 'search') {
    const rate = result.loss_free_pps ?? 0;
    return rate > 0 ? `${formatRate(rate)} packets/s without loss` : 'No rate is without loss';
  }
  const trips = result.rtt_ns
    ? `, p50 ${formatTime(result.rtt_ns.p50)}, p99 ${formatTime(result.rtt_ns.p99)}`
    : '';
  return `${profile === 'soak' ? 'Soak' : 'Round trips'} at ${formatRate(result.at_pps)} packets/s: ${loss}${trips}`;
}

/** What limits a search, in words. */
export function limitText({ result }: Measurement): string | undefined {
  switch (result.limit) {
    case 'loss':
      return 'above it packets are lost';
    case 'sender':
      return 'above it the generator cannot send';
    case 'max-rate':
      return 'no more was asked for (--max-rate)';
    case undefined:
      return undefined;
  }
}

function describe(measurement: Measurement): string[] {
  const { settings, setup, result } = measurement;
  const frames = settings.frame_size === 'imix' ? 'IMIX frames' : `${settings.frame_size}-byte frames`;
  const searches = result.searches_pps ?? [];
  const [lowest, highest] = [Math.min(...searches), Math.max(...searches)];
  const found =
    searches.length < 2
      ? undefined
      : `${searches.length} searches found ${lowest === highest ? 'the same' : `${formatRate(lowest)} to ${formatRate(highest)}`}`;
  const machine = setup.instance?.type ?? `${setup.cpu}, ${setup.cpus} CPUs`;
  return [
    [frames, limitText(measurement), found].filter((part) => part !== undefined).join('; '),
    `${setup.core.driver}, DPDK ${setup.core.dpdk}, ${machine}, Linux ${setup.kernel}; ${measurement.started}`,
  ];
}

/** Lines of at most so many characters, broken between words. */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
