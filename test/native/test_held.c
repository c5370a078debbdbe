// held.c: what becomes of answers when the transmit ring is full. A callback before the device lets
// so many packets pass as the test allows, as a ring does whose other end takes so many, and never
// one to a certain peer, as a driver does that refuses a packet for what it is.
#include <unistd.h>

#include "held.h"
#include "virtual_port.h"

enum { REFUSED_PEER = 0xee };

static atomic_uint room;
static const struct rte_eth_rxtx_callback *gate;

static bool is_refused(const struct rte_mbuf *mbuf)
{
	return rte_pktmbuf_mtod(mbuf, const uint8_t *)[5] == REFUSED_PEER;
}

static uint16_t let_pass(
	uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, void *argument)
{
	unsigned int free = atomic_load(&room);
	uint16_t passing = 0;

	(void)port, (void)queue, (void)argument;
	while (passing < count && passing < free && !is_refused(mbufs[passing]))
		passing++;
	atomic_fetch_sub(&room, passing);
	return passing;
}

static void open_gated(const char *driver, enum mode mode, unsigned int at_first)
{
	open_port(driver, mode);
	atomic_store(&room, at_first);
	gate = rte_eth_add_tx_callback(core.port.id, 0, let_pass, NULL);
	CHECK(gate != NULL);
	core.pollers[0].held.patience = UINT64_C(1) << 62;
	core.pollers[0].held.distrust = UINT64_C(1) << 62;
}

static void close_gated(void)
{
	pollers_stop(core.pollers, 1);
	rte_eth_remove_tx_callback(core.port.id, 0, gate);
	close_port();
}

static bool reaches(const uint64_t *counter, uint64_t value)
{
	for (int i = 0; i < 10000 && counter_read(counter) < value; i++)
		usleep(1000);
	return counter_read(counter) >= value;
}

// The device always has more to receive: what is received meanwhile would be lost.
static void a_full_ring_loses_nothing(void)
{
	const struct counters *counters = &core.pollers[0].counters;

	open_gated("net_null", MODE_REFLECT, 40);
	start_polling();
	CHECK(reaches(&counters->tx_held, 24));
	usleep(20000);
	CHECK_EQUAL(counter_read(&counters->rx_packets), 64);
	CHECK_EQUAL(counter_read(&counters->tx_packets), 40);
	CHECK_EQUAL(counter_read(&counters->tx_bytes), 40 * 64);
	atomic_fetch_add(&room, 1000);
	CHECK(reaches(&counters->tx_packets, 1040));
	pollers_stop(core.pollers, 1);
	// What was held at the stop is all that is given up.
	CHECK_EQUAL(counters->rx_packets, counters->tx_packets + counters->tx_dropped);
	CHECK_EQUAL(counters->tx_dropped, 32 - 1040 % 32);
	CHECK_EQUAL(counters->tx_bytes, counters->tx_packets * 64);
	close_gated();
}

static void ask(uint8_t peer)
{
	struct responder asker = {.ipv4 = 0x0a000163, .gateway = 0x0a000117};
	uint8_t *frame;
	struct rte_mbuf *mbuf = port_mbuf_new(&core.port, ARP_REQUEST_SIZE, &frame);

	memcpy(asker.mac, peer_mac, sizeof(asker.mac));
	asker.mac[5] = peer;
	respond_ask_gateway(&asker, frame);
	CHECK_EQUAL(port_send(&core.port, mbuf), 0);
}

static void respond_holds_as_well(void)
{
	const struct counters *counters = &core.pollers[0].counters;

	open_gated("net_ring", MODE_RESPOND, 32);
	for (int i = 0; i < 32; i++)
		ask(peer_mac[5]);
	atomic_store(&room, 3);
	start_polling();
	CHECK(reaches(&counters->tx_held, 29));
	atomic_store(&room, 1000);
	CHECK(reaches(&counters->tx_packets, 32));
	// Its own answers, which the ring brings back, ask for nothing.
	CHECK(reaches(&counters->rx_packets, 64));
	pollers_stop(core.pollers, 1);
	CHECK_EQUAL(verdict_count(VERDICT_ARP_REPLY), 32);
	CHECK_EQUAL(counters->tx_packets, 32);
	CHECK_EQUAL(counters->tx_dropped, 0);
	close_gated();
}

