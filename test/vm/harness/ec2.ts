// EC2 and S3 as the guest sees them: all fixtures on the addresses of the private network namespace, started together.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';

import { createImds, type Credentials, type ImdsState } from './imds.js';
import { createSignalService, createStore, Gate, type Signal, type StoreState } from './services.js';
import {
  DATA,
  IMDS_ADDRESS,
  INSTANCE_ID,
  MANAGEMENT,
  S3_PORT,
  SERVICE_ADDRESS,
  SIGNAL_PORT,
} from './topology.js';

/** AWS's own example keys: they open nothing. */
const CREDENTIALS: Credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  token: 'IQoJb3JpZ2luX2VjEA//example+token/with=characters==',
};

export class Ec2 {
  readonly signals: Signal[] = [];
  readonly signalGate = new Gate();
  private readonly servers: Server[] = [];

  private constructor(
    /** Has the SSH key `id_ed25519` that IMDS hands to the guest. */
    readonly directory: string,
    readonly imds: ImdsState,
    readonly store: StoreState,
  ) {}

  /** Must run in a network namespace of its own: it gives the loopback EC2's addresses. */
  static async start(directory: string): Promise<Ec2> {
    mkdirSync(directory, { recursive: true });
    const key = join(directory, 'id_ed25519');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'rig-vm', '-f', key]);
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    for (const address of [IMDS_ADDRESS, SERVICE_ADDRESS])
      execFileSync('ip', ['addr', 'replace', `${address}/32`, 'dev', 'lo']);

    const imds: ImdsState = {
      userData: '',
      instanceId: INSTANCE_ID,
      nics: [MANAGEMENT, DATA],
      refuseTokens: false,
      sshKey: readFileSync(`${key}.pub`, 'utf8').trim(),
      credentials: CREDENTIALS,
    };
    const ec2 = new Ec2(directory, imds, { objects: new Map(), fault: undefined, gate: new Gate() });
    await ec2.listen(createImds(imds), 80, IMDS_ADDRESS);
    await ec2.listen(createStore(ec2.store, CREDENTIALS), S3_PORT, SERVICE_ADDRESS);
    await ec2.listen(createSignalService(ec2.signals, ec2.signalGate), SIGNAL_PORT, SERVICE_ADDRESS);
    return ec2;
  }

  private async listen(server: Server, port: number, address: string): Promise<void> {
    server.listen(port, address);
    await once(server, 'listening');
    this.servers.push(server);
  }

  close(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}
