// The workload bookfeed, deployed: the exchange's name is resolved through the management interface, its certificate checked
// against the system's CAs, and its stream comes in by the port that igb_uio holds, over lwIP and TLS into books.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ExchangeEnd } from '../../../../lib/rigctl/bookfeed/status.js';
import { checkMachine, checkSignals, checkStatus } from '../../harness/checks.js';
import { Exchange, FEED } from '../../harness/exchange.js';
import type { Lab } from '../../harness/lab.js';
import type { Machine } from '../../harness/machine.js';
import { openResolver } from '../../harness/resolver.js';
import { EXCHANGE } from '../../harness/topology.js';

export const title = 'a bookfeed comes up with every book as the exchange has it, and again after a reboot';
export const deployment = 'bookfeed';

const STREAM_SECONDS = 20;
/** What was sent last may still be on its way, and a stream that has fallen silent is made anew every 20 seconds. */
const AGREE_SECONDS = 90;
const CA_FILE = '/usr/local/share/ca-certificates/exchange.crt';
const STAGES = ['tcp', 'tls', 'websocket', 'json', 'book', 'burst_to_book'];

type Answer = Readonly<Record<string, string | number>>;
type Levels = ExchangeEnd['books'][string][number];

/** Telemetry's answers, in one connection to the guest. */
async function ask(machine: Machine, commands: readonly string[]): Promise<readonly Answer[]> {
  const said = await machine.guest.must(
    commands.map((command) => `/opt/dpdk-rig/userdata/bin/rig-telemetry '/bookfeed/${command}'`).join('\n'),
  );
  return said.split('\n').map((line) => JSON.parse(line) as Answer);
}

/** The machine's administrator makes the exchange's CA one of the system's. */
async function trust(machine: Machine, ca: string): Promise<void> {
  await machine.guest.must(`cat >${CA_FILE} <<'PEM'\n${ca}PEM\nupdate-ca-certificates`, 120);
}

/** Checks again and again until it holds. @throws as the check did last */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + AGREE_SECONDS * 1000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}

const number = (text: string | number | undefined): string =>
  String(text)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
const best = ([level]: Levels): string => `${number(level?.[0])} x ${number(level?.[1])}`;

/** Symbol -> what the exchange has: a good book, and its best levels. */
function exchangeBooks({ books }: ExchangeEnd): Record<string, string> {
  return Object.fromEntries(
    Object.entries(books).map(([symbol, [bids, asks]]) => [symbol, `good ${best(bids)}, ${best(asks)}`]),
  );
}

/** The same of the guest, whose best ten levels a side have the exchange's checksum where a book is good. */
async function guestBooks(machine: Machine): Promise<Record<string, string>> {
  const books = await ask(
    machine,
    FEED.symbols.map((symbol) => `book,${symbol}`),
  );
  return Object.fromEntries(
    books.map((book) => [
      book['symbol'],
      `${book['state']} ${number(book['bid_price'])} x ${number(book['bid_quantity'])}, ` +
        `${number(book['ask_price'])} x ${number(book['ask_quantity'])}`,
    ]),
  ) as Record<string, string>;
}

async function checkBooks(machine: Machine, end: ExchangeEnd): Promise<void> {
  const expected = exchangeBooks(end);
  await eventually(async () => {
    assert.deepEqual(await guestBooks(machine), expected);
  });
}

/** Nothing was lost, asked for again or out of place, and every stage of the way was measured. */
async function checkSession(machine: Machine, { sent, answers }: ExchangeEnd): Promise<void> {
  const [stats = {}, latency = {}] = await ask(machine, ['stats', 'latency']);
  const counters = ['messages', 'connects', 'resyncs', 'malformed', 'refused', 'checksum_errors'] as const;
  assert.deepEqual(Object.fromEntries(counters.map((name) => [name, stats[name]])), {
    messages: sent + answers,
    connects: 1,
    resyncs: 0,
    malformed: 0,
    refused: 0,
    checksum_errors: 0,
  });
  for (const stage of STAGES) {
    const [count, p50, p99, most] = ['count', 'p50_ns', 'p99_ns', 'max_ns'].map((name) =>
      Number(latency[`${stage}_${name}`]),
    ) as [number, number, number, number];
    assert.ok(
      count > sent / 2 && p50 > 0 && p50 <= p99 && p99 <= most,
      `${stage}: ${JSON.stringify(latency)}`,
    );
  }
  console.error(`vm: ${sent} messages, burst to book p50 ${latency['burst_to_book_p50_ns']} ns (emulated)`);
}

/** With its CA taken away again the exchange is not believed, and no book is good. */
async function checkDistrust(machine: Machine): Promise<void> {
  await machine.guest.must(
    `rm ${CA_FILE}; update-ca-certificates --fresh; systemctl restart bookfeed.service`,
    180,
  );
  await eventually(async () => {
    const [status = {}, stats = {}] = await ask(machine, ['status', 'stats']);
    assert.match(String(status['why']), /certificate/);
    assert.deepEqual([status['good'], stats['messages']], [0, 0]);
  });
}

async function boot(lab: Lab, exchange: Exchange): Promise<Machine> {
  // The machine waits for the answer to its first signal until the exchange is on its wire.
  lab.ec2.signalGate.shut();
  const machine = await lab.powerOn();
  await machine.shell();
  await trust(machine, exchange.ca);
  await machine.built();
  await exchange.connect(machine);
  lab.ec2.signalGate.open();
  await machine.ready();
  return machine;
}

async function check(lab: Lab, exchange: Exchange): Promise<void> {
  const machine = await boot(lab, exchange);
  const feed = { venue: FEED.venue, state: 'open', symbols: FEED.symbols.length, good: FEED.symbols.length };
  checkSignals(lab);
  const { PortStatus: portStatus = '' } = lab.rig.outputs();
  const whole = `${FEED.venue} ${FEED.symbols.join(',')}: ${feed.good} of ${feed.symbols} good`;
  assert.ok(portStatus.endsWith(whole), portStatus);
  checkStatus(lab, machine);
  assert.deepEqual(machine.status.feed, feed);
  await sleep(STREAM_SECONDS * 1000);
  await checkMachine(lab, machine);

  const end = await exchange.end();
  await checkBooks(machine, end);
  await checkSession(machine, end);

  await machine.reboot();
  await checkBooks(machine, end);
  await checkMachine(lab, machine);
  await checkDistrust(machine);
}

export async function run(lab: Lab): Promise<void> {
  const exchange = await Exchange.start(join(lab.directory, 'exchange'));
  const resolver = await openResolver(join(lab.directory, 'resolv.conf'), (name) =>
    name === EXCHANGE.host ? EXCHANGE.ipv4 : undefined,
  );
  try {
    console.error(`vm: the exchange plays a ${FEED.source} feed`);
    await check(lab, exchange);
  } finally {
    resolver.close();
    await exchange.stop();
  }
}
