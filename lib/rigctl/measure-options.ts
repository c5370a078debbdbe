// What a person may say about a measurement, and the arguments of rig-measure that it becomes: the same here and on AWS.

export const PROFILES = ['search', 'latency', 'soak'] as const;

/** rig-measure's own. */
export const MEASURE_DEFAULTS = { trial: 2, precision: 0.01 };

export interface MeasureOptions {
  readonly profile: (typeof PROFILES)[number];
  /** Bytes with check sequence, or imix. @default - what the core sends: 64 here */
  readonly frameSize?: string;
  /** Packets a second: the loads of latency, the one of soak. */
  readonly rates?: readonly number[];
  /** Seconds of a trial, or of the soak. @default - rig-measure's */
  readonly trial?: number;
  /** @default - rig-measure's */
  readonly repeat?: number;
  /** @default - rig-measure's */
  readonly precision?: number;
}

/** @returns what is wrong with the options together, or undefined. rig-measure would say so too, but on the machine. */
export function faultOf({ profile, rates = [] }: MeasureOptions): string | undefined {
  if (profile === 'search' && rates.length > 0) return 'profile search takes no --rates; it finds its own';
  if (profile === 'latency' && rates.length === 0)
    return 'profile latency needs --rates, for example 10000,100000';
  if (profile === 'soak' && rates.length !== 1)
    return `profile soak needs one rate in --rates, and has ${rates.length}`;
  return undefined;
}

export function measureArguments(options: MeasureOptions): string[] {
  const { profile, frameSize, rates = [], trial, repeat, precision } = options;
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ['--profile', profile],
    ['--frame-size', frameSize],
    ['--rates', rates.length > 0 ? rates.join(',') : undefined],
    ['--seconds', trial],
    ['--repeat', repeat],
    ['--precision', precision],
  ];
  return given.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
}
