// libFuzzer target for what respond mode does with a burst: the frame comes several times, whole,
// in a chain of small buffers, in one that lies about its size, and without its VLAN tag. Each must
// fare as respond() decides on plain bytes, and no buffer may be lost.
#include "chain.h"
#include "fuzz_frame.h"
#include "poll.h"
#include "virtual_port.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BURST = 40, FRAME_MAX = 1600 };
enum shape { WHOLE, CHAIN, LYING_CHAIN, STRIPPED, SHAPES };

static struct {
	uint64_t verdicts[VERDICT_COUNT];
	uint8_t replies[BURST][FRAME_MAX];
	uint16_t count;
} expected;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	promise(start_eal());
	open_port("net_ring", MODE_RESPOND);
	// As fuzz_respond.c and the seeds have it.
	memcpy(core.pollers[0].responder.mac, (uint8_t[6]){0x02, 0, 0, 0, 0, 0x0a}, 6);
	core.pollers[0].responder.gateway = 0x0a000101;
	memcpy(core.pollers[0].responder.ipv6, (uint8_t[16]){0x20, 1, 0x0d, 0xb8, [15] = 0x17}, 16);
	return 0;
}

static struct rte_mbuf *buffer_with(const uint8_t *bytes, size_t size)
{
	uint8_t *at;
	struct rte_mbuf *mbuf = port_mbuf_new(&core.port, (uint32_t)size, &at);

	promise(mbuf != NULL);
	memcpy(at, bytes, size);
	return mbuf;
}

// In buffers of so many bytes, the last one with what is left.
static struct rte_mbuf *chain_with(const uint8_t *bytes, size_t size, size_t part)
{
	struct rte_mbuf *head = buffer_with(bytes, RTE_MIN(part, size));

	for (size_t at = part; at < size; at += part)
		promise(rte_pktmbuf_chain(
				head, buffer_with(bytes + at, RTE_MIN(part, size - at))) == 0);
	return head;
}

static void expect_answer(const uint8_t *data, size_t size)
{
	uint8_t *frame = malloc(size == 0 ? 1 : size);
	enum verdict verdict;

	memcpy(frame, data, size);
	verdict = respond(&core.pollers[0].responder, frame, (uint32_t)size);
	expected.verdicts[verdict]++;
	if (verdict_is_reply(verdict))
		memcpy(expected.replies[expected.count++], frame, size);
	free(frame);
}

// The next of the burst, in a shape that differs from input to input.
static struct rte_mbuf *shaped(const uint8_t *data, size_t size, uint32_t number)
{
	// Not so small that one frame takes more buffers than a chain may have.
	size_t part = 8 + number % 97;
	struct rte_mbuf *mbuf;

	switch (size <= part ? number % 2 * STRIPPED : number % SHAPES) {
	case CHAIN:
		expect_answer(data, size);
		return chain_with(data, size, part);
	case LYING_CHAIN:
		mbuf = chain_with(data, size, part);
		mbuf->pkt_len++;
		expected.verdicts[VERDICT_DROP_MULTI_SEGMENT]++;
		return mbuf;
	case STRIPPED:
		mbuf = buffer_with(data, size);
		mbuf->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		expected.verdicts[VERDICT_DROP_VLAN]++;
		return mbuf;
	default:
		expect_answer(data, size);
		return buffer_with(data, size);
	}
}

static void check_replies(size_t size)
{
	struct rte_mbuf *mbufs[64];
	uint16_t count = receive(mbufs);
	uint8_t frame[FRAME_MAX];

	promise(count == expected.count);
	for (uint16_t i = 0; i < count; i++) {
		promise(mbufs[i]->pkt_len == size && chain_is_sound(mbufs[i]));
		chain_read(mbufs[i], frame, (uint32_t)size);
		promise(memcmp(frame, expected.replies[i], size) == 0);
	}
	rte_pktmbuf_free_bulk(mbufs, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct counters before = counters_copy(&core.pollers[0].counters);
	struct counters after;
	struct rte_mbuf *mbufs[BURST];
	uint32_t seed = (uint32_t)size;
	uint16_t count;

	if (size > FRAME_MAX)
		return -1;
	for (size_t i = 0; i < size; i++)
		seed = seed * 31 + data[i];
	count = (uint16_t)(1 + seed % BURST);
	memset(&expected, 0, sizeof(expected));
	for (uint16_t i = 0; i < count; i++)
		mbufs[i] = shaped(data, size, seed / BURST + i);
	poller_respond(&core.pollers[0], core.port.id, mbufs, count);
	after = counters_copy(&core.pollers[0].counters);
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
		promise(after.verdicts[verdict] - before.verdicts[verdict] ==
			expected.verdicts[verdict]);
	check_replies(size);
	promise(port_mbufs_used(&core.port) == 0);
	return 0;
}
