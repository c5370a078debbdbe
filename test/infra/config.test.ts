import { ConfigError, parseConfig } from '../../lib/config.js';
import { findInstanceType } from '../../lib/instance-types.js';

function faultsOf(context: Record<string, unknown>): readonly string[] {
  try {
    parseConfig(context);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('an empty context is a whole configuration', () => {
  expect(parseConfig({})).toEqual({
    name: 'DpdkRig',
    instanceType: findInstanceType('t3.medium'),
    hugepages: 512,
    driver: 'igb_uio',
    workload: 'pollcore',
    pollcoreMode: 'respond',
    topology: 'single',
    image: false,
    dataCidrs: [],
    cpuCredits: 'unlimited',
    extraDrivers: [],
  });
});

describe('values as -c passes them, which is as strings', () => {
  test.each([
    ['hugepages', '600', 600],
    ['dataCidrs', '10.2.0.0/16, 10.3.0.0/24', ['10.2.0.0/16', '10.3.0.0/24']],
    ['dataCidrs', '["10.2.0.0/16"]', ['10.2.0.0/16']],
    ['dataCidrs', '', []],
    ['extraDrivers', 'net/e1000,net/igc', ['net/e1000', 'net/igc']],
    ['s3Endpoint', 'http://10.0.2.100:9000/', 'http://10.0.2.100:9000'],
    ['s3Endpoint', 'http://Store:80', 'http://store'],
    ['driver', 'vfio-pci', 'vfio-pci'],
    ['pollcoreMode', 'sink', 'sink'],
    ['amiId', 'ami-01234567', 'ami-01234567'],
    ['cpuCredits', 'standard', 'standard'],
    ['name', 'lab-1', 'lab-1'],
    ['availabilityZone', 'us-gov-west-1a', 'us-gov-west-1a'],
  ])('%s = %s', (key, value, expected) => {
    expect(parseConfig({ [key]: value })).toHaveProperty(key, expected);
  });
});

describe('each fault names the key, the value and what is allowed', () => {
  const stackName = 'allowed: a stack name: a letter, then up to 63 letters, digits and hyphens';
  const type =
    'allowed: an EC2 type with ENA, two interfaces and 4 GiB, such as t3.medium, c6i.large or c7g.large';
  const pages = 'allowed: a whole number of 2 MB pages, 64 or more';
  const networks =
    'allowed: up to 50 IPv4 networks without host bits, such as 10.2.0.0/16; a prefix of 1 to 32';
  const image = "allowed: the id of an image of the type's architecture, such as ami-0123456789abcdef0";
  const parameter =
    "allowed: the name of an SSM parameter that holds an image's id, such as /dpdk-rig/DpdkRigImage/ami-id";
  const zone = 'allowed: a zone of the region that is deployed to, such as eu-west-1b';
  const endpoint = 'allowed: http:// or https:// with host and port alone, such as http://10.0.2.100:9000';
  const drivers = 'allowed: up to 16 DPDK network drivers, such as net/e1000';

  test.each<[string, unknown, string]>([
    ['name', '', `name = ""; ${stackName}`],
    ['name', '1rig', `name = "1rig"; ${stackName}`],
    ['name', 'r'.repeat(65), `name = "${'r'.repeat(65)}"; ${stackName}`],
    ['instanceType', 3, `instanceType = 3; ${type}`],
    ['hugepages', 'lots', `hugepages = "lots"; ${pages}`],
    ['hugepages', '', `hugepages = ""; ${pages}`],
    ['hugepages', 63, `hugepages = 63; ${pages}`],
    ['hugepages', 512.5, `hugepages = 512.5; ${pages}`],
    ['hugepages', -1, `hugepages = -1; ${pages}`],
    ['driver', 'uio', 'driver = "uio"; allowed: igb_uio or vfio-pci'],
    ['workload', 'testpmd', 'workload = "testpmd"; allowed: pollcore or bookfeed'],
    ['pollcoreMode', 'echo', 'pollcoreMode = "echo"; allowed: respond, sink or reflect'],
    ['dataCidrs', '10.2.0.1/16', `dataCidrs = "10.2.0.1/16"; ${networks}`],
    ['dataCidrs', ['10.0.0.0/8', '10.2.0.0/33'], `dataCidrs = "10.2.0.0/33"; ${networks}`],
    ['dataCidrs', '256.0.0.0/8', `dataCidrs = "256.0.0.0/8"; ${networks}`],
    ['dataCidrs', '010.2.0.0/16', `dataCidrs = "010.2.0.0/16"; ${networks}`],
    ['dataCidrs', '10.2.0.0/016', `dataCidrs = "10.2.0.0/016"; ${networks}`],
    ['dataCidrs', '10.2.0.0', `dataCidrs = "10.2.0.0"; ${networks}`],
    ['dataCidrs', '0.0.0.0/0', `dataCidrs = "0.0.0.0/0"; ${networks}`],
    ['dataCidrs', '[1', `dataCidrs = "[1"; ${networks}`],
    ['dataCidrs', '2001:db8::/32', `dataCidrs = "2001:db8::/32"; ${networks}`],
    ['amiId', 'ubuntu', `amiId = "ubuntu"; ${image}`],
    ['amiParameter', 'ami-id', `amiParameter = "ami-id"; ${parameter}`],
    ['amiParameter', '/a$(id)', `amiParameter = "/a$(id)"; ${parameter}`],
    ['topology', 'ring', 'topology = "ring"; allowed: single, pair or fleet'],
    ['image', 'yes', 'image = "yes"; allowed: true or false'],
    ['availabilityZone', 'b', `availabilityZone = "b"; ${zone}`],
    ['cpuCredits', 'none', 'cpuCredits = "none"; allowed: unlimited or standard'],
    ['s3Endpoint', 'ftp://host', `s3Endpoint = "ftp://host"; ${endpoint}`],
    ['s3Endpoint', 'http://u:p@host', `s3Endpoint = "http://u:p@host"; ${endpoint}`],
    ['s3Endpoint', 'http://host?x', `s3Endpoint = "http://host?x"; ${endpoint}`],
    ['s3Endpoint', 'http://host/path', `s3Endpoint = "http://host/path"; ${endpoint}`],
    ['s3Endpoint', '', `s3Endpoint = ""; ${endpoint}`],
    ['extraDrivers', 'net/$(id)', `extraDrivers = "net/$(id)"; ${drivers}`],
    ['extraDrivers', ['crypto/qat'], `extraDrivers = "crypto/qat"; ${drivers}`],
  ])('%s = %j', (key, value, fault) => {
    expect(faultsOf({ [key]: value })).toEqual([fault]);
  });

  test.each([
    ['t3.small', 'instanceType = "t3.small"; it has 2048 MiB and 2 interfaces, a rig needs 4096 and 2'],
    [
      't3.huge',
      'instanceType = "t3.huge"; t3 has no size "huge" here; its sizes: nano, micro, small, medium, large, xlarge, 2xlarge',
    ],
  ])('instanceType = %s', (instanceType, fault) => {
    expect(faultsOf({ instanceType })).toEqual([fault]);
  });

  test.each(['x9.large', 'constructor.name', 't3', 't3.medium.metal', ''])(
    'instanceType = "%s" is unknown, and the message says how to go on',
    (instanceType) => {
      const [fault] = faultsOf({ instanceType });
      expect(fault).toContain(`instanceType = "${instanceType}"; `);
      expect(fault).toMatch(/add its line to lib\/instance-types.ts and lib\/ena-generations.ts|its sizes: /);
    },
  );
});

describe('faults that show only when keys are seen together', () => {
  test('hugepages leave the machine 1 GiB', () => {
    expect(faultsOf({ hugepages: 1536 })).toEqual([]);
    expect(faultsOf({ hugepages: 1537 })).toEqual([
      'hugepages = 1537; allowed: at most 1536 on t3.medium, which leaves the machine 1 GiB',
    ]);
    expect(faultsOf({ hugepages: 1537, instanceType: 'm6i.large' })).toEqual([]);
  });

  test('CPU credits belong to burstable types', () => {
    expect(faultsOf({ instanceType: 'c6i.large', cpuCredits: 'standard' })).toEqual([
      'cpuCredits = "standard"; c6i.large has no CPU credits: leave the key out',
    ]);
    expect(parseConfig({ instanceType: 'c6i.large' }).cpuCredits).toBeUndefined();
  });
});

describe('the topology', () => {
  test.each<[Record<string, unknown>, object]>([
    [{}, { topology: 'single', pairPeer: undefined, rigs: undefined, fleetOf: undefined }],
    [{ topology: 'pair' }, { pairPeer: 'reflect', rigs: undefined }],
    [{ topology: 'pair', pairPeer: 'respond' }, { pairPeer: 'respond' }],
    [{ topology: 'fleet' }, { rigs: 2, fleetOf: 'rig', pairPeer: undefined }],
    [
      { topology: 'fleet', rigs: '16', fleetOf: 'pair' },
      { rigs: 16, fleetOf: 'pair', pairPeer: 'reflect' },
    ],
    [{ image: 'true' }, { image: true }],
  ])('%j fills in what belongs to it', (context, expected) => {
    expect(parseConfig(context)).toMatchObject(expected);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ rigs: 3 }, 'rigs = 3; it belongs to a fleet: add topology=fleet, or leave the key out'],
    [
      { topology: 'pair', rigs: 3 },
      'rigs = 3; it belongs to a fleet: add topology=fleet, or leave the key out',
    ],
    [{ fleetOf: 'rig' }, 'fleetOf = "rig"; it belongs to a fleet: add topology=fleet, or leave the key out'],
    [
      { topology: 'fleet', pairPeer: 'reflect' },
      'pairPeer = "reflect"; it belongs to pairs: add topology=pair or fleetOf=pair, or leave the key out',
    ],
    [
      { topology: 'pair', pollcoreMode: 'sink' },
      'pollcoreMode = "sink"; in a pair one machine generates, and pairPeer says what the other does',
    ],
    [{ topology: 'fleet', rigs: 17 }, 'rigs = 17; allowed: a whole number, 1 to 16: one stack holds no more'],
    [{ topology: 'fleet', rigs: 0 }, 'rigs = 0; allowed: a whole number, 1 to 16: one stack holds no more'],
    [
      { amiId: 'ami-01234567', amiParameter: '/lab/ami' },
      'amiParameter = "/lab/ami"; amiId names an image already: leave one of them out',
    ],
    [
      { image: true, ttlHours: 2 },
      'ttlHours = 2; an image stays until its stack is destroyed: leave the key out',
    ],
    [
      { image: true, topology: 'pair' },
      'image = true; an image is baked by itself: leave topology out, and add it for the rigs of that image',
    ],
  ])('%j is a fault', (context, fault) => {
    expect(faultsOf(context)).toEqual([fault]);
  });
});

