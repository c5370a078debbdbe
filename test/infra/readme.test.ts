// README's tables against what they describe.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CONFIG_KEYS, parseConfig } from '../../lib/config.js';
import { makeRig, PROJECT } from './fixture.js';

const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');

/** The rows of the first table below a heading, without its head. */
function tableOf(heading: string): string[][] {
  const section = readme.split(`\n${heading}\n`)[1]?.split(/\n#+ /)[0] ?? '';
  const [table = ''] = /(^\|.*\|\n)+/m.exec(section) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

const code = (text: string): string => `\`${text}\``;

describe('### Configuration', () => {
  const rows = tableOf('### Configuration');
  const { instanceType, ...rest } = parseConfig({});
  const defaults: Readonly<Record<string, unknown>> = {
    ...rest,
    instanceType: instanceType.name,
  };

  test('has every key of the schema, and no other', () => {
    expect(rows.map(([key]) => key).sort()).toEqual([...CONFIG_KEYS].sort().map(code));
  });

  test.each(CONFIG_KEYS)('%s has its default', (key) => {
    const value = defaults[key];
    const cell = rows.find(([name]) => name === code(key))?.[1];
    if (typeof value === 'string' || typeof value === 'number') expect(cell).toBe(code(`${value}`));
    // What has no default is told in words.
    else expect(cell).toMatch(/^[^`]+$/);
  });
});

test('### Outputs has every output of the default stack, and no other', () => {
  const { Outputs } = makeRig().template.toJSON() as { Outputs: object };
  expect(tableOf('### Outputs').map(([name]) => name)).toEqual(Object.keys(Outputs).map(code));
});

test('## When something fails has every fault of the machine, row by row', () => {
  const [, ...faults] = readFileSync(join(PROJECT, 'userdata', 'faults.tsv'), 'utf8')
    .trimEnd()
    .split('\n');
  const expected = faults
    .map((fault) => fault.split('\t'))
    .map(([name = '', ...words]) => [code(name), ...words]);
  expect(expected.length).toBeGreaterThan(0);
  expect(tableOf('## When something fails')).toEqual(expected);
});
