// forward: what one port receives leaves by the other, byte for byte, both ways: a rig between two
// machines, neither of which notices. Both ports are promiscuous where the device can be.
#include "poll_loop.h"

static inline uint64_t forward_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t other = port == poller->port_id ? poller->peer_id : poller->port_id;
	uint64_t bytes = sum_bytes(mbufs, count);

	send_burst(poller, other, mbufs, count, bytes);
	return bytes;
}

int mode_forward(struct poller *poller)
{
	struct poll_pace pace;

	poll_pace_init(&pace, poller);
	while (!atomic_load_explicit(&poller->stop, memory_order_relaxed)) {
		uint16_t count = poll_once(poller, poller->port_id, forward_burst);

		count += poll_once(poller, poller->peer_id, forward_burst);
		poll_pace_keep(&pace, poller, count);
	}
	return 0;
}
