// Two measurements side by side: a difference counts beyond the spread alone, and the set-ups are held against each other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { compare, compareFiles, type Verdict } from '../../lib/rigctl/compare.js';
import type { Measurement } from '../../lib/measurement.js';
import { sampleLoad, sampleMeasurement } from './sample-measurement.js';

const withRates = (...searches: number[]): Measurement => {
  const sorted = [...searches].sort((a, b) => a - b);
  const { result } = sampleMeasurement();
  const loss_free_pps = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sampleMeasurement({ result: { ...result, searches_pps: searches, loss_free_pps }, loads: [] });
};
const withTrips = (...times: number[]): Measurement =>
  sampleMeasurement({ loads: [sampleLoad(0.8, 400_000, times)] });

const verdictOf = (a: Measurement, b: Measurement, what: string): Verdict | undefined =>
  compare(a, b).rows.find((row) => row.what === what)?.verdict;

test.each([
  ['the same', [500, 500, 500], [500, 500, 500], 'same'],
  ['within the range of the repeats', [500, 520, 510], [505, 515, 512], 'same'],
  ['no further than the search came near', [500_000, 500_000], [508_000, 508_000], 'same'],
  ['more', [500_000, 505_000], [600_000, 605_000], 'better'],
  ['less', [500_000, 505_000], [400_000, 405_000], 'worse'],
  ['searched once', [500_000], [400_000, 405_000], 'unknown'],
] as const)('a rate that is %s', (_name, a, b, verdict) => {
  expect(verdictOf(withRates(...a), withRates(...b), 'rate without loss')).toBe(verdict);
});

test.each([
  ['within its spread', [1, 1.2, 0.9], [1.1, 1.3, 1.15], 'same'],
  ['no further than a bucket of the histogram', [1, 1], [1.005, 1.005], 'same'],
  ['longer', [1, 1.1], [2, 2.1], 'worse'],
  ['shorter', [2, 2.1], [1, 1.1], 'better'],
] as const)('a round trip that is %s', (_name, a, b, verdict) => {
  expect(verdictOf(withTrips(...a), withTrips(...b), '80 % load: p50')).toBe(verdict);
});

test('loads are matched by their share, or by their rate where that was given', () => {
  const a = sampleMeasurement({ loads: [sampleLoad(null, 1000), sampleLoad(null, 2000)] });
  const b = sampleMeasurement({ loads: [sampleLoad(null, 2000), sampleLoad(0.5, 1000)] });
  expect(compare(a, b).rows.map((row) => row.what)).toEqual([
    'rate without loss',
    ...['2 k/s: loss', '2 k/s: p50', '2 k/s: p99', '2 k/s: p99.9'],
  ]);
});

test('what differs in the set-up is named, and what differs always is not', () => {
  const a = sampleMeasurement();
  const { setup } = a;
  const b = sampleMeasurement({
    started: '2026-11-25T09:00:00Z',
    setup: {
      ...setup,
      kernel: '6.8.0-1022-aws',
      host: 'another',
      instance: null,
      core: {
        ...setup.core,
        mac: '02:00:00:00:00:07',
        command: 'pollcore --file-prefix x -- --mode generate --flows 8',
      },
    },
  });
  const differences = compare(a, b).differences;
  expect(differences.map((row) => row.what)).toEqual([
    ...['options', 'instance type', 'zone', 'placement group', 'image', 'kernel'],
  ]);
  expect(differences).toContainEqual({ what: 'kernel', a: '6.8.0-1021-aws', b: '6.8.0-1022-aws' });
});

describe('compareFiles', () => {
  let folder: string;
  let said: string;
  const write = (text: string): void => void (said += text);
  const terminal = { out: write, progress: write, live: write };
  const file = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(folder, name);
  };
  beforeEach(() => {
    said = '';
    folder = mkdtempSync(join(tmpdir(), 'rig-compare-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('exits 0 when B is not worse, and shows both with their spread', async () => {
    const files = [file('a', withTrips(1, 1.1)), file('b', withTrips(1.05, 1.08))] as const;
    expect(await compareFiles(files, { json: false }, terminal)).toBe(0);
    expect(said).toMatch(
      /^80 % load: p50 +1.3 µs +1.29 µs \.\. 1.44 µs +1.36 µs .*\+5.0 % +within the spread$/m,
    );
    expect(said).toMatch(/the set-ups are alike/);
  });

  it('exits 1 when B is worse, also as JSON', async () => {
    const files = [file('a', withTrips(1, 1.1)), file('b', withTrips(3, 3.1))] as const;
    expect(await compareFiles(files, { json: true }, terminal)).toBe(1);
    expect(JSON.parse(said)).toMatchObject({ worse: true, differences: [] });
  });

  it.each([
    ['nothing there', /cannot be read/],
    ['{}', /is no measurement: /],
  ])('refuses %s with 2', async (content, message) => {
    const a = file('a', sampleMeasurement());
    const b = content === '{}' ? file('b', content) : join(folder, 'none');
    const failing = compareFiles([a, b], { json: false }, terminal);
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toMatchObject({ exitCode: 2 });
  });

  it('refuses two that have no load in common', async () => {
    const { result } = sampleMeasurement();
    const only = { ...result, loss_free_pps: undefined };
    const a = sampleMeasurement({ profile: 'latency', result: only, loads: [sampleLoad(null, 1)] });
    const b = sampleMeasurement({ profile: 'latency', result: only, loads: [sampleLoad(null, 2)] });
    await expect(compareFiles([file('a', a), file('b', b)], { json: false }, terminal)).rejects.toThrow(
      /no load is in both/,
    );
  });
});
