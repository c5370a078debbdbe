// What rig-measure prints, as it is read, shown, kept and drawn.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseMeasurement, type Measurement } from '../../lib/measurement.js';
import { formatCsv } from '../../lib/rigctl/csv.js';
import { drawMeasurement, headline, wrap } from '../../lib/rigctl/plot/plot.js';
import { moveApart } from '../../lib/rigctl/plot/panels.js';
import {
  formatRate,
  formatShare,
  formatTime,
  linearScale,
  logScale,
  lossScale,
  ninesScale,
} from '../../lib/rigctl/plot/scale.js';
import { formatMeasurement, saveMeasurement } from '../../lib/rigctl/results.js';
import { sampleInterval, sampleLoad, sampleMeasurement, sampleTrial } from './sample-measurement.js';

const soak = (): Measurement =>
  sampleMeasurement({
    profile: 'soak',
    result: { at_pps: 1000, loss: 0.001, rtt_ns: null },
    loads: [sampleLoad(null, 1000, [1])],
    trials: [sampleTrial({ purpose: 'soak' })],
    intervals: [1, 2, 3].map(sampleInterval),
  });

describe('parseMeasurement', () => {
  it('takes a document as it is', () => {
    const measurement = sampleMeasurement();
    expect(parseMeasurement(JSON.stringify(measurement))).toEqual({ kind: 'measurement', measurement });
  });

  it.each([
    ['{', /^not JSON/],
    ['[]', /^measurement: /],
    [JSON.stringify(sampleMeasurement({ schema: 2 as 1 })), /^schema: /],
    [JSON.stringify({ ...sampleMeasurement(), result: { loss: 2 } }), /result\.loss: .*; and|result\.at_pps/],
    ['{}', /; and \d+ more$/],
  ])('says what is wrong with %.20s', (json, reason) => {
    const parsed = parseMeasurement(json);
    expect(parsed.kind).toBe('invalid');
    expect(parsed.kind === 'invalid' && parsed.reason).toMatch(reason);
  });

  it("keeps a machine's words from steering a terminal", () => {
    const parsed = parseMeasurement(JSON.stringify(sampleMeasurement({ warnings: ['a\u001b[2Jb'] })));
    expect(parsed).toMatchObject({ measurement: { warnings: ['a [2Jb'] } });
  });
});

describe('formatCsv', () => {
  it('has a row a trial, with nothing for what is unknown', () => {
    const lines = formatCsv(sampleMeasurement()).split('\r\n');
    expect(lines[0]).toMatch(
      /^purpose,repeat,attempt,rate_pps,.*,disturbed,rtt_p50_ns,rtt_p99_ns,rtt_p99_9_ns,rtt_max_ns$/,
    );
    expect(lines[1]).toMatch(/^ceiling,1,1,,1000000,/);
    expect(lines).toHaveLength(6);
  });

  it('has a row an interval of a soak', () => {
    const lines = formatCsv(soak()).trim().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^at_s,sent,received,outstanding/);
  });

  it('quotes what has a comma, a quote or a formula in it', () => {
    const trials = [sampleTrial({ disturbed: '=cmd|"x", then' })];
    expect(formatCsv(sampleMeasurement({ trials }))).toContain(`,"'=cmd|""x"", then",`);
  });
});

describe('scales', () => {
  const span = { from: 0, to: 100 };

  it('end at a round number', () => {
    const { at, ticks } = linearScale(871_234, span, formatRate);
    expect(ticks.map((tick) => tick.label)).toEqual(['0', '200 k', '400 k', '600 k', '800 k', '1 M']);
    expect([at(0), at(500_000), at(2_000_000)]).toEqual([0, 50, 100]);
  });

  it('by decades, with steps between where there are few', () => {
    expect(logScale(900, 80_000, span, formatTime).ticks.map((tick) => tick.label)).toEqual([
      ...['100 ns', '1 µs', '10 µs', '100 µs'],
    ]);
    expect(logScale(2000, 9000, span, formatTime).ticks.map((tick) => tick.label)).toEqual([
      ...['1 µs', '2 µs', '5 µs', '10 µs'],
    ]);
  });

  it('of loss keep no loss apart from the least of it', () => {
    const { at } = lossScale(span);
    expect(at(0)).toBe(0);
    expect(at(1e-9)).toBeGreaterThan(at(0));
    expect(at(1)).toBe(100);
  });

  it('of percentiles stretch the tail', () => {
    const { at, ticks } = ninesScale(0.9999, span);
    expect(at(0.99) - at(0.9)).toBeCloseTo(at(0.999) - at(0.99));
    expect(ticks.map((tick) => tick.label)).toEqual(['min', 'p50', 'p90', 'p99', 'p99.9', 'p99.99']);
  });

  it.each([
    [999, '999 ns'],
    [1234, '1.23 µs'],
    [45_678_000, '45.7 ms'],
    [2e9, '2 s'],
  ])('%d ns is %s', (ns, text) => {
    expect(formatTime(ns)).toBe(text);
  });

  it('write shares and rates shortly', () => {
    expect([formatShare(0), formatShare(1e-6), formatShare(0.3345)]).toEqual(['0', '0.0001 %', '33.5 %']);
    expect([formatRate(900), formatRate(1234), formatRate(7_136_906)]).toEqual(['900', '1.234 k', '7.137 M']);
  });
});

