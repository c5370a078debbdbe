// The serial console as a stream of status lines: the only thing by which the harness learns how the machine fares.
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { parsePortStatus, type PortStatus } from '../../../lib/port-status.js';

const MARK = 'rig-status: ';

export interface Sighting {
  readonly status: PortStatus;
  /** Milliseconds since the epoch, on the harness's clock. */
  readonly at: number;
}

export class Console {
  readonly sightings: Sighting[] = [];
  /** Everything printed so far. */
  text = '';
  private rest = '';
  private offset = 0;

  constructor(readonly file: string) {}

  /** Reads what came since the last call. A status line that does not parse is a fault of the machine: it throws. */
  poll(): void {
    const descriptor = openSync(this.file, 'r');
    const chunk = Buffer.alloc(1 << 16);
    let count: number;
    while ((count = readSync(descriptor, chunk, 0, chunk.length, this.offset)) > 0) {
      this.offset += count;
      this.take(chunk.toString('utf8', 0, count));
    }
    closeSync(descriptor);
  }

  private take(text: string): void {
    this.text += text;
    const lines = (this.rest + text).split(/\r?\n/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const start = line.indexOf(MARK);
      if (start < 0) continue;
      // Kernel messages may share the line's end; the document ends at its last brace.
      const json = line.slice(start + MARK.length, line.lastIndexOf('}') + 1);
      this.sightings.push({ status: parsePortStatus(json), at: Date.now() });
    }
  }

  /**
   * Waits for a status that `accept` takes, among those that come after `since`.
   * @throws after `seconds`, or as soon as `refuse` names a reason.
   */
  async waitFor(
    what: string,
    seconds: number,
    accept: (status: PortStatus) => boolean,
    options: { since?: number; refuse?: (status: PortStatus) => string | undefined; onStatus?: (s: PortStatus) => void } = {},
  ): Promise<Sighting> {
    let next = options.since ?? 0;
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      this.poll();
      for (; next < this.sightings.length; next++) {
        const sighting = this.sightings[next];
        if (sighting === undefined) continue;
        options.onStatus?.(sighting.status);
        if (accept(sighting.status)) return sighting;
        const refused = options.refuse?.(sighting.status);
        if (refused !== undefined) throw new Error(`waiting for ${what}: ${refused}`);
      }
      if (Date.now() > deadline) throw new Error(`waiting for ${what}: nothing after ${seconds} s; console ends:\n${this.tail()}`);
      await sleep(250);
    }
  }

  /** The last lines, for an error message. */
  tail(count = 15): string {
    return this.text.split(/\r?\n/).slice(-count).join('\n');
  }
}
