// The other machine of a pair, in a process and a network namespace of its own (neighbour-main.ts), because both machines
// ask the same address who they are.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Image } from '../image/image.js';
import type { MilestoneName } from './deployment.js';
import type { Signal } from './services.js';

export interface NeighbourPlan {
  readonly directory: string;
  readonly cloudAssemblies: Readonly<Record<string, string>>;
  readonly image: Image;
}

/** What the other process is asked to do; each is answered when it is done. */
export type Request =
  | { readonly task: 'reach'; readonly milestone: MilestoneName; readonly seconds: number }
  | { readonly task: 'join'; readonly socket: string };

export interface Answer {
  readonly error?: string;
  /** All that its machine has signalled so far. */
  readonly signals: readonly Signal[];
}

export class Neighbour {
  private constructor(private readonly child: ChildProcess) {}

  /** Powers the machine on. */
  static start(plan: NeighbourPlan): Neighbour {
    const file = join(plan.directory, '..', 'neighbour.json');
    writeFileSync(file, JSON.stringify(plan));
    const program = [process.execPath, '--import', 'tsx', join(__dirname, 'neighbour-main.ts'), file];
    const child = spawn('unshare', ['--net', ...program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, RIG_VM_SEAT: '1' },
    });
    return new Neighbour(child);
  }

  /** One at a time. @throws what went wrong there */
  async ask(request: Request): Promise<readonly Signal[]> {
    const ended = once(this.child, 'exit').then(() => ({ error: 'its process ended', signals: [] }));
    const answered = once(this.child, 'message').then(([answer]) => answer as Answer);
    this.child.send(request);
    const { error, signals } = await Promise.race<Answer>([answered, ended]);
    if (error !== undefined) throw new Error(`the pair's other machine: ${error}`);
    return signals;
  }

  /** Its emulator and fixtures end with it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}
