// Files that rigctl reads and writes for a person: what goes wrong with one names the file and what to do.
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';

import { EXIT, RigFault } from './exit.js';
import { RigError } from './run.js';

/** @returns undefined where there is no such file. @throws RigFault (exit 2) when it is not JSON. */
export function readJsonFile(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new RigFault(`${path} cannot be read: ${reasonOf(error)}`, 'correct it', EXIT.usage);
  }
}

/** @param next what to do where it cannot be written. @throws RigError */
export async function writeTextFile(path: string, text: string, next: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new RigError(`${path} cannot be written: ${reasonOf(error)}`, next);
  }
}

/** Makes the folder where it is missing, so that a result which takes long finds a place. @throws RigFault (exit 2) */
export async function requireFolder(path: string, next: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (error) {
    throw new RigFault(`nothing can be written to ${path}: ${reasonOf(error)}`, next, EXIT.usage);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