describe('the feed', () => {
  const feed = { workload: 'bookfeed', 'feed.venue': 'kraken', 'feed.symbols': 'XBT/USD, ETH/USD' };

  test('is what a bookfeed follows', () => {
    expect(parseConfig(feed).feed).toEqual({ venue: 'kraken', symbols: ['XBT/USD', 'ETH/USD'] });
    expect(parseConfig({}).feed).toBeUndefined();
  });

  test.each<[Record<string, unknown>, string[]]>([
    [
      { workload: 'bookfeed' },
      [
        'feed.venue is not given; workload=bookfeed needs binance, binance-futures, kraken or coinbase',
        "feed.symbols is not given; workload=bookfeed needs 1 to 64 of the venue's names, such as XBT/USD,ETH/USD",
      ],
    ],
    [
      { 'feed.venue': 'kraken' },
      ['feed.venue = "kraken"; it belongs to workload=bookfeed: add that, or leave the key out'],
    ],
    [{ ...feed, topology: 'pair' }, ['workload = "bookfeed"; in a pair both machines run pollcore']],
    [
      { ...feed, pollcoreMode: 'sink' },
      ['pollcoreMode = "sink"; it belongs to workload=pollcore: leave the key out'],
    ],
    [
      { ...feed, 'feed.venue': 'nyse' },
      ['feed.venue = "nyse"; allowed: binance, binance-futures, kraken or coinbase'],
    ],
    [
      { ...feed, 'feed.symbols': 'XBT/USD,$(id)' },
      ['feed.symbols = "$(id)"; allowed: 1 to 64 of the venue\'s names, such as XBT/USD,ETH/USD'],
    ],
    [
      { ...feed, 'feed.symbols': '' },
      ['feed.symbols = ""; allowed: 1 to 64 of the venue\'s names, such as XBT/USD,ETH/USD'],
    ],
  ])('%j is a fault', (context, faults) => {
    expect(faultsOf(context)).toEqual(faults);
  });
});

