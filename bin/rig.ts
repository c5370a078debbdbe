// The CDK app: context and environment -> RigConfig -> RigStack. The only reader of either; run by `cdk`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { App } from 'aws-cdk-lib';

import { ConfigError, parseConfig, type RigConfig } from '../lib/config.js';
import { RigStack } from '../lib/rig-stack.js';

const PROJECT = join(__dirname, '..');

/** The user's keys. CDK's own have a colon or an @ in them, but for the list that `cdk acknowledge` keeps. */
function rigContext(app: App): Record<string, unknown> {
  const context = Object.entries(app.node.getAllContext() as Record<string, unknown>);
  return Object.fromEntries(context.filter(([key]) => !/[:@]|^acknowledged-issue-numbers$/.test(key)));
}

function readConfig(app: App): RigConfig {
  try {
    return parseConfig(rigContext(app));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

const app = new App();
const config = readConfig(app);
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
const sourcesDir = join(PROJECT, '.cache', 'sources');

new RigStack(app, config.name, {
  config,
  userdataDir: join(PROJECT, 'userdata'),
  nativeDir: join(PROJECT, 'native'),
  sourcesDir: existsSync(sourcesDir) ? sourcesDir : undefined,
  // Without an account the stack can be deployed anywhere, and synthesized with no credentials.
  env: account !== undefined && region !== undefined ? { account, region } : undefined,
});
