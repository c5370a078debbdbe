// mode_generate.c on DPDK's virtual devices. net_ring gives back what is sent to it, and a callback
// between the ring and the poller takes packets away.
#include "bytes.h"
#include "generating_port.h"

static void all_come_back(void)
{
	open_generator(RATE_UNLIMITED);
	generate(200000, &none);
	CHECK(measurement.sent >= 200000);
	CHECK_EQUAL(measurement.received, measurement.sent);
	CHECK_EQUAL(measurement.reordered, 0);
	CHECK_EQUAL(measurement.duplicates, 0);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), measurement.sent);
	CHECK_EQUAL(core.pollers[0].counters.tx_packets, measurement.sent);
	CHECK_EQUAL(core.pollers[0].counters.tx_bytes, measurement.sent * 60);
	CHECK_EQUAL(core.pollers[0].counters.rx_bytes, measurement.sent * 60);
	CHECK_EQUAL(core.pollers[0].counters.tx_dropped, 0);
	close_generator();
}

// Lets every tenth packet vanish.
static uint16_t lose_some(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count,
	uint16_t max, void *argument)
{
	uint64_t *lost = argument;
	uint16_t kept = 0;

	(void)port, (void)queue, (void)max;
	for (uint16_t i = 0; i < count; i++) {
		const uint8_t *stamp = rte_pktmbuf_mtod(mbufs[i], const uint8_t *) + PROFILE_STAMP;

		if (bytes_load32(stamp + 8) % 10 == 0) {
			rte_pktmbuf_free(mbufs[i]);
			counter_add(lost, 1);
		} else {
			mbufs[kept++] = mbufs[i];
		}
	}
	return kept;
}

static void what_vanishes_is_missing(void)
{
	const struct rte_eth_rxtx_callback *callback;
	uint64_t lost = 0;

	open_generator(RATE_UNLIMITED);
	callback = rte_eth_add_rx_callback(core.port.id, 0, lose_some, &lost);
	generate(100000, &lost);
	rte_eth_remove_rx_callback(core.port.id, 0, callback);
	CHECK(lost > 9000);
	CHECK_EQUAL(measurement.sent - measurement.received, lost);
	close_generator();
}

// A device whose ring has room for half of what it is given.
static uint16_t take_half(
	uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, void *argument)
{
	(void)port, (void)queue, (void)mbufs, (void)argument;
	return (uint16_t)((count + 1) / 2);
}

// The rest leaves later, and nothing is lost for it.
static void back_pressure_loses_nothing(void)
{
	const struct rte_eth_rxtx_callback *callback;

	open_generator(2000000);
	core.traffic.train = TRAIN_MAX;
	core.pollers[0].burst = TRAIN_MAX;
	callback = rte_eth_add_tx_callback(core.port.id, 0, take_half, NULL);
	generate(100000, &none);
	rte_eth_remove_tx_callback(core.port.id, 0, callback);
	CHECK(measurement.stalled > 0);
	CHECK_EQUAL(measurement.received, measurement.sent);
	CHECK_EQUAL(measurement.reordered, 0);
	CHECK_EQUAL(core.pollers[0].counters.tx_dropped, 0);
	close_generator();
}

static void an_empty_pool_stops_nothing(void)
{
	const uint64_t *stalled = &core.generators[0].tally.stalled;
	struct rte_mbuf *held[4096];
	uint32_t count = 0;
	uint8_t *bytes;

	open_generator(100000);
	while (count < 4096 && (held[count] = port_mbuf_new(&core.port, 60, &bytes)) != NULL)
		count++;
	start_polling();
	for (int i = 0; i < 10000 && counter_read(stalled) == 0; i++)
		usleep(1000);
	CHECK(counter_read(stalled) > 0);
	CHECK_EQUAL(sent(), 0);
	rte_pktmbuf_free_bulk(held, count);
	for (int i = 0; i < 10000 && sent() < 1000; i++)
		usleep(1000);
	pollers_stop(core.pollers, core.config.queues);
	CHECK(sent() >= 1000);
	close_generator();
}

// A frame of 9 KB in buffers of 2 KB.
static void large_frames_are_chained(void)
{
	struct rte_mempool *small = rte_pktmbuf_pool_create(
		"small", 4095, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
	struct rte_mbuf *mbufs[64];

	open_generator(1);
	traffic_done(&core.traffic);
	core.config.mtu = 9001;
	core.config.generate.frame_size = FRAME_SIZE_MAX;
	CHECK_EQUAL(traffic_init(&core.traffic, &core.config, core.port.mac, cycles_per_s,
			    &(struct fault){0}),
		0);
	core.pollers[0].pool = small;
	start_polling();
	for (int i = 0; i < 10000 && counter_read(&core.pollers[0].counters.rx_packets) == 0; i++)
		usleep(1000);
	pollers_stop(core.pollers, core.config.queues);
	measurement_read(&measurement, core.generators, 1);
	CHECK(measurement.received > 0);
	CHECK_EQUAL(core.pollers[0].counters.rx_bytes % (FRAME_SIZE_MAX - 4), 0);
	for (uint16_t count = receive(mbufs); count > 0; count = receive(mbufs))
		rte_pktmbuf_free_bulk(mbufs, count);
	CHECK_EQUAL(rte_mempool_in_use_count(small), 0);
	core.pollers[0].pool = core.port.pool;
	close_generator();
	rte_mempool_free(small);
}

static const struct check_case cases[] = {
	{"all come back", all_come_back},
	{"what vanishes is missing", what_vanishes_is_missing},
	{"back-pressure loses nothing", back_pressure_loses_nothing},
	{"an empty pool stops nothing", an_empty_pool_stops_nothing},
	{"large frames are chained", large_frames_are_chained},
};

int main(void)
{
	return start_generating() ? CHECK_RUN(cases) : 2;
}
