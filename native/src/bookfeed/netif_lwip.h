// A DPDK port as lwIP's network interface. The one file that knows both: see netif_lwip.c.
#ifndef BOOKFEED_NETIF_LWIP_H
#define BOOKFEED_NETIF_LWIP_H

#include <stdint.h>

#include "lwip/netif.h"

struct port;
struct rte_mbuf;

enum { NETIF_LWIP_UNSENT = 32 };

struct netif_lwip {
	struct netif netif;
	const struct port *port;
	uint16_t unsent_count;
	struct rte_mbuf *unsent[NETIF_LWIP_UNSENT];
	uint64_t rx_packets; // one writer, the polling thread
	uint64_t rx_refused; // frames that the stack had no use or room for
	uint64_t tx_packets;
	uint64_t tx_dropped; // no buffer, or the ring was full: TCP sends it again
};

// Addresses are in host order; gateway 0: none. 0 or a negative errno.
int netif_lwip_init(struct netif_lwip *self, const struct port *port, uint32_t ipv4, uint8_t prefix,
	uint32_t gateway);
void netif_lwip_done(struct netif_lwip *self);

// Takes one burst from the port into the stack. *burst_tsc is when it was taken. How many.
uint16_t netif_lwip_poll(struct netif_lwip *self, uint64_t *burst_tsc);

// Hands the port what the stack has sent since.
void netif_lwip_flush(struct netif_lwip *self);

// Asks for the MAC of an address of our network, unless it is known; whether it is.
int netif_lwip_knows(struct netif_lwip *self, uint32_t ipv4);
void netif_lwip_ask(struct netif_lwip *self, uint32_t ipv4);

#endif
