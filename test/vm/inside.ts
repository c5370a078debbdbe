// The cases themselves, in the private network namespace that run.ts made. Usage: inside.ts PLAN.json
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { formatPortStatus } from '../../lib/port-status.js';
import { listCases, type Case } from './cases/index.js';
import { openInternet } from './harness/internet.js';
import type { DeploymentName } from './harness/deployment.js';
import { Lab } from './harness/lab.js';
import { CACHE } from './image/image.js';
import type { Plan } from './run.js';

interface Result {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
}

/** Shows which case has been running for how long, and what the machine last said. */
class Progress {
  private name = '';
  private start = 0;
  private last = '';

  begin(name: string): void {
    this.name = name;
    this.start = Date.now();
    this.say('begins');
  }

  get seconds(): number {
    return Math.round((Date.now() - this.start) / 100) / 10;
  }

  /** One line for every change of step; the counters of a ready rig would only scroll. */
  status(line: string): void {
    const step = line.replace(/\d+/g, '');
    if (step !== this.last) this.say(line.slice(0, 150));
    this.last = step;
  }

  say(text: string): void {
    console.error(`vm: ${this.name} ${this.seconds.toFixed(0).padStart(4)} s  ${text}`);
  }
}

async function runCase(one: Case, lab: Lab, progress: Progress): Promise<Result> {
  progress.begin(one.name);
  try {
    await one.run(lab);
    progress.say('passed');
    return { name: one.name, passed: true, seconds: progress.seconds };
  } catch (error) {
    progress.say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    await keepEvidence(one.name, lab);
    return { name: one.name, passed: false, seconds: progress.seconds };
  }
}

/** The console, the signals and the machine's own logs of a failed case, where the next run does not delete them. */
async function keepEvidence(name: string, lab: Lab): Promise<void> {
  const folder = join(CACHE, 'failed');
  mkdirSync(folder, { recursive: true });
  if (existsSync(lab.consoleFile)) copyFileSync(lab.consoleFile, join(folder, `${name}.console.log`));
  console.error(`vm: the console is in ${join(folder, `${name}.console.log`)}`);
  if (lab.ec2.signals.length > 0) console.error(`vm: signals: ${JSON.stringify(lab.ec2.signals, null, 1)}`);
  const log = await lab.current?.guest.run(
    'tail -n 25 /var/log/cloud-init-output.log; journalctl -u pollcore -u bookfeed -o cat -n 10',
    30,
  );
  if (log) console.error(log.output);
}

function summarize(results: readonly Result[], skipped: number): number {
  const failed = results.filter(({ passed }) => !passed).length;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  for (const result of results) {
    console.log(
      `${result.passed ? 'ok    ' : 'FAILED'}  ${result.name.padEnd(26)} ${result.seconds.toFixed(1).padStart(7)} s`,
    );
  }
  console.log(`all cases${''.padEnd(25)} ${seconds.toFixed(1).padStart(7)} s`);
  console.log(`${results.length - failed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && results.length > 0 ? 0 : 1;
}

async function main(planFile: string): Promise<number> {
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
  const cases = listCases().filter(({ name }) => plan.cases.includes(name));
  const progress = new Progress();
  if (plan.relay !== undefined) await openInternet(plan.relay, join(plan.directory, 'resolv.conf'));
  const results: Result[] = [];
  for (const deployment of new Set(cases.map((one) => one.deployment))) {
    const lab = await openLab(plan, deployment, progress);
    try {
      for (const one of cases.filter((candidate) => candidate.deployment === deployment))
        results.push(await runCase(one, lab, progress));
    } finally {
      await lab.close();
    }
  }
  return summarize(results, 0);
}

function openLab(plan: Plan, deployment: DeploymentName, progress: Progress): Promise<Lab> {
  return Lab.open({
    directory: join(plan.directory, deployment),
    cloudAssemblies: plan.cloudAssemblies,
    deployment,
    image: plan.image,
    onStatus: (status) => {
      progress.status(formatPortStatus(status));
    },
  });
}

main(process.argv[2] ?? '').then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
