// A rig synthesized from a small tree of its own, so that no test here changes when a script does.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { App, Tags, Validations, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';

import { parseConfig } from '../../lib/config.js';
import { RigStack } from '../../lib/rig-stack.js';

export const AMI = 'ami-0123456789abcdef0';
export const PROJECT = join(__dirname, '..', '..');

export type Tree = Readonly<Record<string, string>>;

export const TREE: Tree = {
  'userdata/boot.sh': '#!/bin/bash\nset -euo pipefail\n# @RIG_ENV@\necho "$RIG_NAME"\n',
  'userdata/steps/claim-nic': '#!/bin/bash\n',
  'native/meson.build': "project('fixture', 'c')\n",
  'native/src/pollcore/main.c': 'int main(void) { return 0; }\n',
};

const directories: string[] = [];

/** A folder with these files; removed after the test file's last test. */
export function makeTree(files: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'dpdk-rig-'));
  directories.push(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

export interface RigOptions {
  /** Beside a fixed image. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Files put into the tree, or in place of its own. */
  readonly files?: Tree;
  /** Where userdata/ and native/ are, instead of in a tree. */
  readonly root?: string;
  readonly sources?: Tree;
  readonly env?: Environment;
  /** The CDK’s own: its settings, and what cdk.context.json holds. */
  readonly cdkContext?: Readonly<Record<string, string>>;
  readonly tag?: string;
  readonly nag?: boolean;
}

export interface Rig {
  readonly app: App;
  readonly stack: RigStack;
  readonly template: Template;
}

export function makeRig(options: RigOptions = {}): Rig {
  const { context = {}, env } = options;
  const root = options.root ?? makeTree({ ...TREE, ...options.files });
  const config = parseConfig({ amiId: AMI, ...context });
  const app = new App({ outdir: makeTree({}), context: options.cdkContext });
  const stack = new RigStack(app, config.name, {
    config,
    env,
    userdataDir: join(root, 'userdata'),
    nativeDir: join(root, 'native'),
    sourcesDir: options.sources && makeTree(options.sources),
  });
  if (options.tag !== undefined) Tags.of(stack).add('owner', options.tag);
  if (options.nag === true) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack, template: Template.fromStack(stack) };
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly CreationPolicy?: unknown;
}

export function resourcesOf(template: Template): Readonly<Record<string, Resource>> {
  return (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
}

/** The only resource of a type whose id begins so, with its id. */
export function only(template: Template, type: string, prefix = ''): Resource & { readonly id: string } {
  const found = Object.entries(resourcesOf(template)).filter(
    ([id, resource]) => resource.Type === type && id.startsWith(prefix),
  );
  const [[id, resource] = []] = found;
  if (id === undefined || resource === undefined || found.length > 1) {
    throw new Error(`${found.length} resources of type ${type} beginning with "${prefix}", not one`);
  }
  return { id, ...resource };
}

/** A template without what a change of a script changes: hashes, the generation and the boot stub. */
export function normalize({ template }: { readonly template: Template }): unknown {
  const document = structuredClone(template.toJSON()) as {
    Resources: Record<string, Resource & { Properties: object }>;
  };
  let text = JSON.stringify(document);
  for (const [id, { Type, Properties }] of Object.entries(document.Resources)) {
    if (Type !== 'AWS::EC2::Instance') continue;
    Object.assign(Properties, { UserData: 'the boot stub' });
    text = JSON.stringify(document).replaceAll(id.slice(-8), 'Generation');
  }
  return JSON.parse(text.replace(/\b[0-9a-f]{64}\b/g, 'hash'));
}
