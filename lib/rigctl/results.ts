// What becomes of a measurement: a folder with JSON, CSV and a picture, and a table on the terminal.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Load, Measurement } from '../measurement.js';
import { formatCsv } from './csv.js';
import { formatTable } from './operation.js';
import { loadName } from './plot/panels.js';
import { drawMeasurement, headline, limitText } from './plot/plot.js';
import { formatRate, formatShare, formatTime } from './plot/scale.js';
import { RigError } from './run.js';

export interface SavedFiles {
  readonly json: string;
  readonly csv: string;
  readonly svg: string;
}

/**
 * Writes the three files, named after the rig, the profile and the time, so that no result replaces another.
 * @throws RigError when the folder cannot be written.
 */
export async function saveMeasurement(
  measurement: Measurement,
  name: string,
  folder: string,
): Promise<SavedFiles> {
  const stamp = measurement.started.replaceAll(/[-:]/g, '');
  const base = join(folder, `${name}-${measurement.profile}-${stamp}`);
  const files = { json: `${base}.json`, csv: `${base}.csv`, svg: `${base}.svg` };
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(files.json, `${JSON.stringify(measurement, undefined, 1)}\n`);
    await writeFile(files.csv, formatCsv(measurement));
    await writeFile(files.svg, drawMeasurement(measurement));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RigError(
      `the results cannot be written to ${folder}: ${why}`,
      'name another folder with --out',
    );
  }
  return files;
}

/** What a person wants to know: the result, a table of the loads, and what to think of it. */
export function formatMeasurement(measurement: Measurement): string {
  const limit = limitText(measurement);
  const searches = measurement.result.searches_pps ?? [];
  return [
    `  ${headline(measurement)}${limit === undefined ? '' : ` (${limit})`}\n`,
    ...(searches.length > 1 ? [`  searches: ${searches.map(formatRate).join(', ')} packets/s\n`] : []),
    '\n',
    formatTable([HEADER, ...measurement.loads.map(loadRow)]).replaceAll(/^(?=.)/gm, '  '),
    ...measurement.warnings.map((warning) => `  ! ${warning}\n`),
  ].join('');
}

const HEADER = [
  'LOAD',
  'PACKETS/S',
  'SENT',
  'LOST',
  'LOSS',
  'P50',
  'P90',
  'P99',
  'P99.9',
  'P99.99',
  'MAX',
  'P50 OF REPEATS',
];
const TRIP = ['p50', 'p90', 'p99', 'p99_9', 'p99_99', 'max'] as const;

function loadRow(load: Load): string[] {
  const medians = load.repeats.flatMap((repeat) => repeat.rtt_ns?.p50 ?? []);
  const range =
    medians.length < 2 ? '-' : `${formatTime(Math.min(...medians))} to ${formatTime(Math.max(...medians))}`;
  return [
    load.share === null ? '-' : loadName(load).replace(' load', ''),
    String(load.rate_pps),
    String(load.sent),
    String(load.lost),
    formatShare(load.loss),
    ...TRIP.map((key) => (load.rtt_ns ? formatTime(load.rtt_ns[key]) : '-')),
    range,
  ];
}
