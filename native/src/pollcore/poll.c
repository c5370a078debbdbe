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

static inline uint64_t sum_bytes(struct rte_mbuf *const *mbufs, uint16_t count)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < count; i++)
		bytes += mbufs[i]->pkt_len;
	return bytes;
}

static inline void count_verdict(struct poller *poller, enum verdict verdict)
{
	counter_add(&poller->counters.verdicts[verdict], 1);
}

// Sends a burst. What the ring does not take now is dropped and counted: waiting for it would lose
// more on receive.
static inline void send_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	uint64_t bytes;
	uint16_t sent;

	if (count == 0)
		return;
	bytes = sum_bytes(mbufs, count);
	sent = rte_eth_tx_burst(poller->port_id, 0, mbufs, count);
	if (unlikely(sent < count)) {
		bytes -= sum_bytes(mbufs + sent, count - sent);
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

static inline void respond_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mbuf *replies[BURST_MAX];
	struct rte_mbuf *drops[BURST_MAX];
	uint16_t reply_count = 0;
	uint16_t drop_count = 0;

	for (uint16_t i = 0; i < count && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint16_t i = 0; i < count; i++) {
		enum verdict verdict;

		if (i + PREFETCH_AHEAD < count)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + PREFETCH_AHEAD], void *));
		verdict = respond_mbuf(&poller->responder, mbufs[i]);
		count_verdict(poller, verdict);
		if (verdict_is_reply(verdict))
			replies[reply_count++] = mbufs[i];
		else
			drops[drop_count++] = mbufs[i];
	}
	send_burst(poller, replies, reply_count);
	drop_burst(drops, drop_count);
}

static inline void sink_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	(void)poller;
	drop_burst(mbufs, count);
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

static inline void reflect_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mbuf *drops[BURST_MAX];
	uint16_t kept = 0;
	uint16_t drop_count = 0;

	for (uint16_t i = 0; i < count; i++) {
		enum verdict verdict = reflect_mbuf(mbufs[i]);

		if (likely(verdict == VERDICT_COUNT)) {
			mbufs[kept++] = mbufs[i];
		} else {
			count_verdict(poller, verdict);
			drops[drop_count++] = mbufs[i];
		}
	}
	send_burst(poller, mbufs, kept);
	drop_burst(drops, drop_count);
}

typedef void (*burst_function)(struct poller *, struct rte_mbuf **, uint16_t);

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
	counter_add(&poller->counters.rx_bytes, sum_bytes(mbufs, count));
	act(poller, mbufs, count);
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
