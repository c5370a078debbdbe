// held.c: what becomes of answers when the transmit ring is full. A callback before the device lets
// so many packets pass as the test allows, as a ring does whose other end takes so many.
#include <unistd.h>

#include "held.h"
#include "virtual_port.h"

static atomic_uint room;
static const struct rte_eth_rxtx_callback *gate;

static uint16_t let_pass(
	uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, void *argument)
{
	unsigned int free = atomic_load(&room);
	uint16_t passing = (uint16_t)RTE_MIN(count, free);

	(void)port, (void)queue, (void)mbufs, (void)argument;
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

static void respond_holds_as_well(void)
{
	const struct counters *counters = &core.pollers[0].counters;
	struct responder asker = {.ipv4 = 0x0a000163, .gateway = 0x0a000117};

	open_gated("net_ring", MODE_RESPOND, 32);
	memcpy(asker.mac, peer_mac, sizeof(asker.mac));
	for (int i = 0; i < 32; i++) {
		uint8_t *frame;
		struct rte_mbuf *mbuf = port_mbuf_new(&core.port, ARP_REQUEST_SIZE, &frame);

		respond_ask_gateway(&asker, frame);
		CHECK_EQUAL(port_send(&core.port, mbuf), 0);
	}
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

// Waits once, then drops and counts at once until something leaves again.
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
	CHECK(reaches(&counters->tx_held, 54));
	CHECK(reaches(&counters->tx_dropped, 20000));
	pollers_stop(core.pollers, 1);
	CHECK_EQUAL(counters->tx_held, 54);
	CHECK_EQUAL(counters->rx_packets, 10 + counters->tx_dropped);
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
	{"a dead ring does not stop receiving", a_dead_ring_does_not_stop_receiving},
	{"a stop does not wait", a_stop_does_not_wait},
};

int main(void)
{
	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
