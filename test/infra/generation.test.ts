import { hashGeneration } from '../../lib/generation.js';

const INPUTS = { image: 'ami-1', hugepages: 512, drivers: ['net/ena'] };

test('is eight hex digits', () => {
  expect(hashGeneration(INPUTS)).toMatch(/^[0-9a-f]{8}$/);
});

test('does not depend on the order of the inputs', () => {
  expect(hashGeneration({ drivers: ['net/ena'], hugepages: 512, image: 'ami-1' })).toBe(
    hashGeneration(INPUTS),
  );
});

test.each([
  { ...INPUTS, image: 'ami-2' },
  { ...INPUTS, hugepages: 513 },
  { ...INPUTS, drivers: [] },
  { ...INPUTS, more: '' },
  // The same characters, cut elsewhere.
  { ...INPUTS, image: 'ami-', more: '1' },
])('changes with each of them: %j', (inputs) => {
  expect(hashGeneration(inputs)).not.toBe(hashGeneration(INPUTS));
});
