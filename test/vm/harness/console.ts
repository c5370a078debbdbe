// The serial console as a stream of statuses: the only thing by which the harness learns how the machine fares.
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseConsoleLine, type PortStatus } from '../../../lib/port-status.js';

export interface Sighting {
  readonly status: PortStatus;
  /** Milliseconds since the epoch, on the harness's clock. */
  readonly at: number;
}

/** A fault of the emulation, not of the rig: no status will come any more. */
const KERNEL_DIED = /^.*(Oops: |Kernel panic|general protection fault).*$/m;
/** Another: a timer interrupt that never comes. What waits for it waits for ever. */
const TIMER_LOST = /rcu: INFO: \w+ detected stalls/;
const USER_SPACE = /systemd\[1\]: |Welcome to |cloud-init|login: /;

export class Console {
  readonly sightings: Sighting[] = [];
  private text = '';
  private rest = '';
  private offset = 0;

  constructor(
    private readonly file: string,
    private readonly onStatus: (status: PortStatus) => void,
  ) {}

  /** Reads what came since the last call. @throws on a status line that the parser does not take, or a dead kernel. */
  poll(): void {
    const descriptor = openSync(this.file, 'r');
    const chunk = Buffer.alloc(1 << 16);
    let fresh = '';
    for (let count: number; (count = readSync(descriptor, chunk, 0, chunk.length, this.offset)) > 0;) {
      this.offset += count;
      fresh += chunk.toString('utf8', 0, count);
    }
    closeSync(descriptor);
    this.text += fresh;
    const died = KERNEL_DIED.exec(fresh);
    if (died) throw new Error(`the guest's kernel died: ${died[0]}`);
    const lines = (this.rest + fresh).split(/\r?\n/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.take(line);
  }

  private take(line: string): void {
    const parsed = parseConsoleLine(line);
    if (parsed.kind === 'none') return;
    if (parsed.kind === 'invalid') throw new Error(`a status line is not valid: ${parsed.reason}: ${line}`);
    this.sightings.push({ status: parsed.status, at: Date.now() });
    this.onStatus(parsed.status);
  }

  /** Waits for a status that `accept` takes, among those with an index of `since` or more. @throws after `seconds`. */
  async waitFor(
    what: string,
    seconds: number,
    since: number,
    accept: (status: PortStatus) => boolean,
  ): Promise<Sighting> {
    const deadline = Date.now() + seconds * 1000;
    for (let next = since; ;) {
      this.poll();
      for (; next < this.sightings.length; next++) {
        const sighting = this.sightings[next];
        if (sighting && accept(sighting.status)) return sighting;
      }
      if (Date.now() > deadline)
        throw new Error(`no ${what} within ${seconds} s; the console ends:\n${this.tail()}`);
      await sleep(200);
    }
  }

  /** Waits for user space, in what the kernel says from now on. @returns false if its timer is lost before that. @throws after `seconds`. */
  async userSpace(seconds: number): Promise<boolean> {
    const start = this.text.length;
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      this.poll();
      const boot = this.text.slice(start);
      if (USER_SPACE.test(boot)) return true;
      if (TIMER_LOST.test(boot)) return false;
      await sleep(200);
    }
    throw new Error(`no user space within ${seconds} s; the console ends:\n${this.tail()}`);
  }

  /** The last lines, for an error message. */
  tail(count = 12): string {
    return this.text.trimEnd().split(/\r?\n/).slice(-count).join('\n');
  }
}
