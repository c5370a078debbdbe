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
      if (source === 'generated' && options.feed === undefined) {
        progress('there is no recorded feed in ../shared/feeds, so a market is generated');
      }
      const what = source === 'recorded' ? 'the recorded feed' : 'a generated market';
      progress(`exchange: ${what} of ${options.venue}, ${symbols.length} books, ${options.rate} messages/s`);
    },
    books: (status, seconds) => {
      const state = formatState(status, options);
      const figures = formatFigures(status);
      const limit = options.seconds === 0 ? ' s' : ` of ${options.seconds} s`;
      const page = [
        `${state}, ${Math.floor(seconds)}${limit}; Ctrl-C ends it`,
        figures,
        '',
        ...formatBooks(status.books),
        '',
        ...formatLatencies(status),
      ];
      live(page.join('\n'), `${state}  ${figures}`);
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

function formatState(status: BookfeedStatus, { venue, transport, link }: BookfeedOptions): string {
  const by = transport === 'lwip' ? `lwip on ${link}` : "the kernel's TCP";
  return `${venue} by ${by}: ${status.state}, ${status.good} of ${status.symbols} good`;
}

function formatFigures({ messages, resyncs, message_age_ms: age, why }: BookfeedStatus): string {
  const last = age === null ? '' : `  last ${(age / 1000).toFixed(1)} s ago`;
  const trouble = why === '' ? '' : `  trouble: ${why}`;
  return `messages ${count(messages)}  resyncs ${resyncs}${last}${trouble}`;
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
    ...books.map(({ symbol, state, cause, bids, asks, levels, updates }) => {
      const [[bid, bidSize] = ['-', '-']] = bids;
      const [[ask, askSize] = ['-', '-']] = asks;
      const [shortBid = '', shortAsk = ''] = dropZeros([bid, ask]);
      const sizes = [shortSize(bidSize), shortBid, shortAsk, shortSize(askSize)];
      return [symbol, state === 'good' ? 'good' : cause, ...sizes, levels.join('/'), count(updates)];
    }),
  ]);
}

/** Without the zeros that all of these prices end with. */
export function dropZeros(prices: readonly string[]): readonly string[] {
  const zeros = Math.min(...prices.map((price) => /\.\d*?(0*)$/.exec(price)?.[1]?.length ?? 0));
  return prices.map((price) => price.slice(0, price.length - zeros).replace(/\.$/, ''));
}

/** A size in as many digits as tell something, so that ten books of any venue fit into 80 columns. */
export function shortSize(size: string): string {
  const whole = size.indexOf('.');
  return whole < 0 ? size : size.slice(0, Math.max(whole, 8)).replace(/\.$/, '');
}

/** From the burst that brought a message to the book that it changed, and the stages between them. */
const STAGES: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  tls: 'TLS',
  websocket: 'WebSocket',
  json: 'JSON',
  book: 'book',
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
