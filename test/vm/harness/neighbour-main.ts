// The process behind neighbour.ts. Usage: neighbour-main.ts PLAN.json; it ends, and takes its machine down, when its parent
// lets go of the channel.
import { readFileSync } from 'node:fs';

import { formatPortStatus } from '../../../lib/port-status.js';
import { Lab } from './lab.js';
import type { Machine } from './machine.js';
import type { Answer, NeighbourPlan, Request } from './neighbour.js';

async function serve(machine: Machine, request: Request): Promise<void> {
  if (request.task === 'join') {
    await machine.joinWire(request.socket, false);
    await machine.connectGateway(false);
    return;
  }
  const { status, reason } = await machine.signal(request.milestone, request.seconds);
  if (status !== 'SUCCESS') throw new Error(`the rig failed: ${reason}`);
}

async function main(planFile: string): Promise<void> {
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as NeighbourPlan;
  let last = '';
  const lab = await Lab.open({
    ...plan,
    deployment: 'pair',
    onStatus: (status) => {
      const step = status.step ?? status.state;
      if (step !== last) console.error(`vm: other machine: ${formatPortStatus(status).slice(0, 140)}`);
      last = step;
    },
  });
  process.on('disconnect', () => void lab.close().then(() => process.exit(0)));
  const machine = await lab.powerOn();
  process.on('message', (request: Request) => {
    const answer = (error?: string): void => {
      process.send?.({ ...(error !== undefined && { error }), signals: lab.ec2.signals } satisfies Answer);
    };
    serve(machine, request).then(
      () => {
        answer();
      },
      (error: unknown) => {
        answer(error instanceof Error ? error.message : String(error));
      },
    );
  });
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
