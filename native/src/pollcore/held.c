// See held.h. A ring is full because whoever empties it is late: a device by microseconds, a
// process at the other end of shared memory until it has its processor back. So long the questions
// that follow are safe in the receive ring, and the device counts those it has no room for. But the
// ring may be dead, or the first answer be refused for what it is: once waiting was in vain nothing
// waits for a while, or whoever asks for such answers could stop the poller again and again.
#include "poll_loop.h"

enum {
	PATIENCE_PART = 4, // of a second
	DISTRUST_S = 10,   // so that at most 1 part in 41 of the time is spent in vain
};

void held_init(struct poller *poller, uint64_t hz)
{
	poller->held.patience = hz / PATIENCE_PART;
	poller->held.distrust = hz * DISTRUST_S;
}

// Gives up so many of the first.
static void drop_first(struct poller *poller, uint16_t count)
{
	struct held *held = &poller->held;

	drop_unsent(poller, held->mbufs + held->first, count);
	held->first += count;
	held->count -= count;
}

void held_drop(struct poller *poller)
{
	if (poller->held.count != 0)
		drop_first(poller, poller->held.count);
}

void held_keep(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	struct held *held = &poller->held;
	uint64_t now = rte_rdtsc();

	memcpy(held->mbufs, mbufs, count * sizeof(*mbufs));
	held->first = 0;
	held->count = count;
	held->grace = now < held->patient_at ? 0 : held->patience;
	held->end = now + held->grace;
	if (held->grace != 0)
		counter_add(&poller->counters.tx_held, count);
}

// Offers what is held; whether some of it left.
static bool offer(struct poller *poller)
{
	struct held *held = &poller->held;
	struct rte_mbuf **mbufs = held->mbufs + held->first;
	uint16_t sent = send_some(
		poller, poller->port_id, mbufs, held->count, sum_bytes(mbufs, held->count));

	held->first += sent;
	held->count -= sent;
	return sent != 0;
}

bool held_send(struct poller *poller)
{
	struct held *held = &poller->held;

	while (held->count != 0) {
		bool left = offer(poller);
		uint64_t now = rte_rdtsc();

		if (left) {
			held->end = now + held->grace;
			continue;
		}
		if (now < held->end)
			return false;
		if (held->grace != 0)
			held->patient_at = now + held->distrust;
		held->grace = 0;
		// What is behind it may well be taken.
		drop_first(poller, 1);
	}
	return true;
}
