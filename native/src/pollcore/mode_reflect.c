// reflect: swaps the MAC addresses and sends every frame back where it came from. A frame to or
// from a group is dropped: a group address would become a source address, which no switch accepts.
#include "bytes.h"
#include "poll_loop.h"

// The first bit of an address tells a group. In the first 8 bytes of a frame, as a little-endian
// word, that is bit 0 for the destination and bit 48 for the source.
enum { GROUP_BIT = 1, HEADER_SIZE = 14 };

// Turns one frame, or says why it cannot go back.
static inline enum verdict reflect_frame(uint8_t *frame, uint16_t size)
{
	uint64_t low;
	uint32_t high;

	if (unlikely(size < HEADER_SIZE))
		return VERDICT_DROP_SHORT;
	low = bytes_load_raw64(frame);
	high = bytes_load_raw32(frame + 8);
	if (unlikely((low >> 48 & GROUP_BIT) != 0))
		return VERDICT_DROP_BAD_SOURCE;
	if (unlikely((low & GROUP_BIT) != 0))
		return VERDICT_DROP_NOT_OURS;
	// Both addresses are 12 bytes in these two words: turn them by six.
	bytes_store_raw64(frame, low >> 48 | (uint64_t)high << 16 | low << 48);
	bytes_store_raw32(frame + 8, (uint32_t)(low >> 16));
	return VERDICT_COUNT;
}

static inline uint64_t reflect_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mbuf *drops[BURST_MAX];
	uint16_t kept = 0;
	uint16_t dropped = 0;
	uint64_t bytes = 0;
	uint64_t kept_bytes = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		enum verdict verdict =
			reflect_frame(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len);

		bytes += mbuf->pkt_len;
		if (likely(verdict == VERDICT_COUNT)) {
			kept_bytes += mbuf->pkt_len;
			mbufs[kept++] = mbuf;
		} else {
			count_verdicts(poller, verdict, 1);
			drops[dropped++] = mbuf;
		}
	}
	send_burst(poller, port, mbufs, kept, kept_bytes);
	drop_burst(drops, dropped);
	return bytes;
}

int mode_reflect(struct poller *poller)
{
	return poll_until_stopped(poller, reflect_burst);
}
