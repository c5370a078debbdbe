// Commands inside the machine, over SSH to the management interface: the key comes from IMDS, as on EC2.
// That the harness gets in at all is the proof that management stayed untouched.
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

import { SSH_PORT } from './qemu.js';

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

export class Guest {
  constructor(
    private readonly directory: string,
    private readonly user: string,
  ) {}

  /** Runs a shell script as root. Its standard output and error come back together; a failure of SSH itself is code 255. */
  run(script: string, seconds = 60): Promise<Outcome> {
    return this.ssh('sudo bash -s 2>&1', seconds, (stdin) => stdin.end(script));
  }

  /** Unpacks a tar of this host over the guest's root. */
  async unpack(tar: string, seconds: number): Promise<void> {
    const { code, output } = await this.ssh(
      'sudo tar -C / --no-overwrite-dir -xf - 2>&1',
      seconds,
      (stdin) => {
        createReadStream(tar).pipe(stdin);
      },
    );
    if (code !== 0) throw new Error(`in the guest: unpacking ${tar} ended with ${code}:\n${output.trim()}`);
  }

  private ssh(command: string, seconds: number, feed: (stdin: Writable) => void): Promise<Outcome> {
    const options = [
      ...['-i', join(this.directory, 'id_ed25519'), '-p', String(SSH_PORT), '-F', 'none', '-T', '-q'],
      ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=20'],
    ];
    return new Promise((resolve) => {
      const child = execFile(
        'ssh',
        [...options, `${this.user}@127.0.0.1`, command],
        { timeout: seconds * 1000, maxBuffer: 16 << 20 },
        (error, stdout) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
          resolve({ code, output: stdout });
        },
      );
      if (child.stdin === null) return;
      child.stdin.on('error', () => undefined); // ssh ended before it read all; its exit code tells
      feed(child.stdin);
    });
  }

  /** As run, but a non-zero exit is an error. @returns the output, trimmed. */
  async must(script: string, seconds = 60): Promise<string> {
    const { code, output } = await this.run(script, seconds);
    if (code !== 0)
      throw new Error(`in the guest: \`${script.trim()}\` ended with ${code}:\n${output.trim()}`);
    return output.trim();
  }
}
