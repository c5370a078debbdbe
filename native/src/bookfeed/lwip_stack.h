// lwIP on one DPDK port, from the outside: what run_lwip.c needs of it without lwIP's own headers,
// which do not go with DPDK's and libc's in one file.
#ifndef BOOKFEED_LWIP_STACK_H
#define BOOKFEED_LWIP_STACK_H

#include <stdbool.h>

#include "transport.h"

struct port;
struct lwip_stack;

struct lwip_counters {
	uint64_t rx_packets;
	uint64_t rx_refused;
	uint64_t tx_packets;
	uint64_t tx_dropped;
	uint64_t checksum_errors;
	uint64_t tcp_dropped; // segments that no connection wanted, or out of memory
};

// One stack at a time. Addresses are in host order, gateway 0: none. 0 or a negative errno.
int lwip_stack_new(struct lwip_stack **stack, const struct port *port, uint32_t ipv4,
	uint8_t prefix, uint32_t gateway, uint64_t hz);

// Nothing of it holds a buffer of the port afterwards.
void lwip_stack_free(struct lwip_stack *stack);

struct transport *lwip_stack_transport(struct lwip_stack *stack);

// Whether the MAC of a neighbour is known; asks for it.
bool lwip_stack_knows(struct lwip_stack *stack, uint32_t ipv4);
void lwip_stack_ask(struct lwip_stack *stack, uint32_t ipv4);

// By any thread.
void lwip_stack_counters(const struct lwip_stack *stack, struct lwip_counters *out);

#endif
