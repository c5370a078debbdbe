// Instance metadata service, version 2 only: a token from PUT /latest/api/token is required for everything else.
// Answers as AWS documents: 401 without a valid token, 404 for what is absent, folders listed one name a line.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';

import { MANAGEMENT, REGION, ACCOUNT, type Nic } from './topology.js';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
}

/** What a case may change while the machine runs. */
export interface ImdsState {
  /** Empty: the instance has none. */
  userData: string;
  instanceId: string;
  nics: readonly Nic[];
  /** HTTP 403 to every token request, as with HttpEndpoint disabled. */
  refuseTokens: boolean;
  readonly sshKey: string;
  readonly credentials: Credentials;
}

const API_VERSIONS = ['2009-04-04', '2016-09-02', '2018-09-24', '2021-03-23', 'latest'];
const ROLE = 'rig-role';
const PLACE = 'eu-central-1a';

/** Leaves of /latest/meta-data by path; folders follow from the paths. */
function metaData(state: ImdsState): Map<string, string> {
  const leaves = new Map<string, string>([
    ['ami-id', 'ami-0123456789abcdef0'],
    ['hostname', 'ip-10-0-0-10.eu-central-1.compute.internal'],
    ['local-hostname', 'ip-10-0-0-10.eu-central-1.compute.internal'],
    ['instance-id', state.instanceId],
    ['instance-type', 't3.medium'],
    ['local-ipv4', MANAGEMENT.ipv4],
    ['mac', MANAGEMENT.mac],
    ['placement/availability-zone', PLACE],
    ['placement/region', REGION],
    ['public-keys/0/openssh-key', state.sshKey],
    ['services/domain', 'amazonaws.com'],
    [`iam/security-credentials/${ROLE}`, credentialDocument(state.credentials)],
  ]);
  for (const nic of state.nics) {
    const folder = `network/interfaces/macs/${nic.mac}`;
    leaves.set(`${folder}/device-number`, String(nic.deviceNumber));
    leaves.set(`${folder}/interface-id`, `eni-0${nic.deviceNumber}23456789abcdef0`);
    leaves.set(`${folder}/local-ipv4s`, nic.ipv4);
    leaves.set(`${folder}/mac`, nic.mac);
    leaves.set(`${folder}/owner-id`, ACCOUNT);
    leaves.set(`${folder}/subnet-ipv4-cidr-block`, nic.subnet);
    leaves.set(`${folder}/vpc-ipv4-cidr-block`, '10.0.0.0/16');
    leaves.set(`${folder}/vpc-ipv4-cidr-blocks`, '10.0.0.0/16');
  }
  return leaves;
}

function credentialDocument(credentials: Credentials): string {
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    LastUpdated: '2026-01-01T00:00:00Z',
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.token,
    Expiration: '2036-01-01T00:00:00Z',
  });
}

/** The value of a leaf or the listing of a folder; undefined when there is neither. */
function lookUp(leaves: ReadonlyMap<string, string>, path: string): string | undefined {
  const exact = leaves.get(path);
  if (exact !== undefined) return exact;
  const prefix = path === '' ? '' : `${path}/`;
  const names = new Set<string>();
  for (const leaf of leaves.keys()) {
    if (!leaf.startsWith(prefix)) continue;
    const [head = '', ...more] = leaf.slice(prefix.length).split('/');
    // Public keys are the one listing that carries names: `0=name`.
    names.add(path === 'public-keys' ? `${head}=rig-vm` : head + (more.length > 0 ? '/' : ''));
  }
  return names.size > 0 ? [...names].sort().join('\n') : undefined;
}

function answer(state: ImdsState, path: string): string | undefined {
  const [version = '', kind, ...rest] = path.split('/').filter((part) => part !== '');
  if (version === '') return API_VERSIONS.join('\n');
  if (!API_VERSIONS.includes(version)) return undefined;
  switch (kind) {
    case undefined:
      return 'dynamic\nmeta-data\nuser-data';
    case 'user-data':
      return state.userData === '' ? undefined : state.userData;
    case 'meta-data':
      return lookUp(metaData(state), rest.join('/'));
    case 'dynamic':
      return lookUp(new Map([['instance-identity/document', identityDocument(state)]]), rest.join('/'));
    default:
      return undefined;
  }
}

function identityDocument(state: ImdsState): string {
  return JSON.stringify({
    accountId: ACCOUNT,
    availabilityZone: PLACE,
    instanceId: state.instanceId,
    instanceType: 't3.medium',
    privateIp: MANAGEMENT.ipv4,
    region: REGION,
    version: '2017-09-30',
  });
}

export function createImds(state: ImdsState): Server {
  const tokens = new Set<string>();
  const handle = (request: IncomingMessage): { status: number; body: string } => {
    const path = new URL(request.url ?? '/', 'http://imds').pathname;
    if (request.method === 'PUT' && path === '/latest/api/token') {
      if (state.refuseTokens) return { status: 403, body: '' };
      const ttl = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (!(ttl >= 1 && ttl <= 21_600)) return { status: 400, body: '' };
      const token = randomBytes(40).toString('base64');
      tokens.add(token);
      return { status: 200, body: token };
    }
    const token = request.headers['x-aws-ec2-metadata-token'];
    if (typeof token !== 'string' || !tokens.has(token)) return { status: 401, body: '' };
    if (request.method !== 'GET') return { status: 405, body: '' };
    const body = answer(state, path);
    return body === undefined ? { status: 404, body: '' } : { status: 200, body };
  };
  return createServer((request: IncomingMessage, response: ServerResponse) => {
    const { status, body } = handle(request);
    response.writeHead(status, { 'Content-Type': 'text/plain', Server: 'EC2ws' }).end(body);
  });
}
