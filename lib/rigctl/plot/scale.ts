// Where a value stands on an axis, and which values are written beside it. Pure.

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Scale {
  /** Position of a value between `from` and `to` of the picture; outside the domain it stays at the edge. */
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Pixels: from may be greater than to, as it is for a vertical axis. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

function place({ from, to }: Span, part: number): number {
  return from + (to - from) * Math.min(1, Math.max(0, part));
}

/** From 0 to a round number not below `most`, in steps of 1, 2 or 5 times a power of ten. */
export function linearScale(most: number, span: Span, label: (value: number) => string): Scale {
  const rough = Math.max(most, 1e-9) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const end = Math.ceil(most / step - 1e-9) * step || step;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step);
  return {
    at: (value) => place(span, value / end),
    ticks: ticks.map((value) => ({ value, label: label(value) })),
  };
}

/** Powers of ten around `least` and `most`, both above 0; with 2 and 5 between them where there is one decade alone. */
export function logScale(least: number, most: number, span: Span, label: (value: number) => string): Scale {
  const low = Math.floor(Math.log10(least) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(most) - 1e-9));
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const values = high - low > 2 ? decades : decades.flatMap((value) => [value, 2 * value, 5 * value]);
  return {
    at: (value) => place(span, (Math.log10(Math.max(value, 1e-300)) - low) / (high - low)),
    ticks: values.filter((value) => value <= 10 ** high).map((value) => ({ value, label: label(value) })),
  };
}

/** Loss as a fraction: 0 has a lane of its own, then decades up to all. */
export function lossScale(span: Span): Scale {
  const least = -6;
  const lane = 0.12;
  const part = (value: number): number =>
    value <= 0 ? 0 : lane + (1 - lane) * Math.max(0, (Math.log10(value) - least) / -least);
  return {
    at: (value) => place(span, part(value)),
    ticks: [0, 1e-6, 1e-4, 1e-2, 1].map((value) => ({ value, label: formatShare(value) })),
  };
}

/** Fractions by their nines: 0.9, 0.99 and 0.999 stand equally far apart, which is how a tail is read. */
export function ninesScale(most: number, span: Span): Scale {
  const end = Math.max(2, Math.ceil(-Math.log10(1 - Math.min(most, 1 - 1e-9)) - 1e-6));
  const nines = Array.from({ length: end }, (_, i) => 1 - 10 ** -(i + 1));
  return {
    at: (value) => place(span, -Math.log10(1 - Math.min(value, 1 - 1e-9)) / end),
    ticks: [0, 0.5, ...nines].map((value) => ({ value, label: percentile(value) })),
  };
}

function percentile(fraction: number): string {
  return fraction === 0 ? 'min' : `p${Number((fraction * 100).toFixed(6))}`;
}

export function formatRate(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(4))} M`;
  return value >= 1e3 ? `${Number((value / 1e3).toPrecision(4))} k` : String(Number(value.toPrecision(4)));
}

/** Three digits and the unit that suits them. */
export function formatTime(ns: number): string {
  const [divisor, unit] =
    ns < 999.5 ? [1, 'ns'] : ns < 999_500 ? [1e3, 'µs'] : ns < 999.5e6 ? [1e6, 'ms'] : [1e9, 's'];
  return `${Number((ns / divisor).toPrecision(3))} ${unit}`;
}

export function formatShare(fraction: number): string {
  return fraction === 0 ? '0' : `${Number((fraction * 100).toPrecision(3))} %`;
}
