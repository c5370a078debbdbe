// The panels of a measurement's picture: loss and round trips over the offered rate, over time for a soak, and the tail.
import type { Interval, Load, Measurement, Trial } from '../../measurement.js';
import {
  formatRate,
  formatTime,
  linearScale,
  logScale,
  lossScale,
  ninesScale,
  type Scale,
  type Span,
} from './scale.js';
import { dot, frame, line, path, triangle, words, type Area, type Point } from './svg.js';

const LABEL_HEIGHT = 14;
/** Of the widest of the fonts that a viewer may have; SVG does not tell. */
const LETTER_WIDTH = 6.7;
const SHOWN = [
  { key: 'p50', label: 'p50' },
  { key: 'p99', label: 'p99' },
  { key: 'p99_9', label: 'p99.9' },
] as const;
const across = ({ left, right }: Area): Span => ({ from: left, to: right });
const upwards = ({ top, bottom }: Area): Span => ({ from: bottom, to: top });

function rateScale(rates: readonly number[], area: Area): Scale {
  return linearScale(Math.max(...rates, 1), across(area), formatRate);
}

function timeScale(values: readonly number[], area: Area): Scale {
  const known = values.filter((value) => value > 0);
  return logScale(Math.min(...known, 1e9), Math.max(...known, 1), upwards(area), formatTime);
}

/** Where the highest rate without loss lies. */
function mark({ result }: Measurement, x: Scale, { top, bottom }: Area): string[] {
  const rate = result.loss_free_pps ?? 0;
  return rate === 0 ? [] : [line(x.at(rate), top, x.at(rate), bottom, 'mark')];
}

function markName({ result }: Measurement, x: Scale, { left, top }: Area): string[] {
  const rate = result.loss_free_pps ?? 0;
  if (rate === 0) return [];
  const at = x.at(rate);
  const name = formatRate(rate);
  return at - left > 60
    ? [words(at - 6, top + 14, name, 'halo soft', 'end')]
    : [words(at + 6, top + 14, name, 'halo soft')];
}

export function lossPanel(measurement: Measurement, area: Area): string[] {
  const trials = measurement.trials.filter((trial) => trial.purpose !== 'soak');
  const rates = trials.map((trial) => trial.offered_pps);
  const axes = { x: rateScale(rates, area), y: lossScale(upwards(area)), xTitle: 'offered, packets/s' };
  return [
    ...frame(area, 'Loss (logarithmic)', axes),
    ...mark(measurement, axes.x, area),
    ...trials.map((trial) => trialMark(trial, [axes.x.at(trial.offered_pps), axes.y.at(trial.loss)])),
    ...markName(measurement, axes.x, area),
    ...lossLegend(trials, area),
  ];
}

const couldNotSend = (trial: Trial): boolean => trial.unsent > 0.001 * (trial.sent + trial.unsent);

function trialMark(trial: Trial, at: Point): string {
  const asked = trial.rate_pps === null ? 'as fast as it goes' : `${formatRate(trial.rate_pps)}/s asked`;
  const told = [
    asked,
    `sent ${trial.sent}`,
    `lost ${trial.lost}`,
    ...(trial.unsent > 0 ? [`could not send ${trial.unsent}`] : []),
    ...(trial.disturbed === null ? [] : [trial.disturbed]),
  ].join(', ');
  const kind = trial.disturbed === null ? 'f0' : 'hollow l0';
  return (couldNotSend(trial) ? triangle : dot)(at, kind, told);
}

function lossLegend(trials: readonly Trial[], { right, top }: Area): string[] {
  const entries = [
    { shape: dot, kind: 'f0', text: 'trial', there: true },
    {
      shape: dot,
      kind: 'hollow l0',
      text: 'disturbed by the machine',
      there: trials.some((trial) => trial.disturbed !== null),
    },
    { shape: triangle, kind: 'f0', text: 'could not be sent in full', there: trials.some(couldNotSend) },
  ].filter((entry) => entry.there);
  let x = right;
  return entries.reverse().flatMap(({ shape, kind, text }) => {
    const label = words(x, top - 14, text, 'soft', 'end');
    const at: Point = [x - LETTER_WIDTH * text.length - 10, top - 18];
    x = at[0] - 18;
    return [shape(at, kind, text), label];
  });
}

/** Lines over the loads, with a bar from the lowest to the highest of a load's repeats. */
export function latencyPanel(measurement: Measurement, area: Area): string[] {
  const loads = measurement.loads
    .filter((load) => load.rtt_ns !== null)
    .sort((a, b) => a.rate_pps - b.rate_pps);
  const values = loads.flatMap((load) => SHOWN.flatMap(({ key }) => valuesOf(load, key)));
  const axes = {
    // Its own scale: the loads may lie far below the fastest trial.
    x: rateScale([...loads.map((load) => load.rate_pps), measurement.result.loss_free_pps ?? 0], area),
    y: timeScale(values, area),
    xTitle: 'offered, packets/s',
  };
  const series = SHOWN.flatMap(({ key, label }, index) => {
    const points = loads.map((load): Point => [axes.x.at(load.rate_pps), axes.y.at(load.rtt_ns?.[key] ?? 0)]);
    return [
      ...loads.map((load) => spread(load, key, axes, index)),
      path(points, `l${index}`),
      ...points.map((point, i) =>
        dot(point, `f${index}`, `${label} ${formatTime(loads[i]?.rtt_ns?.[key] ?? 0)}`),
      ),
    ];
  });
  return [
    ...frame(area, 'Round trip over load; bars: from the lowest to the highest repeat', axes),
    ...mark(measurement, axes.x, area),
    ...series,
    ...endLabels(SHOWN, (key) => loads.at(-1)?.rtt_ns?.[key], axes, loads.at(-1)?.rate_pps ?? 0, area),
  ];
}

