// What a local bookfeed run shows: books and latencies live, and a summary; as text for people or as JSON for programs.
import type { Terminal } from '../terminal.js';
import type { BookfeedOptions } from './options.js';
import type { BookfeedStatus, BookStatus, ExchangeEnd, ExchangeStart } from './status.js';

/** How a run ended. */
export interface Summary {
  readonly seconds: number;
  readonly status: BookfeedStatus;
  readonly end: ExchangeEnd;
  /** Books that are not good, or not the exchange's. */
  readonly differing: readonly string[];
}

export interface BookfeedReporter {
  exchange(start: ExchangeStart): void;
  books(status: BookfeedStatus, seconds: number): void;
  summary(summary: Summary): void;
}

export function bookfeedReporter(options: BookfeedOptions, terminal: Terminal): BookfeedReporter {
  return options.json ? jsonReporter(options, terminal) : textReporter(options, terminal);
}

function textReporter(options: BookfeedOptions, { out, progress, live }: Terminal): BookfeedReporter {
  return {
    exchange: ({ source, symbols }) => {
      const what =
        source === 'recorded'
          ? `replays the recorded feed of ${options.venue}, round and round`
          : `plays a generated market in the format of ${options.venue}${options.feed === 'generated' ? '' : ', as there is no recorded feed in ../shared/feeds'}`;
      progress(`the local exchange ${what}: ${symbols.length} books, ${options.rate} messages a second`);
    },
    books: (status, seconds) => {
      const limit = options.seconds === 0 ? 's; Ctrl-C ends it' : ` of ${options.seconds} s`;
      const clock = `${Math.floor(seconds)}${limit}`;
      const line = formatLine(status, options);
      const page = [`${line}  ${clock}`, '', ...formatBooks(status.books), '', ...formatLatencies(status)];
      live(page.join('\n'), line);
    },
    summary: (summary) => {
      out(`\n${formatSummary(summary, options)}\n`);
    },
  };
}

/** One document a line: {"event":"exchange"|"books"|"summary", …}. */
function jsonReporter(options: BookfeedOptions, { out }: Terminal): BookfeedReporter {
  const { venue, transport, link, rate } = options;
  const setting = { venue, transport, link: transport === 'lwip' ? link : null, rate };
  const say = (event: object): void => {
    out(`${JSON.stringify(event)}\n`);
  };
  return {
    exchange: (start) => {
      say({ event: 'exchange', ...setting, ...start });
    },
    books: (status, seconds) => {
      say({ event: 'books', seconds, status });
    },
    summary: ({ seconds, status, end, differing }) => {
      const sent = end.sent + end.answers;
      say({ event: 'summary', ...setting, seconds, sent, differing, status });
    },
  };
}

const count = (value: number): string => value.toLocaleString('en');

function formatLine(status: BookfeedStatus, { venue, transport, link }: BookfeedOptions): string {
  const where = transport === 'lwip' ? `lwip on ${link}` : 'kernel';
  const age =
    status.message_age_ms === null ? '' : `  last ${(status.message_age_ms / 1000).toFixed(1)} s ago`;
  const trouble = status.why === '' ? '' : `  trouble: ${status.why}`;
  return (
    `${venue} by ${where}: ${status.state}, ${status.good}/${status.symbols} good  messages ${count(status.messages)}` +
    `  resyncs ${status.resyncs}${age}${trouble}`
  );
}

/** Rows of cells in columns as wide as they need; the first column's texts stand on the left. */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .replace(/^/, '  '),
  );
}

function formatBooks(books: readonly BookStatus[]): readonly string[] {
  return formatTable([
    ['symbol', 'book', 'bid size', 'bid', 'ask', 'ask size', 'depth', 'updates'],
    ...books.map(({ symbol, state, cause, bids, asks, levels, updates }) => [
      symbol,
      state === 'good' ? 'good' : cause,
      bids[0]?.[1] ?? '-',
      bids[0]?.[0] ?? '-',
      asks[0]?.[0] ?? '-',
      asks[0]?.[1] ?? '-',
      levels.join('/'),
      count(updates),
    ]),
  ]);
}

/** From the burst that brought a message to the book that it changed, and the stages between them. */
const STAGES: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  tls: 'TLS',
  websocket: 'WebSocket',
  json_book: 'JSON and book',
  burst_to_book: 'burst to book',
};

function formatLatencies({ latency_ns: latencies }: BookfeedStatus): readonly string[] {
  const us = (ns: number): string => (ns / 1000).toFixed(2);
  return formatTable([
    ['latency in us', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    ...Object.entries(latencies).map(([stage, { p50, p90, p99, p999, max }]) => [
      STAGES[stage] ?? stage,
      ...[p50, p90, p99, p999, max].map(us),
    ]),
  ]);
}

function formatSummary({ seconds, status, end, differing }: Summary, options: BookfeedOptions): string {
  const sent = end.sent + end.answers;
  const same = differing.length === 0 ? ', the same as the exchange has' : '';
  const facts = [
    ['messages', `${count(status.messages)} of ${count(sent)} sent, in ${seconds.toFixed(1)} s`],
    ['books', `${status.good} of ${status.symbols} good${same}`],
    ['resyncs', `${status.resyncs}, malformed ${status.malformed}, reconnects ${status.disconnects}`],
    ...(options.transport === 'lwip'
      ? [['buffers', `${count(status.mbufs_free)} of ${count(status.mbufs_total)} back in the pool`]]
      : []),
  ];
  const lines = facts.map(([name = '', value = '']) => `  ${name.padEnd(10)}${value}`);
  return [...formatBooks(status.books), '', ...lines, '', ...formatLatencies(status)].join('\n');
}
