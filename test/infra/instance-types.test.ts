import { findInstanceType } from '../../lib/instance-types.js';

// From the EC2 API's description of each type.
test.each([
  ['t3.medium', 4096, 2, 3, 24],
  ['t3a.2xlarge', 32768, 8, 4, 192],
  ['m5.large', 8192, 2, 3, undefined],
  ['m5zn.3xlarge', 49152, 12, 8, undefined],
  ['c5n.large', 5376, 2, 3, undefined],
  ['c5n.9xlarge', 98304, 36, 8, undefined],
  ['c6in.16xlarge', 131072, 64, 15, undefined],
  ['r7i.24xlarge', 786432, 96, 15, undefined],
])('%s', (name, memoryMib, vcpus, interfaces, creditsPerHour) => {
  const type = findInstanceType(name);
  expect(type).toMatchObject({ name, memoryMib, vcpus });
  expect(type?.creditsPerHour).toBe(creditsPerHour);
  expect(type?.interfaces).toBe(interfaces);
});