function valuesOf(load: Load, key: (typeof SHOWN)[number]['key']): number[] {
  return [load.rtt_ns, ...load.repeats.map((repeat) => repeat.rtt_ns)].flatMap((rtt) => rtt?.[key] ?? []);
}

function spread(
  load: Load,
  key: (typeof SHOWN)[number]['key'],
  { x, y }: { x: Scale; y: Scale },
  index: number,
): string {
  const values = valuesOf(load, key);
  const at = x.at(load.rate_pps);
  return line(at, y.at(Math.min(...values)), at, y.at(Math.max(...values)), `l${index}`);
}

/** Each line's name at its end, moved apart where they would lie upon each other. */
function endLabels(
  shown: typeof SHOWN,
  value: (key: (typeof SHOWN)[number]['key']) => number | undefined,
  { x, y }: { x: Scale; y: Scale },
  at: number,
  area: Area,
): string[] {
  const labels = shown.map(({ key, label }, index) => ({
    y: y.at(value(key) ?? 0) + 4,
    text: `${label} ${formatTime(value(key) ?? 0)}`,
    index,
  }));
  return moveApart(labels, area).map((label) =>
    words(x.at(at) + 10, label.y, label.text, `f${label.index} halo`),
  );
}

/** In the order of their heights, a line's height apart and all of them within the panel. */
export function moveApart<T extends { readonly y: number }>(
  labels: readonly T[],
  { top, bottom }: Area,
): T[] {
  let above = top - LABEL_HEIGHT;
  const placed = [...labels]
    .sort((a, b) => a.y - b.y)
    .map((label) => {
      above = Math.max(label.y, above + LABEL_HEIGHT);
      return { ...label, y: above };
    });
  let below = bottom + LABEL_HEIGHT;
  return placed.reverse().map((label) => {
    below = Math.min(label.y, below - LABEL_HEIGHT);
    return { ...label, y: below };
  });
}

export function tailPanel(loads: readonly Load[], area: Area): string[] {
  const drawn = loads.filter((load) => load.curve.length > 1).slice(0, 4);
  const points = drawn.flatMap((load) => load.curve);
  const axes = {
    x: ninesScale(Math.max(...points.map(([fraction]) => fraction), 0), across(area)),
    y: timeScale(
      points.map(([, ns]) => ns),
      area,
    ),
    xTitle: 'percentile: so many of the packets came back within the time',
  };
  // Beside the panel, in the order of the lines' ends, for a line may end early: fewer packets tell less of the tail.
  const labels = drawn.map((load, index) => ({
    y: axes.y.at(load.curve.at(-1)?.[1] ?? 0) + 4,
    text: loadName(load),
    index,
  }));
  return [
    ...frame(area, 'Round trip by percentile', axes),
    ...drawn.map((load, index) =>
      path(
        load.curve.map(([fraction, ns]): Point => [axes.x.at(fraction), axes.y.at(ns)]),
        `l${index}`,
      ),
    ),
    ...moveApart(labels, area).map((label) => words(area.right + 10, label.y, label.text, `f${label.index}`)),
  ];
}

export function loadName({ rate_pps, share }: Load): string {
  return share === null ? `${formatRate(rate_pps)}/s` : `${Math.round(share * 100)} % load`;
}

/** Over the time of a soak: what was outstanding, and the round trips of each interval. */
export function soakPanels(intervals: readonly Interval[], upper: Area, lower: Area): string[] {
  const seconds = Math.max(...intervals.map((row) => row.at_s), 1);
  const x = linearScale(seconds, across(upper), (value) => `${value} s`);
  const most = Math.max(...intervals.map((row) => row.outstanding), 1);
  const outstanding = { x, y: linearScale(most, upwards(upper), formatRate), xTitle: 'time' };
  const times = intervals.flatMap((row) => SHOWN.flatMap(({ key }) => row.rtt_ns?.[key] ?? []));
  const trips = { x, y: timeScale(times, lower), xTitle: 'time' };
  const told = intervals.filter((row) => row.rtt_ns !== null);
  return [
    ...frame(upper, 'Packets outstanding: under way or lost', outstanding),
    path(
      intervals.map((row): Point => [x.at(row.at_s), outstanding.y.at(row.outstanding)]),
      'l0',
    ),
    ...frame(lower, 'Round trip, each interval for itself', trips),
    ...SHOWN.map(({ key }, index) =>
      path(
        told.map((row): Point => [x.at(row.at_s), trips.y.at(row.rtt_ns?.[key] ?? 0)]),
        `l${index}`,
      ),
    ),
    ...endLabels(SHOWN, (key) => told.at(-1)?.rtt_ns?.[key], trips, told.at(-1)?.at_s ?? 0, lower),
  ];
}
