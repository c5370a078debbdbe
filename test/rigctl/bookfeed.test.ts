// What bookfeed's run on this machine shows, and how it tells right books from wrong ones, without running it.
import {
  bookfeedOptions,
  pairOptions,
  singleOptions,
  type LocalFlags,
} from '../../lib/rigctl/local-flags.js';
import { dropZeros, formatTable, shortSize } from '../../lib/rigctl/bookfeed/report.js';
import { differingBooks, type BookfeedStatus } from '../../lib/rigctl/bookfeed/status.js';
import { liveText } from '../../lib/rigctl/live.js';

const flags = (changes: Partial<LocalFlags>): LocalFlags => ({
  workload: 'bookfeed',
  topology: 'single',
  keep: false,
  json: false,
  down: false,
  ...changes,
});

test('without options it follows kraken by lwip for 20 s', () => {
  expect(bookfeedOptions(flags({}))).toMatchObject({
    venue: 'kraken',
    transport: 'lwip',
    link: 'af_packet',
    seconds: 20,
    rate: 1000,
  });
});

test('its options are for nothing else', () => {
  expect(() => singleOptions(flags({ venue: 'kraken' }))).toThrow('--venue is only for --workload bookfeed');
  expect(() => pairOptions(flags({ rate: 5 }))).toThrow('--rate is only for --workload bookfeed');
  expect(() => pairOptions(flags({ link: 'af_xdp' }))).toThrow("--link 'af_xdp' is not for a pair");
  expect(singleOptions(flags({ seconds: 0 })).seconds).toBeUndefined();
});

const status = (state: 'good' | 'waiting', bid: string): BookfeedStatus => ({
  ...{
    schema: 1,
    device: '',
    state: 'open',
    why: '',
    message_age_ms: 0,
    symbols: 1,
    good: 1,
    messages: 1,
    updates: 1,
  },
  ...{ resyncs: 0, malformed: 0, disconnects: 0, mbufs_free: 0, mbufs_total: 0, latency_ns: {} },
  books: [
    {
      ...{ symbol: 'A', state, cause: 'none', updates: 1, resyncs: 0, levels: [1, 1] },
      bids: [[bid, '5']],
      asks: [['2', '100']],
    },
  ],
});

test.each([
  ['good', '1.5', []],
  ['good', '1.500', []],
  ['good', '1.51', ['A']],
  ['waiting', '1.5', ['A']],
] as const)('a book that is %s with a bid of %s differs: %j', (state, bid, differing) => {
  const books = { A: [[['1.50', '5.0']], [['2.00', '100']]] } as const;
  const end = { sent: 1, answers: 0, books: structuredClone(books) as never };
  expect(differingBooks(status(state, bid), end)).toEqual(differing);
});

test('a symbol that bookfeed does not show differs', () => {
  expect(differingBooks(status('good', '1'), { sent: 0, answers: 0, books: { B: [[], []] } })).toEqual(['B']);
});

test('prices lose the zeros that both end with, sizes the digits that tell nothing', () => {
  expect(dropZeros(['56119.10000', '56218.32000'])).toEqual(['56119.10', '56218.32']);
  expect(dropZeros(['100.00', '200.00'])).toEqual(['100', '200']);
  expect(dropZeros(['100', '200.50'])).toEqual(['100', '200.50']);
  expect(['13355.87450757', '0.00008985', '123456789.5', '1200', '1234567.5'].map(shortSize)).toEqual([
    '13355.87',
    '0.000089',
    '123456789',
    '1200',
    '1234567',
  ]);
});

test('a table is as wide as its cells', () => {
  expect(
    formatTable([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toEqual(['  a    bb', '  ccc   d']);
});

describe('a live text', () => {
  const shown = (isTTY: boolean): { written: string[]; live: ReturnType<typeof liveText> } => {
    const written: string[] = [];
    const write = (text: unknown): boolean => written.push(String(text)) > 0;
    return { written, live: liveText({ isTTY, columns: 6, rows: 3, write }) };
  };

  test('is written over on a terminal, cut to its size', () => {
    const { written, live } = shown(true);
    live.show('1234567\nb\nc');
    live.show('d');
    live.clear();
    live.clear();
    expect(written).toEqual(['12345\nb', '\u001b[1A\r\u001b[Jd', '\r\u001b[J']);
  });

  test('is plain lines elsewhere', () => {
    const { written, live } = shown(false);
    live.show('page\nof two', 'line');
    live.clear();
    expect(written).toEqual(['line\n']);
  });
});
