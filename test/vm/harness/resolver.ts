// The guest's name server: QEMU's user network hands the guest's questions to the one in this namespace's resolv.conf.
import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

const RESOLVER = '198.51.100.53';
const DNS_TYPE_A = 1;
const NAME_ERROR = 3;

/**
 * Answers until it is closed. `resolvConf` is the file to write; it covers /etc/resolv.conf, for this mount namespace alone.
 * @param addressOf gives the IPv4 address of a name, or undefined where there is no such name.
 */
export async function openResolver(
  resolvConf: string,
  addressOf: (name: string) => string | undefined,
): Promise<Socket> {
  execFileSync('ip', ['addr', 'replace', `${RESOLVER}/32`, 'dev', 'lo']);
  writeFileSync(resolvConf, `nameserver ${RESOLVER}\n`);
  execFileSync('mount', ['--bind', resolvConf, '/etc/resolv.conf']);
  const resolver = createSocket('udp4', (query, from) => {
    resolver.send(answerQuery(query, addressOf), from.port, from.address);
  });
  resolver.bind(53, RESOLVER);
  await once(resolver, 'listening');
  return resolver;
}

/** RFC 1035: one A record for a name that there is; no record, and no error, for its other types. */
function answerQuery(query: Buffer, addressOf: (name: string) => string | undefined): Buffer {
  const labels: string[] = [];
  let end = 12;
  for (let size: number; (size = query[end] ?? 0) !== 0; end += 1 + size)
    labels.push(query.toString('latin1', end + 1, end + 1 + size));
  const question = query.subarray(12, end + 5);
  const address = addressOf(labels.join('.').toLowerCase());
  const records = address !== undefined && query.readUInt16BE(end + 1) === DNS_TYPE_A ? 1 : 0;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // A response, authoritative, recursion available.
  header.writeUInt16BE(0x8580 | (address === undefined ? NAME_ERROR : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records, 6);
  // A pointer to the name in the question, type A, class IN, a minute, four bytes.
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...(address ?? '').split('.').map(Number)];
  return Buffer.concat([header, question, ...(records > 0 ? [Buffer.from(record)] : [])]);
}
