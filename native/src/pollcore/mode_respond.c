// respond: ARP, NDP, ICMP, ICMPv6 and UDP echo are answered out of the port they came in by, in the
// buffer that brought the question; all else is dropped and counted by reason. respond.c decides.
// What the transmit ring has no room for waits; see held.h.
#include "chain.h"
#include "offload.h"
#include "poll_loop.h"
#include "respond_echo.h"

enum {
	// The longest frame that any --mtu allows, with two VLAN tags.
	FLAT_MAX = FRAME_SIZE_MAX + 8,
};

// A frame in several buffers is put together, answered, and what changed is put back.
static __attribute__((noinline)) enum verdict respond_chain(
	const struct responder *responder, struct rte_mbuf *mbuf)
{
	uint8_t frame[FLAT_MAX];
	uint32_t size = mbuf->pkt_len;
	enum verdict verdict;

	if (size > sizeof(frame) || !chain_is_sound(mbuf))
		return VERDICT_DROP_MULTI_SEGMENT;
	chain_read(mbuf, frame, size);
	verdict = respond(responder, frame, size);
	if (verdict == VERDICT_NDP_REPLY)
		chain_write(mbuf, frame, size);
	else if (verdict_is_reply(verdict))
		chain_write(mbuf, frame, RTE_MIN(size, (uint32_t)RESPOND_HEAD_MAX));
	return verdict;
}

// Whether the device has found the UDP checksum right.
static inline bool udp_is_good(const struct rte_mbuf *mbuf)
{
	return (mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

static __rte_always_inline enum verdict respond_mbuf(const struct responder *responder,
	struct echo_self self, struct rte_mbuf *mbuf, bool trusting)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	enum verdict verdict;

	// Some devices take the tag out of the bytes and leave it in the descriptor.
	if (unlikely(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))
		return VERDICT_DROP_VLAN;
	if (unlikely(mbuf->nb_segs != 1))
		return respond_chain(responder, mbuf);
	verdict = respond_echo(self, frame, mbuf->data_len, trusting && udp_is_good(mbuf));
	if (unlikely(verdict == VERDICT_COUNT))
		verdict = respond(responder, frame, mbuf->data_len);
	return verdict;
}

// A frame that is not plain has its checksums right already, as every answer does.
static __attribute__((noinline)) void offload_replies(struct rte_mbuf **mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];

		if (offload_is_plain(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len))
			offload_ipv4(mbuf);
	}
}

// trusting: the device checks checksums. holding: answers may wait for room in the ring. Constants,
// so that who does not ask for something pays nothing.
static __rte_always_inline uint64_t respond_packets(
	struct poller *poller, struct rte_mbuf **mbufs, uint16_t count, bool trusting, bool holding)
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
		verdict = respond_mbuf(responder, self, mbuf, trusting);
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
	if (unlikely(poller->tx_checksum))
		offload_replies(mbufs, replies);
	if (holding)
		send_back(poller, mbufs, replies, reply_bytes);
	else
		send_burst(poller, poller->port_id, mbufs, replies, reply_bytes);
	drop_burst(drops, dropped);
	return bytes;
}

static inline uint64_t respond_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	(void)port;
	return respond_packets(poller, mbufs, count, false, true);
}

static inline uint64_t respond_checked_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	(void)port;
	return respond_packets(poller, mbufs, count, true, true);
}

int mode_respond(struct poller *poller)
{
	if (poller->rx_checksum)
		return answer_until_stopped(poller, respond_checked_burst);
	return answer_until_stopped(poller, respond_burst);
}

uint64_t poller_respond(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	(void)port;
	return respond_packets(poller, mbufs, count, false, false);
}

void poller_respond_once(struct poller *poller)
{
	poll_once(poller, poller->port_id, poller_respond);
}
