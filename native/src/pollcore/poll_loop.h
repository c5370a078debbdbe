// What the modes share on the packet path: receive, send, drop, count. Each mode_*.c includes it
// and so gets a loop of its own, with its work on a burst compiled into it.
#ifndef POLLCORE_POLL_LOOP_H
#define POLLCORE_POLL_LOOP_H

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "held.h"
#include "idle.h"
#include "poll.h"

enum { PREFETCH_AHEAD = 4 };

static inline void count_verdicts(struct poller *poller, enum verdict verdict, uint16_t count)
{
	counter_add(&poller->counters.verdicts[verdict], count);
}

// Where the frame of a buffer of our own pool begins unless the device moved it, told without a
// look into the buffer: good enough for a prefetch.
static inline const void *frame_of_mbuf(const struct rte_mbuf *mbuf)
{
	return (const uint8_t *)(mbuf + 1) + RTE_PKTMBUF_HEADROOM;
}

static inline uint64_t sum_bytes(struct rte_mbuf *const *mbufs, uint16_t count)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < count; i++)
		bytes += mbufs[i]->pkt_len;
	return bytes;
}

// Sends what the ring takes of a burst of so many bytes; how many packets that were.
static inline uint16_t send_some(struct poller *poller, uint16_t port, struct rte_mbuf **mbufs,
	uint16_t count, uint64_t bytes)
{
	uint16_t sent = rte_eth_tx_burst(port, poller->queue, mbufs, count);

	for (uint16_t i = sent; unlikely(i < count); i++)
		bytes -= mbufs[i]->pkt_len;
	counter_add(&poller->counters.tx_packets, sent);
	counter_add(&poller->counters.tx_bytes, bytes);
	return sent;
}

static inline void drop_unsent(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	rte_pktmbuf_free_bulk(mbufs, count);
	counter_add(&poller->counters.tx_dropped, count);
}

// What the ring does not take now is dropped and counted: waiting for one port would lose more on
// the other.
static inline void send_burst(struct poller *poller, uint16_t port, struct rte_mbuf **mbufs,
	uint16_t count, uint64_t bytes)
{
	uint16_t sent;

	if (count == 0)
		return;
	sent = send_some(poller, port, mbufs, count, bytes);
	if (unlikely(sent < count))
		drop_unsent(poller, mbufs + sent, count - sent);
}

// For what goes back by the port it came from: what the ring does not take now is held.
static inline void send_back(
	struct poller *poller, struct rte_mbuf **mbufs, uint16_t count, uint64_t bytes)
{
	uint16_t sent;

	if (count == 0)
		return;
	sent = send_some(poller, poller->port_id, mbufs, count, bytes);
	if (unlikely(sent < count))
		held_keep(poller, mbufs + sent, count - sent);
}

static inline void drop_burst(struct rte_mbuf **mbufs, uint16_t count)
{
	if (unlikely(count != 0))
		rte_pktmbuf_free_bulk(mbufs, count);
}

// Acts on a burst that came from a port and returns how many bytes it had. They are summed in the
// same pass: a pass of its own costs 8 cycles a packet where a sibling thread shares the
// first-level cache.
typedef uint64_t (*burst_function)(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count);

// How many packets came.
static __rte_always_inline uint16_t poll_once(
	struct poller *poller, uint16_t port, burst_function act)
{
	struct rte_mbuf *mbufs[BURST_MAX];
	uint16_t count = rte_eth_rx_burst(port, poller->queue, mbufs, poller->burst);

	if (count == 0) {
		counter_add(&poller->counters.polls_empty, 1);
		return 0;
	}
	counter_add(&poller->counters.bursts[burst_bucket(count)], 1);
	counter_add(&poller->counters.rx_packets, count);
	counter_add(&poller->counters.rx_bytes, act(poller, port, mbufs, count));
	return count;
}

// What is kept from poll to poll by one loop.
struct poll_pace {
	struct idle idle;
	uint64_t last;
};

static inline void poll_pace_init(struct poll_pace *pace, struct poller *poller)
{
	idle_init(&pace->idle, poller->idle, &poller->counters.sleeps);
	pace->last = rte_rdtsc();
}

// The time since the poll before, if this one brought packets, was spent on them.
static inline void count_busy(struct poller *poller, uint16_t count, uint64_t cycles)
{
	if (count != 0)
		counter_add(&poller->counters.busy_cycles, cycles);
}

// After a poll that brought so many packets: looks how long it has been since the last one, and
// rests when there is nothing to do. A rest that was meant is no gap.
static inline void poll_pace_keep(struct poll_pace *pace, struct poller *poller, uint16_t count)
{
	uint64_t now = rte_rdtsc();

	count_busy(poller, count, now - pace->last);
	pace->last = gaps_check(&poller->gaps, pace->last, now);
	if (idle_after(&pace->idle, count))
		pace->last = rte_rdtsc();
}

static __rte_always_inline int poll_until_stopped(struct poller *poller, burst_function act)
{
	struct poll_pace pace;

	poll_pace_init(&pace, poller);
	while (!atomic_load_explicit(&poller->stop, memory_order_relaxed))
		poll_pace_keep(&pace, poller, poll_once(poller, poller->port_id, act));
	return 0;
}

// The same for modes that send back: while answers are held nothing is received, so that the rest
// waits in the device's ring.
static __rte_always_inline int answer_until_stopped(struct poller *poller, burst_function act)
{
	struct poll_pace pace;

	poll_pace_init(&pace, poller);
	while (!atomic_load_explicit(&poller->stop, memory_order_relaxed)) {
		uint16_t count = 0;

		if (likely(poller->held.count == 0) || held_send(poller))
			count = poll_once(poller, poller->port_id, act);
		poll_pace_keep(&pace, poller, count);
	}
	held_drop(poller);
	return 0;
}

#endif
