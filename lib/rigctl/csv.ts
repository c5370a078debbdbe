// A measurement as CSV (RFC 4180): a row a trial, or of a soak a row an interval. Pure.
import type { Measurement } from '../measurement.js';

type Cell = string | number | null;

const TRIP = ['p50', 'p99', 'p99_9', 'max'] as const;

export function formatCsv(measurement: Measurement): string {
  const rows = measurement.profile === 'soak' ? intervalRows(measurement) : trialRows(measurement);
  const names = Object.keys(rows[0] ?? {});
  return [names, ...rows.map((row) => names.map((name) => row[name] ?? null))]
    .map((cells) => `${cells.map(quote).join(',')}\r\n`)
    .join('');
}

function trialRows({ trials }: Measurement): Record<string, Cell>[] {
  return trials.map(({ rtt_ns, ...trial }) => ({
    ...trial,
    ...Object.fromEntries(TRIP.map((key) => [`rtt_${key}_ns`, rtt_ns?.[key] ?? null])),
  }));
}

function intervalRows({ intervals }: Measurement): Record<string, Cell>[] {
  return intervals.map(({ rtt_ns, ...interval }) => ({
    ...interval,
    ...Object.fromEntries(TRIP.map((key) => [`rtt_${key}_ns`, rtt_ns?.[key] ?? null])),
  }));
}

/** What is unknown is empty. Text that a spreadsheet would take for a formula is kept from that. */
function quote(cell: Cell): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' && /^[=+\-@]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
