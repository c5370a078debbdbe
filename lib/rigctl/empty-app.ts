// An app for `cdk destroy`, which has to know a stack's name and the roles that delete it, and nothing of what is in it: so a
// rig can be taken down whatever cdk.json says by now, and with no image to look up.

/**
 * Writes the cloud assembly of an empty stack.
 * @param context what cdk.json has; the CDK's own settings may name other roles than the default bootstrap's.
 */
export async function writeEmptyApp(
  stack: string,
  folder: string,
  context: Readonly<Record<string, unknown>>,
): Promise<void> {
  // It takes a second to load, and no other subcommand needs it.
  const { App, Stack } = await import('aws-cdk-lib');
  const app = new App({ outdir: folder, context });
  new Stack(app, stack);
  app.synth();
}
