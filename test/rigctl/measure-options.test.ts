// The pure parts of rigctl measure: which machine is the generator, and what options mean together and to rig-measure.
import { bound, findGenerator } from '../../lib/rigctl/measure.js';
import { faultOf, measureArguments } from '../../lib/rigctl/measure-options.js';
import type { RigStack } from '../../lib/rigctl/stacks.js';

describe('findGenerator', () => {
  const stack = (outputs: Record<string, string>, status = 'CREATE_COMPLETE'): RigStack => ({
    name: 'Two',
    id: 'arn:x',
    status,
    statusReason: undefined,
    createdAt: new Date(0),
    changedAt: new Date(0),
    isRig: true,
    outputs,
  });
  const fleet = stack({
    Pair1GeneratorInstanceId: 'i-1',
    Pair2GeneratorInstanceId: 'i-2',
    Pair1ReflectorInstanceId: 'i-3',
  });

  it('finds the one of a pair, and the asked one of a fleet', () => {
    expect(findGenerator(stack({ GeneratorInstanceId: 'i-9' }), undefined)).toMatchObject({
      instanceId: 'i-9',
      name: 'Two',
    });
    expect(findGenerator(fleet, 2)).toMatchObject({ instanceId: 'i-2', name: 'Two-2' });
  });

  it.each([
    ['several', fleet, undefined, /Two has 2 pairs; allowed: --pair 1, 2/],
    ['none of that number', fleet, 7, /Two has no pair 7; allowed: --pair 1, 2/],
    ['none at all', stack({ InstanceId: 'i-1' }), undefined, /has no generator.*next: deploy a pair/],
    ['not yet', stack({}, 'CREATE_IN_PROGRESS'), undefined, /is not deployed: it is CREATE_IN_PROGRESS/],
  ])('says that there are %s', (_name, rigStack, pair, message) => {
    expect(() => findGenerator(rigStack, pair)).toThrow(message);
  });
});

describe('options', () => {
  it.each([
    [{ profile: 'search', rates: [1] }, /takes no --rates/],
    [{ profile: 'latency' }, /needs --rates/],
    [{ profile: 'soak', rates: [1, 2] }, /needs one rate in --rates, and has 2/],
  ] as const)('%j do not go together', (options, message) => {
    expect(faultOf(options)).toMatch(message);
  });

  it('become arguments, and only those that were given', () => {
    expect(measureArguments({ profile: 'soak', rates: [1000], trial: 60 })).toEqual([
      ...['--profile', 'soak', '--rates', '1000', '--seconds', '60'],
    ]);
    expect(faultOf({ profile: 'soak', rates: [1000] })).toBeUndefined();
  });

  it('bound how long a measurement may take', () => {
    expect(bound({ profile: 'soak', rates: [1], trial: 3600 })).toBe(3900);
    expect(bound({ profile: 'search' })).toBeGreaterThan(bound({ profile: 'search', repeat: 1 }));
  });
});
