// lwIP's TCP on a DPDK port: no kernel between the network card and the book.
#ifndef BOOKFEED_TRANSPORT_LWIP_H
#define BOOKFEED_TRANSPORT_LWIP_H

#include <stdbool.h>

#include "transport.h"

enum { LWIP_LINKS_MAX = 8 };

struct netif_lwip;
struct tcp_pcb;

struct lwip_link {
	struct link link;
	struct tcp_pcb *pcb; // NULL: free
	bool open;
};

struct transport_lwip {
	struct transport transport;
	struct netif_lwip *netif;
	struct lwip_link links[LWIP_LINKS_MAX];
	uint64_t tick_cycles; // between two looks at the timers
	uint64_t next_tick;
};

// lwIP must be initialised and netif be up; see netif_lwip.h. hz: cycles a second.
void transport_lwip_init(struct transport_lwip *self, struct netif_lwip *netif, uint64_t hz);

// Closes what is open; what is on its way is dropped.
void transport_lwip_done(struct transport_lwip *self);

#endif
