// See held.h. A ring is full because whoever empties it is late: a device by microseconds, a
// process at the other end of shared memory until it has its processor back. So long the questions
// that follow are safe in the receive ring, and the device counts those it has no room for.
#include "poll_loop.h"

enum { PATIENCE_PART = 4 }; // of a second

void held_init(struct poller *poller, uint64_t hz)
{
	poller->held.patience = hz / PATIENCE_PART;
	poller->held.stuck_at = UINT64_MAX;
}

void held_drop(struct poller *poller)
{
	struct held *held = &poller->held;

	if (held->count == 0)
		return;
	drop_unsent(poller, held->mbufs + held->first, held->count);
	held->count = 0;
}

void held_keep(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	struct held *held = &poller->held;

	// Nothing has left since waiting was in vain: the ring is dead until something does.
	if (held->stuck_at == poller->counters.tx_packets) {
		drop_unsent(poller, mbufs, count);
		return;
	}
	memcpy(held->mbufs, mbufs, count * sizeof(*mbufs));
	held->first = 0;
	held->count = count;
	held->end = rte_rdtsc() + held->patience;
	counter_add(&poller->counters.tx_held, count);
}

bool held_send(struct poller *poller)
{
	struct held *held = &poller->held;
	struct rte_mbuf **mbufs = held->mbufs + held->first;
	uint16_t sent = send_some(
		poller, poller->port_id, mbufs, held->count, sum_bytes(mbufs, held->count));

	held->first += sent;
	held->count -= sent;
	if (sent != 0) {
		held->end = rte_rdtsc() + held->patience;
	} else if ((int64_t)(rte_rdtsc() - held->end) >= 0) {
		held->stuck_at = poller->counters.tx_packets;
		held_drop(poller);
	}
	return held->count == 0;
}
