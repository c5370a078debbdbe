// Package mirrors for an image that has nothing baked in: every name resolves to one address, where plain HTTP is passed
// out of the private network namespace through a unix socket. Nothing else gets out.
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http';
import { createConnection, createServer, type Server as NetServer } from 'node:net';
import { execFileSync } from 'node:child_process';

import { openResolver } from './resolver.js';

const WEB = '198.51.100.80';

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

/** The inner end: resolver and web server of the guest. */
export async function openInternet(socket: string, resolvConf: string): Promise<void> {
  execFileSync('ip', ['addr', 'replace', `${WEB}/32`, 'dev', 'lo']);
  await openResolver(resolvConf, () => WEB);
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
