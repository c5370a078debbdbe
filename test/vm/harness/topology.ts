// The make-believe VPC that the guest finds itself in: addresses, interfaces and identity, shared by all the fixtures.

export const IMDS_ADDRESS = '169.254.169.254';
/** Where S3 and the signal URLs answer: a documentation address on the namespace's loopback, as an HTTP server on the net. */
export const SERVICE_ADDRESS = '198.51.100.10';
export const S3_PORT = 9000;
export const SIGNAL_PORT = 9001;

export const REGION = 'eu-central-1';
export const ACCOUNT = '123456789012';

/** Which machine of a pair this process plays EC2 for: 0 is the only one or the generator, 1 the generator's peer. */
export const SEAT = Number(process.env['RIG_VM_SEAT'] ?? 0);
export const instanceId = (seat: number): string => `i-0ec2a1b2c3d4e5f6${seat}`;
export const INSTANCE_ID = instanceId(SEAT);

/** One network interface as EC2 describes it and as QEMU makes it. */
export interface Nic {
  readonly deviceNumber: number;
  readonly mac: string;
  readonly ipv4: string;
  readonly gateway: string;
  readonly subnet: string;
  readonly prefix: number;
  /** Slot on QEMU's PCIe root bus, so that the guest's PCI address is known: 0000:00:SS.0. */
  readonly slot: number;
}

export const MANAGEMENT: Nic = {
  deviceNumber: 0,
  mac: `02:ec:2a:00:0${SEAT}:05`,
  ipv4: `10.0.0.1${SEAT}`,
  gateway: '10.0.0.1',
  subnet: '10.0.0.0/24',
  prefix: 24,
  slot: 5,
};

export const dataNic = (seat: number): Nic => ({
  deviceNumber: 1,
  mac: `02:ec:2a:00:0${seat}:06`,
  ipv4: `10.0.1.2${seat + 3}`,
  gateway: '10.0.1.1',
  subnet: '10.0.1.0/24',
  prefix: 24,
  slot: 6,
});
export const DATA = dataNic(SEAT);

export const pciAddress = (nic: Nic): string => `0000:00:0${nic.slot}.0`;

/** The other machine in the data subnet, from which the test sends its frames. */
export const PEER = { mac: '02:ec:2a:00:00:99', ipv4: '10.0.1.99' } as const;

/** A bookfeed's exchange, behind the data subnet's router: a documentation address, as one on the net. */
export const EXCHANGE = { host: 'ws.kraken.com', ipv4: '203.0.113.44', port: 443 } as const;

/** Model of the data interface: a plain PCI function with a netdev on it, as ENA is; and DPDK's driver for it. */
export const DATA_MODEL = 'vmxnet3';
export const EXTRA_DRIVERS = 'net/vmxnet3';
