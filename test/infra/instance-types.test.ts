import { FAMILIES } from '../../lib/ena-generations.js';
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

// From the EC2 API's description of each type: queues by default of an interface, placement, architecture.
test.each([
  ['t3.medium', 2, 'spread', 'x86_64', false],
  ['t3.2xlarge', 8, 'spread', 'x86_64', false],
  ['t3a.medium', 8, 'spread', 'x86_64', false],
  ['t4g.medium', 2, 'spread', 'arm64', false],
  ['m5.large', 8, 'cluster', 'x86_64', false],
  ['c5n.2xlarge', 8, 'cluster', 'x86_64', false],
  ['m5zn.3xlarge', 32, 'cluster', 'x86_64', false],
  ['c6i.large', 2, 'cluster', 'x86_64', true],
  ['c6in.4xlarge', 8, 'cluster', 'x86_64', true],
  ['c6in.16xlarge', 16, 'cluster', 'x86_64', true],
  ['c6in.24xlarge', 32, 'cluster', 'x86_64', true],
  ['c7i-flex.large', 1, 'spread', 'x86_64', true],
  ['c7i-flex.8xlarge', 4, 'spread', 'x86_64', true],
  ['c6g.large', 8, 'cluster', 'arm64', false],
  ['c7g.2xlarge', 8, 'cluster', 'arm64', true],
  ['c7gn.16xlarge', 32, 'cluster', 'arm64', true],
  ['r8g.24xlarge', 8, 'cluster', 'arm64', true],
] as const)(
  '%s has %d queues, placement %s, architecture %s',
  (name, queues, placement, architecture, needsLlq) => {
    expect(findInstanceType(name)).toMatchObject({ queues, placement, architecture, ena: { needsLlq } });
  },
);

test('every family has an ENA generation that takes the headers of what the core sends', () => {
  // Ethernet, VLAN, IPv6 and UDP: the longest headers that pollcore writes.
  const longest = 14 + 4 + 40 + 8;
  for (const { ena } of Object.values(FAMILIES)) expect(ena.llqHeaderBytes).toBeGreaterThanOrEqual(longest);
  for (const name of Object.keys(FAMILIES)) expect(findInstanceType(`${name}.large`)).toBeDefined();
});