// The self-test's, and those of generate: nothing waits, so nothing has waited.
static void answers_beside_other_work_are_not_held(void)
{
	const struct counters *counters = &core.pollers[0].counters;

	open_gated("net_ring", MODE_RESPOND, 4);
	for (int i = 0; i < 4; i++)
		ask(peer_mac[5]);
	atomic_store(&room, 1);
	poller_respond_once(&core.pollers[0]);
	CHECK_EQUAL(verdict_count(VERDICT_ARP_REPLY), 4);
	CHECK_EQUAL(counters->tx_packets, 1);
	CHECK_EQUAL(counters->tx_dropped, 3);
	CHECK_EQUAL(counters->tx_held, 0);
	// Takes the answer that the ring brings back.
	poller_respond_once(&core.pollers[0]);
	close_gated();
}

// It is waited for once, with its burst; it alone is given up, then and later.
static void an_answer_that_is_refused_for_itself_stops_no_other(void)
{
	const struct counters *counters = &core.pollers[0].counters;

	open_gated("net_ring", MODE_RESPOND, 1000);
	core.pollers[0].held.patience = rte_get_tsc_hz() / 1000;
	for (int i = 0; i < 64; i++)
		ask(i % 4 == 0 ? REFUSED_PEER : peer_mac[5]);
	start_polling();
	CHECK(reaches(&counters->tx_dropped, 16));
	CHECK(reaches(&counters->tx_packets, 48));
	CHECK(reaches(&counters->rx_packets, 64 + 48));
	pollers_stop(core.pollers, 1);
	CHECK_EQUAL(verdict_count(VERDICT_ARP_REPLY), 64);
	CHECK_EQUAL(counters->tx_packets, 48);
	CHECK_EQUAL(counters->tx_dropped, 16);
	CHECK_EQUAL(counters->tx_held, 32);
	close_gated();
}

// Waits once, then drops and counts at once, for a while even if something leaves.
static void a_dead_ring_does_not_stop_receiving(void)
{
	const struct counters *counters = &core.pollers[0].counters;

	open_gated("net_null", MODE_REFLECT, 0);
	core.pollers[0].held.patience = rte_get_tsc_hz() / 1000;
	start_polling();
	CHECK(reaches(&counters->tx_dropped, 10000));
	CHECK_EQUAL(counter_read(&counters->tx_held), 32);
	CHECK_EQUAL(counter_read(&counters->tx_packets), 0);
	atomic_store(&room, 10);
	CHECK(reaches(&counters->tx_packets, 10));
	CHECK(reaches(&counters->tx_dropped, counter_read(&counters->tx_dropped) + 10000));
	pollers_stop(core.pollers, 1);
	CHECK_EQUAL(counters->tx_held, 32);
	CHECK_EQUAL(counters->tx_packets, 10);
	CHECK_EQUAL(counters->rx_packets, 10 + counters->tx_dropped);
	close_gated();
}

static void waits_again_after_a_while(void)
{
	const struct counters *counters = &core.pollers[0].counters;

	open_gated("net_null", MODE_REFLECT, 0);
	core.pollers[0].held.patience = rte_get_tsc_hz() / 1000;
	core.pollers[0].held.distrust = rte_get_tsc_hz() / 1000;
	start_polling();
	CHECK(reaches(&counters->tx_held, 3 * 32));
	pollers_stop(core.pollers, 1);
	CHECK_EQUAL(counters->tx_held % 32, 0);
	CHECK_EQUAL(counters->tx_packets, 0);
	CHECK_EQUAL(counters->rx_packets, counters->tx_dropped);
	close_gated();
}

static void a_stop_does_not_wait(void)
{
	const struct counters *counters = &core.pollers[0].counters;

	open_gated("net_null", MODE_REFLECT, 0);
	start_polling();
	CHECK(reaches(&counters->tx_held, 32));
	pollers_stop(core.pollers, 1);
	CHECK_EQUAL(counters->tx_dropped, 32);
	close_gated();
}

static const struct check_case cases[] = {
	{"a full ring loses nothing", a_full_ring_loses_nothing},
	{"respond holds as well", respond_holds_as_well},
	{"answers beside other work are not held", answers_beside_other_work_are_not_held},
	{"an answer that is refused for itself stops no other",
		an_answer_that_is_refused_for_itself_stops_no_other},
	{"a dead ring does not stop receiving", a_dead_ring_does_not_stop_receiving},
	{"waits again after a while", waits_again_after_a_while},
	{"a stop does not wait", a_stop_does_not_wait},
};

int main(void)
{
	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
