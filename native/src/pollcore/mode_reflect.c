// reflect: swaps the MAC addresses and sends every frame back where it came from. A frame to or
// from a group is dropped: a group address would become a source address, which no switch accepts.
// What the transmit ring has no room for waits; see held.h.
#include "bytes.h"
#include "chain.h"
#include "poll_loop.h"

// The first bit of an address tells a group. In the first 8 bytes of a frame, as a little-endian
// word, that is bit 0 for the destination and bit 48 for the source.
enum { GROUP_BIT = 1, HEADER_SIZE = 14 };

typedef uint8_t bytes16 __attribute__((vector_size(16)));

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

// Both addresses change places; the type and the two bytes after it stay.
static inline bytes16 turn(bytes16 word)
{
#if __has_builtin(__builtin_shufflevector)
	return __builtin_shufflevector(
		word, word, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15);
#else // GCC before 12
	return __builtin_shuffle(
		word, (bytes16){6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15});
#endif
}

// The common case, four frames at once: each has room for a 16-byte word and no group address, and
// is turned by one shuffle. False, and all four as they were: reflect_frame() must look at them.
static inline bool reflect_four(struct rte_mbuf *const *mbufs, uint64_t *bytes)
{
	uint8_t *frames[4];
	bytes16 words[4];
	bytes16 all = {0};
	uint64_t sum = 0;
	uint64_t low;

	for (int i = 0; i < 4; i++) {
		if (unlikely(mbufs[i]->data_len < sizeof(words[i])))
			return false;
		frames[i] = rte_pktmbuf_mtod(mbufs[i], uint8_t *);
		memcpy(&words[i], frames[i], sizeof(words[i]));
		all |= words[i];
		sum += mbufs[i]->pkt_len;
	}
	memcpy(&low, &all, sizeof(low));
	if (unlikely((low & (GROUP_BIT | (uint64_t)GROUP_BIT << 48)) != 0))
		return false;
	for (int i = 0; i < 4; i++) {
		words[i] = turn(words[i]);
		memcpy(frames[i], &words[i], sizeof(words[i]));
	}
	*bytes += sum;
	return true;
}

// The same for one in several buffers, the first of which may be too short for the addresses.
static enum verdict reflect_chain(struct rte_mbuf *mbuf)
{
	uint8_t header[HEADER_SIZE];
	enum verdict verdict;

	if (!chain_is_sound(mbuf))
		return VERDICT_DROP_MULTI_SEGMENT;
	if (mbuf->pkt_len < HEADER_SIZE)
		return VERDICT_DROP_SHORT;
	chain_read(mbuf, header, HEADER_SIZE);
	verdict = reflect_frame(header, HEADER_SIZE);
	if (verdict == VERDICT_COUNT)
		chain_write(mbuf, header, HEADER_SIZE);
	return verdict;
}

// What is left of a burst, one by one: drops are taken out, and the rest moves
// up.
static __attribute__((noinline)) uint16_t reflect_rest(
	struct poller *poller, struct rte_mbuf **mbufs, uint16_t from, uint16_t count)
{
	struct rte_mbuf *drops[BURST_MAX];
	uint16_t kept = from;
	uint16_t dropped = 0;

	for (uint16_t i = from; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		enum verdict verdict =
			mbuf->nb_segs > 1
				? reflect_chain(mbuf)
				: reflect_frame(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len);

		if (verdict == VERDICT_COUNT) {
			mbufs[kept++] = mbuf;
		} else {
			count_verdicts(poller, verdict, 1);
			drops[dropped++] = mbuf;
		}
	}
	drop_burst(drops, dropped);
	return kept;
}

static inline uint64_t reflect_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	uint64_t bytes = 0;
	uint64_t kept_bytes;
	uint16_t kept = 0;

	(void)port;
	while (kept + 4 <= count && reflect_four(mbufs + kept, &bytes))
		kept += 4;
	kept_bytes = bytes;
	if (unlikely(kept < count)) {
		bytes = sum_bytes(mbufs, count);
		kept = reflect_rest(poller, mbufs, kept, count);
		kept_bytes = sum_bytes(mbufs, kept);
	}
	send_back(poller, mbufs, kept, kept_bytes);
	return bytes;
}

int mode_reflect(struct poller *poller)
{
	return answer_until_stopped(poller, reflect_burst);
}
