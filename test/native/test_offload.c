// Answers whose checksums a device computes. The device is played here, in both ways that exist: it
// sums up to the end of the packet, or of the frame.
#include <rte_ip.h>

#include "bytes.h"
#include "checksum.h"
#include "virtual_port.h"

enum { IP = 14, UDP = IP + 20, PAYLOAD = UDP + 8, FRAME_MAX = 200 };

static void store_sum(uint8_t *at, uint64_t sum, const uint8_t *bytes, uint32_t size)
{
	uint16_t value;

	memset(at, 0, 2);
	value = (uint16_t)~checksum_fold(checksum_add_bytes(sum, bytes, size));
	memcpy(at, &value, sizeof(value));
}

// Pseudo header and datagram.
static uint64_t sum_datagram(const uint8_t *frame)
{
	uint16_t length = bytes_load16(frame + UDP + 4);
	uint64_t sum = checksum_add_bytes(
		0x1100u + (uint64_t)__builtin_bswap16(length), frame + IP + 12, 8);

	return checksum_add_bytes(sum, frame + UDP, length);
}

// An echo request of a datagram, in a packet, in a frame of so many bytes, none of them zero.
static void write_question(uint8_t *frame, uint32_t length, uint32_t total, uint32_t size)
{
	uint16_t sum;

	memset(frame, 0x5a, size);
	memcpy(frame, core.port.mac, 6);
	memcpy(frame + 6, peer_mac, 6);
	bytes_store16(frame + 12, 0x0800);
	bytes_store32(frame + IP, 0x45000000 | total);
	bytes_store32(frame + IP + 4, 0);
	bytes_store16(frame + IP + 8, 64 << 8 | 17);
	bytes_store32(frame + IP + 12, 0x0a000163);
	bytes_store32(frame + IP + 16, core.config.ipv4);
	store_sum(frame + IP + 10, 0, frame + IP, 20);
	bytes_store32(frame + UDP, 40000u << 16 | 7);
	bytes_store32(frame + UDP + 4, length << 16);
	sum = (uint16_t)~checksum_fold(sum_datagram(frame));
	memcpy(frame + UDP + 6, &sum, sizeof(sum));
}

// What the device makes of a frame that it sums up to an end.
static void play_device(const struct rte_mbuf *mbuf, uint8_t *frame, uint32_t end)
{
	const uint8_t *first = rte_pktmbuf_mtod(mbuf, const uint8_t *);

	memcpy(frame, first, mbuf->data_len);
	if ((mbuf->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0)
		store_sum(frame + mbuf->l2_len + 10, 0, frame + mbuf->l2_len, mbuf->l3_len);
	if ((mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM) {
		uint32_t start = (uint32_t)mbuf->l2_len + mbuf->l3_len;
		uint64_t pseudo = bytes_load_raw16(frame + start + 6);

		store_sum(frame + start + 6, pseudo, frame + start, end - start);
	}
}

// Asks, and checks what would be on the wire. Whether UDP's checksum was left to the device.
static bool answer_is_offloaded(uint32_t length, uint32_t total, uint32_t size)
{
	uint8_t wire[FRAME_MAX];
	uint8_t *frame;
	struct rte_mbuf *mbufs[64];
	struct rte_mbuf *mbuf = port_mbuf_new(&core.port, size, &frame);
	bool offloaded;

	write_question(frame, length, total, size);
	CHECK_EQUAL(port_send(&core.port, mbuf), 0);
	poller_respond_once(&core.pollers[0]);
	CHECK_EQUAL(receive(mbufs), 1);
	CHECK((mbufs[0]->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0);
	CHECK_EQUAL(mbufs[0]->l2_len, IP);
	CHECK_EQUAL(mbufs[0]->l3_len, UDP - IP);
	for (int whole = 0; whole < 2; whole++) {
		play_device(mbufs[0], wire, whole ? size : IP + total);
		CHECK_EQUAL(checksum_fold(checksum_add_bytes(0, wire + IP, 20)), 0xffff);
		CHECK_EQUAL(checksum_fold(sum_datagram(wire)), 0xffff);
	}
	offloaded = (mbufs[0]->ol_flags & RTE_MBUF_F_TX_UDP_CKSUM) != 0;
	rte_pktmbuf_free(mbufs[0]);
	return offloaded;
}

static void what_fills_its_frame_is_left_to_the_device(void)
{
	open_port("net_ring", MODE_RESPOND);
	core.pollers[0].tx_checksum = true;
	for (uint32_t payload = 0; payload < 100; payload++)
		CHECK(answer_is_offloaded(8 + payload, 28 + payload, PAYLOAD + payload));
	CHECK_EQUAL(verdict_count(VERDICT_UDP_REPLY), 100);
	close_port();
}

static void what_does_not_keeps_its_checksum(void)
{
	open_port("net_ring", MODE_RESPOND);
	core.pollers[0].tx_checksum = true;
	// A datagram shorter than its packet, a packet shorter than its frame, and both.
	CHECK(!answer_is_offloaded(20, 60, IP + 60));
	CHECK(!answer_is_offloaded(20, 40, 60));
	CHECK(!answer_is_offloaded(20, 41, 60));
	CHECK_EQUAL(verdict_count(VERDICT_UDP_REPLY), 3);
	close_port();
}

static const struct check_case cases[] = {
	{"what fills its frame is left to the device", what_fills_its_frame_is_left_to_the_device},
	{"what does not keeps its checksum", what_does_not_keeps_its_checksum},
};

int main(void)
{
	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
