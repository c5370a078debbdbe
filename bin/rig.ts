// The CDK app: context and environment -> RigConfig -> RigStack or ImageStack. The only reader of either; run by `cdk`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { App } from 'aws-cdk-lib';

import { ConfigError, parseConfig, rigContext, type RigConfig } from '../lib/config.js';
import { ImageStack, imageStackName } from '../lib/image-stack.js';
import { RigStack } from '../lib/rig-stack.js';

const PROJECT = join(__dirname, '..');
const HOUR_MS = 3_600_000;

function readConfig(app: App): RigConfig {
  try {
    return parseConfig(rigContext(app.node.getAllContext() as Record<string, unknown>));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

const app = new App();
const config = readConfig(app);
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
const { ttlHours } = config;
// What `npm run sources` fetched. A folder of its own: archives that tests fetch are not what a rig runs.
const sourcesDir = join(PROJECT, '.cache', 'shipped');

const props = {
  config,
  userdataDir: join(PROJECT, 'userdata'),
  nativeDir: join(PROJECT, 'native'),
  sourcesDir: existsSync(sourcesDir) ? sourcesDir : undefined,
  // Without an account the stack can be deployed anywhere, and synthesized with no credentials.
  env: account !== undefined && region !== undefined ? { account, region } : undefined,
};
if (config.image) {
  new ImageStack(app, imageStackName(config), props);
} else {
  const expiresAt = ttlHours === undefined ? undefined : new Date(Date.now() + ttlHours * HOUR_MS);
  new RigStack(app, config.name, { ...props, expiresAt });
}
