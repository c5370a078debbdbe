// generate: packets leave at the rate wanted, each with a number and a time; those that come back
// are taken in and leave nothing. All else that arrives is answered as respond does, so that a peer
// can find us. generate.c decides.
#include <rte_cycles.h>

#include "chain.h"
#include "generate.h"
#include "offload.h"
#include "poll_loop.h"

static inline bool append_frame(struct rte_mbuf *mbuf, const struct profile_frame *frame)
{
	uint8_t *bytes = (uint8_t *)rte_pktmbuf_append(mbuf, frame->size);

	if (unlikely(bytes == NULL))
		return chain_append(mbuf, frame->bytes, frame->size);
	memcpy(bytes, frame->bytes, frame->size);
	return true;
}

// Fills buffers with the next packets; how many of them, since the pool can run out.
static inline uint16_t write_burst(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count,
	uint64_t now, uint64_t *bytes)
{
	const struct generator *generator = poller->generator;
	struct generator_place place = generator->next;

	if (unlikely(rte_pktmbuf_alloc_bulk(poller->pool, mbufs, count) != 0))
		return 0;
	for (uint16_t i = 0; i < count; i++) {
		const struct profile_frame *frame = generator_frame(generator, &place);

		if (unlikely(!append_frame(mbufs[i], frame))) {
			rte_pktmbuf_free_bulk(mbufs + i, count - i);
			return i;
		}
		generator_write(generator, &place, now, rte_pktmbuf_mtod(mbufs[i], uint8_t *));
		if (unlikely(poller->tx_checksum) && generator->traffic->profile.stamped)
			offload_ipv4(mbufs[i]);
		*bytes += frame->size;
	}
	return count;
}

// Unlike an answer, a packet that the ring does not take is not lost: it has not been sent yet.
static inline void send_due(struct poller *poller, uint16_t due, uint64_t now)
{
	struct rte_mbuf *mbufs[BURST_MAX];
	uint64_t bytes = 0;
	uint16_t ready = write_burst(poller, mbufs, due, now, &bytes);
	uint16_t sent = 0;

	generator_promise(poller->generator, ready);
	if (likely(ready > 0))
		sent = rte_eth_tx_burst(poller->port_id, poller->queue, mbufs, ready);
	if (unlikely(sent < ready)) {
		for (uint16_t i = sent; i < ready; i++)
			bytes -= mbufs[i]->pkt_len;
		rte_pktmbuf_free_bulk(mbufs + sent, ready - sent);
	}
	generator_sent(poller->generator, sent);
	counter_add(&poller->counters.tx_packets, sent);
	counter_add(&poller->counters.tx_bytes, bytes);
}

static void ask_peer(struct poller *poller)
{
	struct responder asker = poller->responder;
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(poller->pool);

	if (mbuf == NULL)
		return;
	asker.gateway = poller->generator->traffic->peer_ipv4;
	respond_ask_gateway(&asker, (uint8_t *)rte_pktmbuf_append(mbuf, ARP_REQUEST_SIZE));
	send_burst(poller, poller->port_id, &mbuf, 1, ARP_REQUEST_SIZE);
}

// The first buffer of a chain may be too short for a stamp.
static __attribute__((noinline)) bool take_chain(
	struct generator *generator, const struct rte_mbuf *mbuf, uint64_t now)
{
	uint8_t head[PROFILE_FRAME_MIN];

	if (mbuf->pkt_len < sizeof(head) || !chain_is_sound(mbuf))
		return false;
	chain_read(mbuf, head, sizeof(head));
	return generator_take(generator, head, sizeof(head), now);
}

static inline bool take(struct generator *generator, const struct rte_mbuf *mbuf, uint64_t now)
{
	if (unlikely(mbuf->nb_segs > 1))
		return take_chain(generator, mbuf, now);
	return generator_take(
		generator, rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, now);
}

static inline uint64_t generate_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	struct generator *generator = poller->generator;
	bool known = traffic_peer_known(generator->traffic);
	struct rte_mbuf *taken[BURST_MAX];
	uint64_t now = rte_rdtsc();
	uint64_t bytes = 0;
	uint16_t ours = 0;
	uint16_t others = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];

		if (likely(take(generator, mbuf, now))) {
			bytes += mbuf->pkt_len;
			taken[ours++] = mbuf;
			continue;
		}
		if (unlikely(!known))
			traffic_learn(generator->traffic, rte_pktmbuf_mtod(mbuf, const uint8_t *),
				mbuf->data_len);
		mbufs[others++] = mbuf;
	}
	if (likely(ours > 0))
		rte_pktmbuf_free_bulk(taken, ours);
	if (others > 0)
		bytes += poller_respond(poller, port, mbufs, others);
	return bytes;
}

int mode_generate(struct poller *poller)
{
	struct generator *generator = poller->generator;
	uint32_t max = RTE_MAX(poller->burst, generator->traffic->train);
	uint64_t last = rte_rdtsc();

	while (!atomic_load_explicit(&poller->stop, memory_order_relaxed)) {
		uint16_t count = poll_once(poller, poller->port_id, generate_burst);
		uint64_t now = rte_rdtsc();
		uint32_t due;

		count_busy(poller, count, now - last);
		// Never rests, whatever --idle says: the next packet may be due.
		last = gaps_check(&poller->gaps, last, now);
		if (unlikely(generator_must_ask(generator, now)))
			ask_peer(poller);
		if (unlikely(!traffic_peer_known(generator->traffic)))
			continue;
		due = generator_due(generator, now, max);
		if (due > 0)
			send_due(poller, (uint16_t)due, now);
	}
	return 0;
}