describe('drawMeasurement', () => {
  /** Well-formed, and no position is not a number. */
  function check(measurement: Measurement): string {
    const svg = drawMeasurement(measurement);
    const parse = 'import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.buffer.read())';
    execFileSync('python3', ['-c', parse], { input: svg });
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    return svg;
  }

  it('shows every trial, the rate, the lines and both grounds', () => {
    const svg = check(sampleMeasurement());
    expect(svg).toContain('500 k packets/s without loss');
    expect(svg).toContain('3 searches found 495 k to 505 k');
    expect(svg).toContain('could not be sent in full');
    expect(svg).toContain('disturbed by the machine');
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg.match(/<polygon/g)).toHaveLength(2); // the trial and the legend's own
    for (const name of ['p50 1.3 µs', 'p99 6 µs', 'p99.9 20 µs', '90 % load']) expect(svg).toContain(name);
  });

  it('shows a soak over its time', () => {
    const svg = check(soak());
    expect(svg).toContain('Soak at 1 k packets/s: loss 0.1 %');
    expect(svg).toContain('Packets outstanding');
  });

  it('has a picture of a measurement in which nothing came back', () => {
    const result = {
      loss_free_pps: 0,
      searches_pps: [0],
      limit: 'loss' as const,
      at_pps: 100,
      loss: 1,
      rtt_ns: null,
    };
    const trials = [sampleTrial({ received: 0, lost: 500_000, loss: 1, rtt_ns: null })];
    const svg = check(sampleMeasurement({ result, loads: [], trials }));
    expect(svg).toContain('No rate is without loss');
    check(sampleMeasurement({ trials: [], loads: [{ ...sampleLoad(0.5, 1), rtt_ns: null, curve: [] }] }));
  });

  it('lets no word of the machine become markup', () => {
    const svg = check(sampleMeasurement({ warnings: ['<script>"&\u0007'] }));
    expect(svg).toContain('! &lt;script&gt;&quot;&amp;');
  });

  it('breaks long lines and keeps labels apart', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    const area = { left: 0, right: 0, top: 0, bottom: 100 };
    const placed = moveApart([{ y: 98 }, { y: 99 }, { y: 1 }], area).map(({ y }) => y);
    expect(placed).toEqual([100, 86, 1]);
  });
});

describe('results', () => {
  it('are a table of loads and what to think of them', () => {
    const text = formatMeasurement(sampleMeasurement({ warnings: ['one processor'] }));
    expect(text).toMatch(/^ {2}500 k packets\/s without loss \(above it packets are lost\)$/m);
    expect(text).toMatch(/^ {2}LOAD +PACKETS\/S +SENT +LOST +LOSS +P50/m);
    expect(text).toMatch(/^ {2}80 % +400000 +1200000 +0 +0 +1.3 µs .*1.17 µs to 1.43 µs$/m);
    expect(text).toMatch(/^ {2}! one processor$/m);
    expect(headline(soak())).toBe('Soak at 1 k packets/s: loss 0.1 %');
  });

  it('are three files, named after rig, profile and time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rig-results-'));
    try {
      const files = await saveMeasurement(sampleMeasurement(), 'Two', join(folder, 'new'));
      expect(files.json).toBe(join(folder, 'new', 'Two-search-20261124T090000Z.json'));
      expect(parseMeasurement(readFileSync(files.json, 'utf8')).kind).toBe('measurement');
      expect(readFileSync(files.svg, 'utf8')).toMatch(/^<svg /);
      await expect(saveMeasurement(sampleMeasurement(), 'Two', files.csv)).rejects.toThrow(
        /cannot be written to .*next: name another folder with --out/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
