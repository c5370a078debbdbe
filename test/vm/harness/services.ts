// S3 objects for presigned GETs, and the wait-condition URLs that record the signals put to them.
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { Credentials } from './imds.js';
import { refusePresigned } from './sigv4.js';
import { REGION, SERVICE_ADDRESS, SIGNAL_PORT } from './topology.js';

/** A signal as CloudFormation would have received it. */
export interface Signal {
  /** Logical id of the wait-condition handle whose URL was used. */
  readonly handle: string;
  readonly status: string;
  readonly reason: string;
  readonly uniqueId: string;
  readonly data: string;
  readonly at: number;
}

export interface StoreState {
  /** Files by `bucket/key`. */
  readonly objects: Map<string, string>;
  /** `down` answers 503 to every request; `altered` gives other bytes than were published. */
  fault: 'down' | 'altered' | undefined;
  /** Shut: a machine waits for its assets, and its rig has not begun. */
  readonly gate: Gate;
}

export function createStore(state: StoreState, credentials: Credentials): Server {
  const serve = (request: IncomingMessage, response: ServerResponse): unknown => {
    const url = new URL(request.url ?? '/', 'http://s3');
    const refuse = (status: number, text: string): unknown => response.writeHead(status).end(text);
    if (state.fault === 'down') return refuse(503, 'SlowDown');
    if (request.method !== 'GET') return refuse(405, 'MethodNotAllowed');
    const fault = refusePresigned(url, request.headers.host ?? '', credentials, REGION);
    if (fault !== undefined) return refuse(403, fault);
    const file = state.objects.get(decodeURIComponent(url.pathname.slice(1)));
    // Without s3:ListBucket, which the rig's role does not have, S3 hides what is absent behind a 403.
    if (file === undefined) return refuse(403, 'AccessDenied');
    if (state.fault === 'altered') return response.writeHead(200).end('not what was published');
    response.writeHead(200, { 'Content-Length': statSync(file).size });
    return createReadStream(file).pipe(response);
  };
  return createServer((request: IncomingMessage, response: ServerResponse) => {
    void state.gate.pass().then(() => serve(request, response));
  });
}

/** Holds answers back while it is shut, and with them the machine that waits for one: a moment to save its state in. */
export class Gate {
  private opened: Promise<void> = Promise.resolve();
  private release = (): void => undefined;

  shut(): void {
    this.opened = new Promise((resolve) => (this.release = resolve));
  }

  open(): void {
    this.release();
  }

  pass(): Promise<void> {
    return this.opened;
  }
}

/** A presigned URL as a wait-condition handle's Ref gives it, with the characters that tempt a shell. */
export const signalUrl = (handle: string): string =>
  `http://${SERVICE_ADDRESS}:${SIGNAL_PORT}/cloudformation-waitcondition/arn%3Aaws%3Acloudformation%3A${handle}` +
  '?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host&X-Amz-Credential=AKIA%2F20260101%2Fs3&X-Amz-Signature=abc123';

/**
 * Records every signal in `signals`.
 * The handle's URL was signed without a Content-Type, so that any other than an empty one breaks the signature: 403.
 */
export function createSignalService(signals: Signal[], gate: Gate): Server {
  return createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://signal');
    const handle = decodeURIComponent(url.pathname).split(':').at(-1) ?? '';
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const signed = url.searchParams.get('X-Amz-Signature') === 'abc123';
      if (request.method !== 'PUT' || !signed || (request.headers['content-type'] ?? '') !== '')
        return response.writeHead(403).end('SignatureDoesNotMatch');
      const signal = parseSignal(handle, Buffer.concat(chunks).toString());
      if (signal === undefined) return response.writeHead(400).end('not a signal');
      signals.push(signal);
      void gate.pass().then(() => response.writeHead(200).end());
      return undefined;
    });
  });
}

/** @returns undefined for what CloudFormation would not take as a signal. */
function parseSignal(handle: string, body: string): Signal | undefined {
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (key: string): string => (typeof document[key] === 'string' ? document[key] : '');
  const [status, uniqueId, data] = [text('Status'), text('UniqueId'), text('Data')];
  if (!['SUCCESS', 'FAILURE'].includes(status) || uniqueId === '' || data.length > 4096) return undefined;
  return { handle, status, reason: text('Reason'), uniqueId, data, at: Date.now() };
}
