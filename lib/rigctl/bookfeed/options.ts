// What `npm start -- --workload bookfeed` may be asked for.

export const VENUES = ['binance', 'binance-futures', 'kraken', 'coinbase'] as const;
export const TRANSPORTS = ['lwip', 'kernel'] as const;
export const FEEDS = ['recorded', 'generated'] as const;
/** How DPDK reaches the port. */
export const BOOKFEED_LINKS = ['af_packet', 'af_xdp'] as const;

export interface BookfeedOptions {
  readonly venue: (typeof VENUES)[number];
  /** Whose TCP it is: lwIP's on a port that DPDK polls, or the kernel's. */
  readonly transport: (typeof TRANSPORTS)[number];
  readonly link: (typeof BOOKFEED_LINKS)[number];
  /** How long the stream is followed; 0: until Ctrl-C. */
  readonly seconds: number;
  /** What the exchange plays. @default - recorded where there are recorded feeds, else generated */
  readonly feed: (typeof FEEDS)[number] | undefined;
  /** Messages a second that the exchange sends. */
  readonly rate: number;
  /** One JSON document a line on standard output instead of text. */
  readonly json: boolean;
}
