// What every subcommand that works on AWS is given by bin/rigctl.ts.
import type { Aws } from './aws.js';
import type { Terminal } from './terminal.js';

export interface Operation {
  readonly aws: Aws;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** JSON on standard output instead of text. */
  readonly json: boolean;
  /** How often AWS is asked while something is followed. */
  readonly intervalMs: number;
}

export function printJson(operation: Operation, document: object): void {
  operation.terminal.out(`${JSON.stringify(document)}\n`);
}

/** Columns as wide as their widest cell, two blanks apart; the last column is not padded. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
