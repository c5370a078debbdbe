// The pure parts of a local pair: which processors its cores get, how they are started, which options go together.
import { pairOptions, singleOptions, type LocalFlags } from '../../lib/rigctl/local-flags.js';
import { generatorOptions, peerOptions } from '../../lib/rigctl/pair/cores.js';
import { placeCores, type Cpu } from '../../lib/rigctl/pair/placement.js';

/** `2x2`: two physical cores of two threads, which Linux numbers 0 and 1, 2 and 3. */
const cpus = (cores: number, threads: number): Cpu[] =>
  Array.from({ length: cores * threads }, (_, number) => ({
    number,
    core: String(Math.floor(number / threads)),
  }));

describe('placeCores', () => {
  it.each([
    [4, 1, [1, 2]],
    [2, 2, [2, 1]],
    [4, 2, [2, 4]],
    [8, 1, [1, 2]],
  ])('%i cores of %i threads: pollers on %j, alone', (cores, threads, polls) => {
    const { generator, peer, warning } = placeCores(cpus(cores, threads));
    expect([generator.poll, peer.poll]).toEqual(polls);
    expect([generator.control, peer.control]).toEqual([0, 0]);
    expect(warning).toBeUndefined();
  });

  it('two: a poller each, the control threads beside the other one, and what that means', () => {
    const { generator, peer, warning } = placeCores(cpus(2, 1));
    expect([generator, peer]).toEqual([
      { poll: 0, control: 1 },
      { poll: 1, control: 0 },
    ]);
    expect(warning).toMatch(/2 processors: .* scatter more; with 4 or more they are alone/);
  });

  it('three: the control threads on the third', () => {
    const { generator, peer } = placeCores(cpus(3, 1));
    expect([generator.control, peer.control]).toEqual([2, 2]);
  });

  it('one: it runs, and the figures mean nothing', () => {
    expect(placeCores(cpus(1, 1)).warning).toMatch(/one processor: .* mean nothing/);
  });

  it('four threads of one core: said so', () => {
    expect(placeCores(cpus(1, 4)).warning).toMatch(/threads of one physical core/);
  });
});

test('a peer that reflects is told by its MAC, one that responds is asked for', () => {
  const end = { vdev: '', enter: [], mac: '02:70:61:69:72:02' };
  expect(generatorOptions('reflect', end, '128')).toEqual([
    ...['--mode=generate', '--rate=0', '--frame-size=128', '--peer-mac=02:70:61:69:72:02'],
  ]);
  expect(generatorOptions('respond', end, '64')).toContain('--peer-ipv4=198.18.0.2');
  expect(peerOptions('respond', 2)).toEqual(['--mode=respond', '--ipv4=198.18.0.2']);
  expect(peerOptions('reflect', 1)).toContain('--idle=adaptive');
});

describe('options', () => {
  const flags = (changes: Partial<LocalFlags>): LocalFlags => ({
    workload: 'pollcore',
    topology: 'single',
    keep: false,
    json: false,
    down: false,
    ...changes,
  });

  it('have defaults that depend on the topology', () => {
    expect(singleOptions(flags({}))).toMatchObject({ mode: 'respond' });
    expect(pairOptions(flags({ topology: 'pair' }))).toMatchObject({
      mode: 'reflect',
      link: 'memif',
      out: 'measurements',
    });
  });

  it.each<[Partial<LocalFlags>, RegExp]>([
    [{ link: 'veth' }, /--link is only for --topology pair/],
    [{ frameSize: '64' }, /--frame-size is only for --topology pair/],
  ])('of a pair are refused alone: %j', (changes, message) => {
    expect(() => singleOptions(flags(changes))).toThrow(message);
  });

  it.each<[Partial<LocalFlags>, RegExp]>([
    [{ seconds: 5 }, /--seconds is only for one rig/],
    [{ keep: true }, /--keep is only for one rig/],
    [{ mode: 'sink' }, /sends nothing back; allowed in a pair: reflect, respond/],
    [{ profile: 'latency' }, /needs --rates/],
  ])('of one rig are refused in a pair: %j', (changes, message) => {
    expect(() => pairOptions(flags({ topology: 'pair', ...changes }))).toThrow(message);
  });
});
