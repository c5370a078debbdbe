// What preflight concludes from EC2's answers, where an emulator has no such answers.
import { firstZone } from '../../lib/rigctl/preflight.js';

test('the first zone is an Availability Zone, whatever Local Zones the account has opted in to', () => {
  const zones = [
    { ZoneName: 'us-west-2b', ZoneType: 'availability-zone' },
    { ZoneName: 'us-west-2-lax-1a', ZoneType: 'local-zone' },
    { ZoneName: 'us-west-2a', ZoneType: 'availability-zone' },
  ];
  expect(firstZone(zones)).toBe('us-west-2a');
  expect(firstZone([])).toBeUndefined();
});
