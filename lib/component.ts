// The document that tells Image Builder what to do on the machine that becomes the image: run the boot stub, which is
// what a rig's user data is, and have it build and nothing else.

/** What CreateComponent takes as text. */
const MAX_CHARACTERS = 16_000;
/** The assets' names, the account and the region, which are tokens here. */
const TOKENS_CHARACTERS = 1024;
/** A little over what the limits inside provision.sh sum up to. */
const TIMEOUT_SECONDS = 4000;
const INDENT = ' '.repeat(14);

/** @throws when Image Builder would not take the document, or would take a part of the stub for its own variables. */
export function renderComponent(bootStub: string): string {
  if (bootStub.includes('{{')) {
    throw new Error(
      'userdata/boot.sh has "{{" in it, which Image Builder reads as a variable: write it otherwise',
    );
  }
  const script = [
    "cat >/run/dpdk-rig-boot.sh <<'END_OF_BOOT_STUB'",
    ...bootStub.trimEnd().split('\n'),
    'END_OF_BOOT_STUB',
    'bash /run/dpdk-rig-boot.sh --phase build',
  ];
  const document = [
    'name: dpdk-rig',
    'schemaVersion: 1.0',
    'phases:',
    '  - name: build',
    '    steps:',
    '      - name: ProvisionBuild',
    '        action: ExecuteBash',
    `        timeoutSeconds: ${TIMEOUT_SECONDS}`,
    '        onFailure: Abort',
    '        inputs:',
    '          commands:',
    '            - |',
    ...script.map((line) => (line === '' ? '' : INDENT + line)),
    '',
  ].join('\n');
  if (document.length + TOKENS_CHARACTERS > MAX_CHARACTERS) {
    throw new Error(
      `the image's component takes ${document.length + TOKENS_CHARACTERS} characters, Image Builder takes ` +
        `${MAX_CHARACTERS}: move what userdata/boot.sh does after the fetch into userdata/provision.sh`,
    );
  }
  return document;
}
