// poll.c on DPDK's virtual devices. net_ring gives back what is sent to it: a test
// puts frames before the poller and takes what it made of them out of the same ring.
#include <unistd.h>

#include <rte_ring.h>

#include "bytes.h"
#include "checksum.h"
#include "virtual_port.h"

// An ICMP echo request of 60 bytes for us.
static void write_echo(uint8_t *frame)
{
	uint16_t sum;

	memset(frame, 0, 60);
	memcpy(frame, core.port.mac, 6);
	memcpy(frame + 6, peer_mac, 6);
	bytes_store16(frame + 12, 0x0800);
	frame[14] = 0x45;
	bytes_store16(frame + 16, 46);
	frame[22] = 64;
	frame[23] = 1;
	bytes_store32(frame + 26, 0x0a000163);
	bytes_store32(frame + 30, core.config.ipv4);
	sum = (uint16_t)~checksum_fold(checksum_add_bytes(0, frame + 14, 20));
	memcpy(frame + 24, &sum, sizeof(sum));
	frame[34] = 8;
	frame[59] = 77;
	sum = (uint16_t)~checksum_fold(checksum_add_bytes(0, frame + 34, 26));
	memcpy(frame + 36, &sum, sizeof(sum));
}

static struct rte_mbuf *echo_mbuf(void)
{
	uint8_t *frame;
	struct rte_mbuf *mbuf = port_mbuf_new(&core.port, 60, &frame);

	write_echo(frame);
	return mbuf;
}

static void inject(struct rte_mbuf *mbuf)
{
	CHECK_EQUAL(port_send(&core.port, mbuf), 0);
}

static void free_received(void)
{
	struct rte_mbuf *mbufs[64];

	for (uint16_t count = receive(mbufs); count > 0; count = receive(mbufs))
		rte_pktmbuf_free_bulk(mbufs, count);
}

static void respond_answers_in_the_same_buffer(void)
{
	struct rte_mbuf *asked;
	struct rte_mbuf *mbufs[64];

	open_port("net_ring", MODE_RESPOND);
	asked = echo_mbuf();
	inject(asked);
	poller_respond_once(&core.pollers[0]);
	CHECK_EQUAL(receive(mbufs), 1);
	CHECK(mbufs[0] == asked);
	CHECK_EQUAL(rte_pktmbuf_mtod(asked, uint8_t *)[34], 0);
	CHECK_EQUAL(rte_pktmbuf_mtod(asked, uint8_t *)[59], 77);
	CHECK_EQUAL(verdict_count(VERDICT_ICMP_REPLY), 1);
	CHECK_EQUAL(core.pollers[0].counters.rx_packets, 1);
	CHECK_EQUAL(core.pollers[0].counters.rx_bytes, 60);
	CHECK_EQUAL(core.pollers[0].counters.tx_packets, 1);
	CHECK_EQUAL(core.pollers[0].counters.tx_bytes, 60);
	port_mbuf_free(asked);
	close_port();
}

static void what_is_dropped_goes_home(void)
{
	uint8_t *frame;
	struct rte_mbuf *mbuf;

	open_port("net_ring", MODE_RESPOND);
	mbuf = echo_mbuf();
	mbuf->next = echo_mbuf();
	mbuf->nb_segs = 2;
	mbuf->pkt_len = 121; // one more than there are
	inject(mbuf);
	mbuf = echo_mbuf();
	mbuf->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	inject(mbuf);
	inject(port_mbuf_new(&core.port, 0, &frame));
	mbuf = port_mbuf_new(&core.port, 60, &frame);
	memset(frame, 0, 60);
	inject(mbuf);
	poller_respond_once(&core.pollers[0]);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_MULTI_SEGMENT), 1);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_VLAN), 1);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_SHORT), 1);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_ETHERTYPE), 1);
	CHECK_EQUAL(counters_dropped(&core.pollers[0].counters), 4);
	CHECK_EQUAL(core.pollers[0].counters.rx_bytes, 241);
	CHECK_EQUAL(core.pollers[0].counters.tx_packets, 0);
	close_port();
}

// Between receive and transmit the ring is filled, so that nothing of the burst finds room.
static uint16_t fill_ring(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count,
	uint16_t max, void *argument)
{
	struct rte_ring *ring = argument;

	(void)port, (void)queue, (void)mbufs, (void)max;
	while (count > 0 && rte_ring_free_count(ring) > 3)
		rte_ring_enqueue(ring, echo_mbuf());
	return count;
}

