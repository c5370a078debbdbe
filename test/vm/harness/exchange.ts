// A bookfeed's exchange in a network namespace of its own, which is the data subnet's router as well: the local exchange of
// `npm start -- --workload bookfeed`, with certificates of a CA that the guest is told to trust.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import type { z } from 'zod';

import { exchangeEnd, exchangeStart, type ExchangeEnd } from '../../../lib/rigctl/bookfeed/status.js';
import type { Machine } from './machine.js';
import { DATA, EXCHANGE } from './topology.js';

const PROJECT = join(__dirname, '../../..');
const FEEDS = join(PROJECT, '../shared/feeds');
const INTERFACE = 'exchange0';
const ANSWER_SECONDS = 60;
/** What an emulated machine keeps up with easily. */
const MESSAGES_A_SECOND = 100;

/** What is followed: all books of the recorded feed, or, without one, of the market that the exchange then makes up. */
export const FEED = existsSync(join(FEEDS, 'KRAKEN.ws.50.0'))
  ? {
      venue: 'kraken',
      source: 'recorded',
      symbols: [
        ...['ADA/XBT', 'XBT/CHF', 'OMG/USD', 'OCEAN/XBT', 'ETH/CHF'],
        ...['SC/EUR', 'GRT/ETH', 'KSM/XBT', 'XMR/USD', 'WAVES/EUR'],
      ],
    }
  : { venue: 'kraken', source: 'generated', symbols: ['XBT/USD', 'ETH/USD', 'ADA/XBT'] };

export class Exchange {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly lines: Interface,
  ) {}

  /** Returns when it listens, before any wire leads to it. */
  static async start(folder: string): Promise<Exchange> {
    mkdirSync(folder);
    const program = [
      ...['python3', '-B', join(PROJECT, 'native/bench/local_exchange.py')],
      ...['--venue', FEED.venue, '--rate', String(MESSAGES_A_SECOND), '--feeds', FEEDS],
      ...['--address', EXCHANGE.ipv4, '--port', String(EXCHANGE.port), '--folder', folder],
    ];
    const address = `ip link set lo up && ip addr add ${EXCHANGE.ipv4}/32 dev lo && exec "$@"`;
    const child = spawn('unshare', ['--net', 'sh', '-c', address, 'sh', ...program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exchange = new Exchange(folder, child, createInterface({ input: child.stdout }));
    const { source, symbols } = await exchange.answer(exchangeStart);
    if (source !== FEED.source || symbols.join() !== FEED.symbols.join())
      throw new Error(
        `the exchange plays ${source} ${symbols.join()}; deployed are ${FEED.source} ${FEED.symbols.join()}`,
      );
    return exchange;
  }

  /** The CA of its certificate (PEM). */
  get ca(): string {
    return readFileSync(join(this.folder, 'ca.pem'), 'utf8');
  }

  /** Puts the exchange, as the gateway, on the wire of the machine's data port in place of QEMU's user network. */
  async connect(machine: Machine): Promise<void> {
    await machine.joinInterface(INTERFACE);
    await machine.connectGateway(false);
    execFileSync('ip', ['link', 'set', INTERFACE, 'netns', String(this.child.pid)]);
    const inside = (...words: string[]): unknown =>
      execFileSync('nsenter', [`--net=/proc/${this.child.pid}/ns/net`, 'ip', ...words]);
    inside('addr', 'add', `${DATA.gateway}/${DATA.prefix}`, 'dev', INTERFACE);
    inside('link', 'set', INTERFACE, 'up');
  }

  /** Ends the stream, not the exchange: whoever subscribes still gets the books as they are. @returns what was sent. */
  async end(): Promise<ExchangeEnd> {
    const answer = this.answer(exchangeEnd);
    this.child.stdin?.write('end\n');
    return answer;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL'); // it keeps nothing
    await ended;
  }

  private async answer<T>(schema: z.ZodType<T>): Promise<T> {
    const late = sleep(ANSWER_SECONDS * 1000, 'said nothing', { ref: false });
    const ended = once(this.child, 'exit').then(() => 'ended');
    const said = once(this.lines, 'line').then(([line]) => ({ line: line as string }));
    const first = await Promise.race([said, ended, late]);
    if (typeof first === 'string') throw new Error(`the exchange ${first}; see its message above`);
    return schema.parse(JSON.parse(first.line));
  }
}
