// See lwip_stack.h.
#include <errno.h>
#include <string.h>

#include "lwip/init.h"
#include "lwip/stats.h"
#include "lwip/timeouts.h"

#include "counter.h"
#include "lwip_stack.h"
#include "netif_lwip.h"
#include "transport_lwip.h"

struct lwip_stack {
	struct netif_lwip netif;
	struct transport_lwip transport;
};

// lwIP's own state is global, so there is no second one beside it.
static struct lwip_stack the_stack;

int lwip_stack_new(struct lwip_stack **stack, const struct port *port, uint32_t ipv4,
	uint8_t prefix, uint32_t gateway, uint64_t hz)
{
	static bool begun;
	int ret;

	// A second time would lose its timers: they run on, whoever has the stack.
	if (!begun)
		lwip_init();
	begun = true;
	ret = netif_lwip_init(&the_stack.netif, port, ipv4, prefix, gateway);
	if (ret < 0)
		return ret;
	transport_lwip_init(&the_stack.transport, &the_stack.netif, hz);
	*stack = &the_stack;
	return 0;
}

void lwip_stack_free(struct lwip_stack *stack)
{
	transport_lwip_done(&stack->transport);
	netif_lwip_done(&stack->netif);
}

struct transport *lwip_stack_transport(struct lwip_stack *stack)
{
	return &stack->transport.transport;
}

bool lwip_stack_knows(struct lwip_stack *stack, uint32_t ipv4)
{
	return netif_lwip_knows(&stack->netif, ipv4) != 0;
}

void lwip_stack_ask(struct lwip_stack *stack, uint32_t ipv4)
{
	netif_lwip_ask(&stack->netif, ipv4);
}

void lwip_stack_counters(const struct lwip_stack *stack, struct lwip_counters *out)
{
	out->rx_packets = counter_read(&stack->netif.rx_packets);
	out->rx_refused = counter_read(&stack->netif.rx_refused);
	out->tx_packets = counter_read(&stack->netif.tx_packets);
	out->tx_dropped = counter_read(&stack->netif.tx_dropped);
	// lwIP counts in words of 32 bits, which a reader gets whole.
	out->checksum_errors = lwip_stats.ip.chkerr + lwip_stats.tcp.chkerr;
	out->tcp_dropped = lwip_stats.tcp.drop + lwip_stats.tcp.memerr;
}