describe('keys that do not exist', () => {
  test.each([
    ['hugepage', 'hugepages'],
    ['instancetype', 'instanceType'],
    ['drivers', 'driver'],
    ['zone', 'availabilityZone'],
    ['mode', 'pollcoreMode'],
    ['ami', 'amiId'],
    ['cidrs', 'dataCidrs'],
  ])('%s is answered with what was meant', (key, meant) => {
    expect(faultsOf({ [key]: 'x' })).toEqual([`${key} = "x"; no such key: did you mean ${meant}?`]);
  });

  test.each(['colour', 'rig.hugepages', 'toString', '__proto__', 'x', ''])(
    '"%s" is answered with the list',
    (key) => {
      expect(faultsOf(Object.fromEntries([[key, 'red']]))).toEqual([
        expect.stringContaining(`${key} = "red"; no such key: the keys are name, instanceType, hugepages, `),
      ]);
    },
  );
});

test('all faults come in one message', () => {
  const context = { hugepage: 1, hugepages: 'x', driver: 'y', instanceType: 't3.nano', amiId: 'z' };
  expect(faultsOf(context)).toHaveLength(5);
  expect(() => parseConfig(context)).toThrow(
    /^the rig's configuration \(cdk\.json "context", or -c key=value\) is not valid:\n( {2}.+\n){4} {2}.+$/,
  );
});
