// What a deploy makes beside what a rig already has: CloudFormation deletes the old only when the new is there.
import { readFile } from 'node:fs/promises';

import type { Aws } from './aws.js';
import { lastWords, runCdk, synthesized } from './cdk.js';
import type { Deployment } from './check.js';
import type { Call } from './ec2.js';
import { RigError } from './run.js';
import { findStack, logicalIds } from './stacks.js';

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
}
const SHOWN_WORDS = 5;

/**
 * Counts by the template that the CDK would deploy, made once and only when somebody asks: a new generation has new
 * logical ids, and a deploy that changes no machine makes none.
 */
export function newResources(
  deployment: Deployment,
  aws: Aws,
  call: Call,
): (type: string) => Promise<number> {
  let types: Promise<readonly string[]> | undefined;
  return async (type) => {
    types ??= findNew(deployment, aws, call);
    return (await types).filter((each) => each === type).length;
  };
}

async function findNew(deployment: Deployment, aws: Aws, call: Call): Promise<readonly string[]> {
  const { name } = deployment.config;
  const [template, stack] = await Promise.all([
    synthesize(deployment, aws.region, call),
    findStack(aws, name, call),
  ]);
  const there = stack ? await logicalIds(aws, stack.id, call) : new Set<string>();
  return Object.entries(template.Resources)
    .filter(([id]) => !there.has(id))
    .map(([, resource]) => resource.Type);
}

async function synthesize({ config, context }: Deployment, region: string, call: Call): Promise<Template> {
  const run = await runCdk('synth', config.name, { region, context, signal: call.signal });
  call.signal.throwIfAborted();
  if (run.exitCode !== 0) {
    const said = lastWords(run, SHOWN_WORDS).join('\n  ');
    throw new RigError(
      `cdk synth ended with ${run.exitCode ?? 'a signal'}, as cdk deploy would; it said:\n  ${said}\n`,
      'mend what it names',
    );
  }
  return JSON.parse(await readFile(synthesized(config.name), 'utf8')) as Template;
}
