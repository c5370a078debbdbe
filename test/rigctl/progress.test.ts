// What a deploy shows: a line for each step and milestone, a live line for each n/m, JSON for scripts.
import type { RigEvent } from '../../lib/rigctl/follow.js';
import { describeStep, formatDuration, makeProgress } from '../../lib/rigctl/progress.js';
import { sampleStatus } from './sample-status.js';

test.each([
  [0, '0s'],
  [75_000, '1m15s'],
  [3_600_000, '1h0m'],
  [90_061_000, '1d1h'],
  [-5, '0s'],
])('%d ms is %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

describe('the bar', () => {
  it('counts steps and, within one, its n/m', () => {
    const status = sampleStatus({ progress: { done: 133, total: 266 } });
    expect(describeStep(status)).toBe(
      '· DpdkReady  · PortReady  · CoreRunning  [####................]  build-dpdk 133/266',
    );
  });

  it('stays where the last milestone was between two steps', () => {
    const milestones = { DpdkReady: 'success', PortReady: 'pending', CoreRunning: 'pending' } as const;
    expect(describeStep(sampleStatus({ step: null, milestones }))).toContain('[###########.........]');
  });

  it('names the fault', () => {
    const error = { code: 'E_IMDS', step: 'claim-nic', cause: 'c', fix: 'f' };
    expect(describeStep(sampleStatus({ step: 'claim-nic', error }))).toMatch(/E_IMDS in claim-nic$/);
  });
});

describe('makeProgress', () => {
  const startedAt = new Date('2026-11-24T05:59:00Z');
  const show = (
    json: boolean,
    events: readonly RigEvent[],
  ): { out: string[]; lines: string[]; live: string[] } => {
    const seen = { out: [] as string[], lines: [] as string[], live: [] as string[] };
    const terminal = {
      out: (text: string) => void seen.out.push(text),
      progress: (text: string) => void seen.lines.push(text),
      live: (text: string) => void seen.live.push(text),
    };
    const progress = makeProgress(terminal, json, startedAt, () => startedAt);
    for (const event of events) progress.show(event);
    return seen;
  };
  const status = (changes: Parameters<typeof sampleStatus>[0]): RigEvent => ({
    kind: 'status',
    status: sampleStatus(changes),
  });

  it('gives a step one line, its n/m the live one, and the gap between steps none', () => {
    const seen = show(false, [
      status({}),
      status({ progress: { done: 40, total: 266 } }),
      status({ step: null }),
      status({ step: 'build-native' }),
    ]);
    expect(seen.lines).toHaveLength(2);
    expect(seen.lines[0]).toMatch(/^1m0s .*build-dpdk$/);
    expect(seen.live).toHaveLength(1);
  });

  it('keeps quiet about resources that come, and not about one that fails', () => {
    const event = {
      id: '1',
      time: startedAt,
      resource: 'Instance',
      type: 'AWS::EC2::Instance',
      reason: 'no capacity',
    };
    const seen = show(false, [
      { kind: 'resource', event: { ...event, status: 'CREATE_IN_PROGRESS' } },
      { kind: 'resource', event: { ...event, status: 'CREATE_FAILED' } },
    ]);
    expect(seen.lines).toEqual(['0s  Instance: CREATE_FAILED: no capacity']);
  });

  it('writes one JSON document an event', () => {
    const seen = show(true, [{ kind: 'stack', name: 'DpdkRig', status: 'CREATE_COMPLETE' }]);
    expect(seen.out).toEqual(['{"kind":"stack","name":"DpdkRig","status":"CREATE_COMPLETE"}\n']);
  });
});
