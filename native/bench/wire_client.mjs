// The peer that most people would write: node's `ws`, JSON.parse and a Map a side. Notes when each update was in its
// book, on the monotonic clock. Called by bookfeed_wire.py: wire_client.mjs ADDRESS PORT CA_FILE TRACE_FILE.
import { readFileSync, writeFileSync } from 'node:fs';
import WebSocket from 'ws';

const [address, port, ca, trace] = process.argv.slice(2);
const books = new Map();
const times = [];

function apply(side, levels) {
  for (const [price, quantity] of levels) {
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
  }
}

const socket = new WebSocket(`wss://${address}:${port}/stream`, {
  ca: readFileSync(ca),
  servername: 'stream.binance.com',
  perMessageDeflate: false,
});
socket.on('open', () => socket.send(JSON.stringify({ method: 'SUBSCRIBE', params: ['nknusdt@depth@100ms'], id: 1 })));
socket.on('message', (data) => {
  const { data: event } = JSON.parse(data);
  if (event === undefined) return;
  let book = books.get(event.s);
  if (book === undefined) books.set(event.s, (book = { bids: new Map(), asks: new Map() }));
  apply(book.bids, event.b);
  apply(book.asks, event.a);
  times.push(process.hrtime.bigint());
});
process.on('SIGTERM', () => {
  writeFileSync(trace, `book_ns\n${times.join('\n')}\n`);
  process.exit(0);
});
