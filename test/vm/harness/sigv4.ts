// Checks a presigned S3 GET as S3 does (AWS Signature Version 4, query parameters), independently of whoever signed it.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import type { Credentials } from './imds.js';

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** RFC 3986, as the signature demands; encodeURIComponent leaves five characters more as they are. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** @returns why S3 would refuse the request, or undefined when it would serve it. */
export function refusePresigned(
  url: URL,
  host: string,
  credentials: Credentials,
  region: string,
): string | undefined {
  const query = url.searchParams;
  const given = query.get('X-Amz-Signature');
  const date = query.get('X-Amz-Date');
  if (given === null || date === null) return 'AccessDenied: no X-Amz-Signature and X-Amz-Date in the query';
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  if (query.get('X-Amz-Credential') !== `${credentials.accessKeyId}/${scope}`)
    return `AuthorizationQueryParametersError: X-Amz-Credential is ${String(query.get('X-Amz-Credential'))}`;
  if (query.get('X-Amz-Security-Token') !== credentials.token) return 'InvalidToken: X-Amz-Security-Token';
  if (query.get('X-Amz-SignedHeaders') !== 'host') return 'AccessDenied: X-Amz-SignedHeaders must be host';
  const expires = Number(query.get('X-Amz-Expires'));
  if (!(expires >= 1 && expires <= 604_800)) return `X-Amz-Expires is ${String(query.get('X-Amz-Expires'))}`;

  const canonicalQuery = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const path = url.pathname
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/');
  const request = ['GET', path, canonicalQuery, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const digest = createHash('sha256').update(request).digest('hex');
  const key = hmac(
    hmac(hmac(hmac(`AWS4${credentials.secretAccessKey}`, date.slice(0, 8)), region), 's3'),
    'aws4_request',
  );
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, digest].join('\n'));
  const matches =
    expected.length === given.length / 2 && timingSafeEqual(expected, Buffer.from(given, 'hex'));
  return matches ? undefined : 'SignatureDoesNotMatch';
}
