// Console text as it is read again and again: each status once, in order, whatever else is printed between.
import { ConsoleFollower, lastLines, lastStatus } from '../../lib/rigctl/console.js';
import { consoleLine, sampleStatus } from './sample-status.js';

const first = sampleStatus({ time: '2026-11-24T06:00:01Z' });
const second = sampleStatus({ time: '2026-11-24T06:00:02Z', progress: { done: 1, total: 266 } });

describe('ConsoleFollower', () => {
  it('gives each status once though every read repeats it', () => {
    const follower = new ConsoleFollower();
    const text = consoleLine(first);
    expect(follower.read(text)).toEqual([{ kind: 'status', status: first }]);
    expect(follower.read(text)).toEqual([]);
    expect(follower.read(text + consoleLine(second))).toEqual([{ kind: 'status', status: second }]);
  });

  it('goes on when the 64 KB have moved past what it knew', () => {
    const follower = new ConsoleFollower();
    follower.read(consoleLine(first));
    expect(follower.read(`half a line\n${consoleLine(second)}`)).toEqual([
      { kind: 'status', status: second },
    ]);
  });

  it('waits for the rest of a line that is half printed', () => {
    const follower = new ConsoleFollower();
    const line = consoleLine(first);
    for (let end = 0; end < line.length; end++) expect(follower.read(line.slice(0, end))).toEqual([]);
    expect(follower.read(line)).toEqual([{ kind: 'status', status: first }]);
  });

  it('reports a line that it cannot read and goes on', () => {
    const events = new ConsoleFollower().read(`rig-status: {"schema":2}\n${consoleLine(second)}`);
    expect(events.map((event) => event.kind)).toEqual(['unreadable', 'status']);
  });
});

test('the last status is the newest that can be read', () => {
  const text = `${consoleLine(first)}[ 12.3] a kernel message\n${consoleLine(second)}rig-status: {"cut of`;
  expect(lastStatus(text)).toEqual(second);
  expect(lastStatus('no status here\n')).toBeUndefined();
});

test('the last lines are what a person can read', () => {
  const text = `one\r\n\u001b[32mtwo\u001b[0m\r\n\n${consoleLine(first)}three`;
  expect(lastLines(text, 2)).toEqual(['two', 'three']);
});
