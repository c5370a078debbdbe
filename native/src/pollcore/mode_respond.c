// respond: ARP, ICMP echo and UDP echo are answered out of the port they came in by, in the buffer
// that brought the question; all else is dropped and counted by reason. respond.c decides.
#include "poll_loop.h"
#include "respond_echo.h"

static inline enum verdict respond_mbuf(
	const struct responder *responder, struct echo_self self, struct rte_mbuf *mbuf)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	enum verdict verdict;

	if (unlikely(mbuf->nb_segs != 1))
		return VERDICT_DROP_MULTI_SEGMENT;
	// Some devices take the tag out of the bytes and leave it in the descriptor.
	if (unlikely(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))
		return VERDICT_DROP_VLAN;
	verdict = respond_echo(self, frame, mbuf->data_len);
	if (unlikely(verdict == VERDICT_COUNT))
		verdict = respond(responder, frame, mbuf->data_len);
	return verdict;
}

static inline uint64_t respond_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	const struct responder *responder = &poller->responder;
	const struct echo_self self = echo_self(responder);
	struct rte_mbuf *drops[BURST_MAX];
	enum verdict last = VERDICT_ICMP_REPLY;
	uint16_t run = 0;
	uint16_t replies = 0;
	uint16_t dropped = 0;
	uint64_t bytes = 0;
	uint64_t reply_bytes = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		enum verdict verdict;

		if (i + PREFETCH_AHEAD < count)
			rte_prefetch0(frame_of_mbuf(mbufs[i + PREFETCH_AHEAD]));
		bytes += mbuf->pkt_len;
		verdict = respond_mbuf(responder, self, mbuf);
		// Packets of a burst mostly share their fate: count runs of them, not each.
		if (unlikely(verdict != last)) {
			count_verdicts(poller, last, (uint16_t)(i - run));
			last = verdict;
			run = i;
		}
		if (likely(verdict_is_reply(verdict))) {
			reply_bytes += mbuf->pkt_len;
			mbufs[replies++] = mbuf;
		} else {
			drops[dropped++] = mbuf;
		}
	}
	count_verdicts(poller, last, (uint16_t)(count - run));
	send_burst(poller, port, mbufs, replies, reply_bytes);
	drop_burst(drops, dropped);
	return bytes;
}

int mode_respond(struct poller *poller)
{
	return poll_until_stopped(poller, respond_burst);
}

uint64_t poller_respond(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	return respond_burst(poller, port, mbufs, count);
}

void poller_respond_once(struct poller *poller)
{
	poll_once(poller, poller->port_id, respond_burst);
}
