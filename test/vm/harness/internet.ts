// Package mirrors for an image that has nothing baked in: every name resolves to one address, where plain HTTP is passed
// out of the private network namespace through a unix socket. Nothing else gets out.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http';
import { createConnection, createServer, type Server as NetServer } from 'node:net';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const RESOLVER = '198.51.100.53';
const WEB = '198.51.100.80';
const DNS_TYPE_A = 1;

/** The outer end: does the guest's GET and HEAD requests where the network is. */
export function startRelay(socket: string): Server {
  const server = createHttpServer((incoming, outgoing) => {
    if (!['GET', 'HEAD'].includes(incoming.method ?? '')) return void outgoing.writeHead(405).end();
    const { host = '' } = incoming.headers;
    const forwarded = httpRequest(`http://${host}${incoming.url ?? '/'}`, {
      method: incoming.method,
      headers: incoming.headers,
    });
    forwarded.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', (error) => outgoing.writeHead(502).end(error.message));
    return void forwarded.end();
  });
  return server.listen(socket);
}

/** The inner end: resolver and web server of the guest, and this namespace's resolv.conf, which QEMU's network reads. */
export async function openInternet(socket: string, resolvConf: string): Promise<void> {
  for (const address of [RESOLVER, WEB])
    execFileSync('ip', ['addr', 'replace', `${address}/32`, 'dev', 'lo']);
  writeFileSync(resolvConf, `nameserver ${RESOLVER}\n`);
  execFileSync('mount', ['--bind', resolvConf, '/etc/resolv.conf']);

  const resolver = createSocket('udp4', (query, from) => {
    resolver.send(answerQuery(query), from.port, from.address);
  });
  resolver.bind(53, RESOLVER);
  const web: NetServer = createServer((guest) => {
    const out = createConnection(socket);
    guest.pipe(out).pipe(guest);
    const hangUp = (): void => {
      guest.destroy();
      out.destroy();
    };
    guest.on('error', hangUp);
    out.on('error', hangUp);
  });
  web.listen(80, WEB);
  await once(web, 'listening');
}

/** RFC 1035: one A record for every name; no record, and no error, for other types. */
function answerQuery(query: Buffer): Buffer {
  let end = 12;
  while ((query[end] ?? 0) !== 0) end += 1 + (query[end] ?? 0);
  const question = query.subarray(12, end + 5);
  const isAddress = query.readUInt16BE(end + 1) === DNS_TYPE_A;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580, 2); // a response, authoritative, recursion available
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isAddress ? 1 : 0, 6);
  // A pointer to the name in the question, type A, class IN, a minute, four bytes.
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...WEB.split('.').map(Number)]);
  return Buffer.concat([header, question, ...(isAddress ? [record] : [])]);
}