static void back_pressure_drops_and_counts(void)
{
	const struct rte_eth_rxtx_callback *callback;
	struct rte_ring *ring;
	char name[48];

	open_port("net_ring", MODE_RESPOND);
	snprintf(name, sizeof(name), "ETH_RXTX0_%s", device_name);
	ring = rte_ring_lookup(name);
	CHECK(ring != NULL);
	for (int i = 0; i < 32; i++)
		inject(echo_mbuf());
	callback = rte_eth_add_rx_callback(core.port.id, 0, fill_ring, ring);
	CHECK(callback != NULL);
	poller_respond_once(&core.pollers[0]);
	CHECK_EQUAL(core.pollers[0].counters.rx_packets, 32);
	CHECK_EQUAL(verdict_count(VERDICT_ICMP_REPLY), 32);
	CHECK_EQUAL(core.pollers[0].counters.tx_packets, 3);
	CHECK_EQUAL(core.pollers[0].counters.tx_bytes, 180);
	CHECK_EQUAL(core.pollers[0].counters.tx_dropped, 29);
	rte_eth_remove_rx_callback(core.port.id, 0, callback);
	free_received();
	close_port();
}

static void an_empty_pool_stops_nothing(void)
{
	struct rte_mbuf *held[2048];
	uint32_t count = 0;
	uint8_t *bytes;

	open_port("net_null", MODE_SINK);
	while (count < 2048 && (held[count] = port_mbuf_new(&core.port, 60, &bytes)) != NULL)
		count++;
	CHECK_EQUAL(count, port_mbufs_total(&core.port));
	poller_respond_once(&core.pollers[0]);
	CHECK_EQUAL(core.pollers[0].counters.rx_packets, 0);
	CHECK_EQUAL(core.pollers[0].counters.polls_empty, 1);
	rte_pktmbuf_free_bulk(held, count);
	poller_respond_once(&core.pollers[0]);
	CHECK_EQUAL(core.pollers[0].counters.rx_packets, 32);
	close_port();
}

// Polls on the worker lcore until so many packets more have come.
static void poll_packets(uint64_t packets)
{
	uint64_t goal = core.pollers[0].counters.rx_packets + packets;

	start_polling();
	for (int i = 0; i < 10000 && counter_read(&core.pollers[0].counters.rx_packets) < goal; i++)
		usleep(1000);
	pollers_stop(core.pollers, core.config.queues);
	pollers_stop(core.pollers, core.config.queues);
}

static void sink_takes_everything(void)
{
	open_port("net_null", MODE_SINK);
	poll_packets(100000);
	CHECK(core.pollers[0].counters.rx_packets >= 100000);
	CHECK_EQUAL(core.pollers[0].counters.rx_bytes, core.pollers[0].counters.rx_packets * 64);
	CHECK_EQUAL(core.pollers[0].counters.tx_packets, 0);
	CHECK_EQUAL(counters_dropped(&core.pollers[0].counters), 0);
	close_port();
}

static void every_burst_size_works(void)
{
	open_port("net_null", MODE_REFLECT);
	for (uint16_t burst = 32; burst <= 512; burst += 96) {
		core.pollers[0].burst = burst;
		poll_packets(10000);
	}
	CHECK_EQUAL(core.pollers[0].counters.tx_packets, core.pollers[0].counters.rx_packets);
	close_port();
}

static void reflect_swaps_and_refuses(void)
{
	static const uint8_t rows[][14] = {
		{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0},
		{1, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 1, 8, 0}, // to a group
		{2, 0, 0, 0, 0, 9, 3, 0, 0, 0, 0, 1, 8, 0},    // from a group
	};
	struct rte_mbuf *mbufs[64];
	uint8_t *frame;
	uint64_t sent;

	open_port("net_ring", MODE_REFLECT);
	for (size_t i = 0; i < 3; i++) {
		struct rte_mbuf *mbuf = port_mbuf_new(&core.port, 14, &frame);

		memcpy(frame, rows[i], 14);
		inject(mbuf);
	}
	inject(port_mbuf_new(&core.port, 13, &frame));
	poll_packets(1000);
	sent = core.pollers[0].counters.tx_packets;
	CHECK(sent > 1);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_NOT_OURS), 1);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_BAD_SOURCE), 1);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_SHORT), 1);
	CHECK_EQUAL(receive(mbufs), 1);
	frame = rte_pktmbuf_mtod(mbufs[0], uint8_t *);
	CHECK(memcmp(frame, rows[0] + (sent % 2 == 0 ? 0 : 6), 6) == 0);
	CHECK(memcmp(frame + 6, rows[0] + (sent % 2 == 0 ? 6 : 0), 6) == 0);
	port_mbuf_free(mbufs[0]);
	close_port();
}

static const struct check_case cases[] = {
	{"respond answers in the same buffer", respond_answers_in_the_same_buffer},
	{"what is dropped goes home", what_is_dropped_goes_home},
	{"back-pressure drops and counts", back_pressure_drops_and_counts},
	{"an empty pool stops nothing", an_empty_pool_stops_nothing},
	{"sink takes everything", sink_takes_everything},
	{"every burst size works", every_burst_size_works},
	{"reflect swaps and refuses", reflect_swaps_and_refuses},
};

int main(void)
{
	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
