// The packet path. Nothing here allocates, logs or makes a system call. Each mode is one function
// over a burst, and the loop is compiled once for each of them.
#include <errno.h>

#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "poll.h"

enum {
	BURST_MAX = 512, // what --burst allows
	PREFETCH_AHEAD = 4,
};

static inline void count_verdicts(struct poller *poller, enum verdict verdict, uint16_t count)
{
	counter_add(&poller->counters.verdicts[verdict], count);
}

// Sends a burst of so many bytes. What the ring does not take now is dropped and counted: waiting
// for it would lose more on receive.
static inline void send_burst(
	struct poller *poller, struct rte_mbuf **mbufs, uint16_t count, uint64_t bytes)
{
	uint16_t sent;

	if (count == 0)
		return;
	sent = rte_eth_tx_burst(poller->port_id, 0, mbufs, count);
	if (unlikely(sent < count)) {
		for (uint16_t i = sent; i < count; i++)
			bytes -= mbufs[i]->pkt_len;
		rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
		counter_add(&poller->counters.tx_dropped, count - sent);
	}
	counter_add(&poller->counters.tx_packets, sent);
	counter_add(&poller->counters.tx_bytes, bytes);
}

static inline void drop_burst(struct rte_mbuf **mbufs, uint16_t count)
{
	if (count != 0)
		rte_pktmbuf_free_bulk(mbufs, count);
}

static inline enum verdict respond_mbuf(const struct responder *responder, struct rte_mbuf *mbuf)
{
	if (unlikely(mbuf->nb_segs != 1))
		return VERDICT_DROP_MULTI_SEGMENT;
	// Some devices take the tag out of the bytes and leave it in the descriptor.
	if (unlikely(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))
		return VERDICT_DROP_VLAN;
	return respond(responder, rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len);
}

static inline uint64_t respond_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mbuf *drops[BURST_MAX];
	enum verdict last = VERDICT_ICMP_REPLY;
	uint16_t run = 0;
	uint16_t replies = 0;
	uint16_t dropped = 0;
	uint64_t bytes = 0;
	uint64_t reply_bytes = 0;

	for (uint16_t i = 0; i < count && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		enum verdict verdict;

		if (i + PREFETCH_AHEAD < count)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + PREFETCH_AHEAD], void *));
		bytes += mbuf->pkt_len;
		verdict = respond_mbuf(&poller->responder, mbuf);
		// Packets of a burst mostly share their fate: count runs of them, not each.
		if (verdict != last) {
			count_verdicts(poller, last, run);
			last = verdict;
			run = 0;
		}
		run++;
		if (likely(verdict_is_reply(verdict))) {
			reply_bytes += mbuf->pkt_len;
			mbufs[replies++] = mbuf;
		} else {
			drops[dropped++] = mbuf;
		}
	}
	count_verdicts(poller, last, run);
	send_burst(poller, mbufs, replies, reply_bytes);
	drop_burst(drops, dropped);
	return bytes;
}

// Puts a burst back in one piece. Whole buffers of the port's own pool, which is what a port gives
// us, need no more than that; chains and borrowed buffers take DPDK's way.
static inline uint64_t sink_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	uint64_t bytes = 0;
	bool whole = true;

	for (uint16_t i = 0; i < count; i++) {
		bytes += mbufs[i]->pkt_len;
		whole &= mbufs[i]->nb_segs == 1 && rte_mbuf_refcnt_read(mbufs[i]) == 1 &&
			 RTE_MBUF_DIRECT(mbufs[i]) && mbufs[i]->pool == poller->pool;
	}
	if (likely(whole))
		rte_mempool_put_bulk(poller->pool, (void **)mbufs, count);
	else
		rte_pktmbuf_free_bulk(mbufs, count);
	return bytes;
}

