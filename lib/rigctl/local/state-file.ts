// The file in which a local run says what it has made on this machine.
import { rename, writeFile } from 'node:fs/promises';

/** Replaces the file as a whole: whoever takes a killed run down reads what was written last, never half of it. */
export async function replaceFile(path: string, value: object): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(value));
  await rename(`${path}.new`, path);
}
