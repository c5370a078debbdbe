// The shapes of what bookfeed and the local exchange say of themselves, and how far the two agree.
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

const count = z.int().nonnegative();
/** Price and quantity, as texts: they may have more digits than a number of JavaScript's. */
const level = z.tuple([z.string(), z.string()]);

const bookStatus = z.object({
  symbol: z.string(),
  state: z.enum(['waiting', 'good']),
  cause: z.string(),
  updates: count,
  resyncs: count,
  levels: z.tuple([count, count]),
  /** The best few of each side, the best first. */
  bids: z.array(level),
  asks: z.array(level),
});
export type BookStatus = z.infer<typeof bookStatus>;

const quantiles = z.object({ count, p50: count, p90: count, p99: count, p999: count, max: count });

/** See native/src/bookfeed/status.c. */
const bookfeedStatus = z.object({
  schema: z.literal(1),
  device: z.string(),
  state: z.string(),
  why: z.string(),
  message_age_ms: count.nullable(),
  symbols: count,
  good: count,
  messages: count,
  updates: count,
  resyncs: count,
  malformed: count,
  disconnects: count,
  mbufs_free: count,
  mbufs_total: count,
  latency_ns: z.record(z.string(), quantiles),
  books: z.array(bookStatus),
});
export type BookfeedStatus = z.infer<typeof bookfeedStatus>;

/** The status that bookfeed keeps in a file; undefined before it has written one. */
export async function readBookfeed(file: string): Promise<BookfeedStatus | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : bookfeedStatus.parse(JSON.parse(text));
}

/** What the exchange says when it is ready. */
export const exchangeStart = z.object({
  source: z.enum(['recorded', 'generated']),
  symbols: z.array(z.string()).min(1),
});
export type ExchangeStart = z.infer<typeof exchangeStart>;

/** What the exchange says when it has stopped its stream. */
export const exchangeEnd = z.object({
  sent: count,
  /** Messages besides the stream: to subscriptions. */
  answers: count,
  /** Symbol -> bids and asks, the best five of each. */
  books: z.record(z.string(), z.tuple([z.array(level), z.array(level)])),
});
export type ExchangeEnd = z.infer<typeof exchangeEnd>;

const number = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const side = (levels: readonly (readonly [string, string])[]): string =>
  levels.map((each) => each.map(number).join(' x ')).join(', ');

/** The symbols whose book is not good, or whose best levels are not those of the exchange. */
export function differingBooks(status: BookfeedStatus, end: ExchangeEnd): readonly string[] {
  const shown = new Map(status.books.map((book) => [book.symbol, book]));
  return Object.entries(end.books)
    .filter(([symbol, [bids, asks]]) => {
      const book = shown.get(symbol);
      return book?.state !== 'good' || side(book.bids) !== side(bids) || side(book.asks) !== side(asks);
    })
    .map(([symbol]) => symbol);
}