// Whether the frame can go back: it has a header, and both of its addresses name one host. A group
// address would become a source address, which no switch accepts.
static inline enum verdict reflect_mbuf(struct rte_mbuf *mbuf)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	struct rte_ether_addr source;

	if (unlikely(mbuf->data_len < sizeof(*ether)))
		return VERDICT_DROP_SHORT;
	if (unlikely(rte_is_multicast_ether_addr(&ether->src_addr)))
		return VERDICT_DROP_BAD_SOURCE;
	if (unlikely(rte_is_multicast_ether_addr(&ether->dst_addr)))
		return VERDICT_DROP_NOT_OURS;
	source = ether->src_addr;
	ether->src_addr = ether->dst_addr;
	ether->dst_addr = source;
	return VERDICT_COUNT;
}

static inline uint64_t reflect_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mbuf *drops[BURST_MAX];
	uint16_t kept = 0;
	uint16_t dropped = 0;
	uint64_t bytes = 0;
	uint64_t kept_bytes = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		enum verdict verdict = reflect_mbuf(mbuf);

		bytes += mbuf->pkt_len;
		if (likely(verdict == VERDICT_COUNT)) {
			kept_bytes += mbuf->pkt_len;
			mbufs[kept++] = mbuf;
		} else {
			count_verdicts(poller, verdict, 1);
			drops[dropped++] = mbuf;
		}
	}
	send_burst(poller, mbufs, kept, kept_bytes);
	drop_burst(drops, dropped);
	return bytes;
}

// Acts on a burst and returns how many bytes it had. They are summed in the same pass: a pass of
// its own costs 8 cycles a packet where a sibling thread shares the first-level cache.
typedef uint64_t (*burst_function)(struct poller *, struct rte_mbuf **, uint16_t);

static __rte_always_inline void poll_once(struct poller *poller, burst_function act)
{
	struct rte_mbuf *mbufs[BURST_MAX];
	uint16_t count = rte_eth_rx_burst(poller->port_id, 0, mbufs, poller->burst);

	counter_add(&poller->counters.polls, 1);
	if (count == 0) {
		counter_add(&poller->counters.polls_empty, 1);
		return;
	}
	counter_add(&poller->counters.rx_packets, count);
	counter_add(&poller->counters.rx_bytes, act(poller, mbufs, count));
}

static __rte_always_inline int poll_until_stopped(struct poller *poller, burst_function act)
{
	while (!atomic_load_explicit(&poller->stop, memory_order_relaxed))
		poll_once(poller, act);
	return 0;
}

static int poll_lcore(void *argument)
{
	struct poller *poller = argument;

	switch (poller->mode) {
	case MODE_RESPOND:
		return poll_until_stopped(poller, respond_burst);
	case MODE_SINK:
		return poll_until_stopped(poller, sink_burst);
	case MODE_REFLECT:
		return poll_until_stopped(poller, reflect_burst);
	}
	return -EINVAL;
}

void poller_init(struct poller *poller, const struct config *config, const struct port *port)
{
	memset(poller, 0, sizeof(*poller));
	poller->port_id = port->id;
	poller->pool = port->pool;
	poller->burst = config->burst;
	poller->mode = config->mode;
	poller->lcore = rte_get_next_lcore(-1, 1, 0);
	memcpy(poller->responder.mac, port->mac, sizeof(poller->responder.mac));
	poller->responder.ipv4 = config->ipv4;
	poller->responder.gateway = config->gateway;
}

int poller_start(struct poller *poller)
{
	int ret;

	atomic_store(&poller->stop, false);
	ret = rte_eal_remote_launch(poll_lcore, poller, poller->lcore);
	poller->running = ret == 0;
	return ret;
}

void poller_stop(struct poller *poller)
{
	if (!poller->running)
		return;
	atomic_store(&poller->stop, true);
	rte_eal_wait_lcore(poller->lcore);
	poller->running = false;
}

void poller_respond_once(struct poller *poller)
{
	poll_once(poller, respond_burst);
}
