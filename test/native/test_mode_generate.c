// mode_generate.c on DPDK's virtual devices: real buffers, real cycles. net_ring gives back what is
// sent to it, and a callback between the ring and the poller holds packets and counts on its own.
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ring.h>

#include "bytes.h"
#include "cycles.h"
#include "measurement.h"
#include "virtual_port.h"

enum { STAMP_TIME = PROFILE_STAMP + 12, COUNT_MAX = 1 << 15 };

static struct measurement measurement;
static uint64_t cycles_per_s;
static const uint64_t none;

static void open_generator(uint32_t rate)
{
	struct fault fault = {.text = ""};

	core.config = test_config(MODE_GENERATE);
	core.config.generate = (struct generate_config){.rate = rate,
		.peer_mac = {2, 0, 0, 0, 0, 1},
		.frame_size = 64,
		.flows = 4,
		.train = 1};
	CHECK(plug_in("net_ring", "", &fault));
	CHECK_EQUAL(
		traffic_init(&core.traffic, &core.config, core.port.mac, cycles_per_s, &fault), 0);
	CHECK_TEXT(fault.text, "");
	generators_init(core.generators, &core.traffic);
	core.pollers[0].generator = &core.generators[0];
}

static void close_generator(void)
{
	struct rte_mbuf *mbufs[64];

	for (uint16_t count = receive(mbufs); count > 0; count = receive(mbufs))
		rte_pktmbuf_free_bulk(mbufs, count);
	traffic_done(&core.traffic);
	close_port();
}

static uint64_t sent(void)
{
	return counter_read(&core.generators[0].tally.sent);
}

// Polls until so many packets have left; then pauses until all but those lost are back.
static void generate(uint64_t packets, const uint64_t *lost)
{
	const uint64_t *back = &core.generators[0].tally.sequences[0].received;

	start_polling();
	for (int i = 0; i < 10000 && sent() < packets; i++)
		usleep(1000);
	traffic_set_rate(&core.traffic, 0);
	// The poller may still be in the burst that it began before, and have no processor for
	// long.
	for (int i = 0; i < 10000 && __atomic_load_n(&core.generators[0].order, __ATOMIC_ACQUIRE) !=
					     atomic_load(&core.traffic.order);
		i++)
		usleep(1000);
	for (int i = 0; i < 5000 && counter_read(back) + counter_read(lost) < sent(); i++)
		usleep(1000);
	pollers_stop(core.pollers, core.config.queues);
	measurement_read(&measurement, core.generators, 1);
}

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

// Holds each packet for a time that its number decides, and notes how old it was when let go.
static struct {
	struct rte_mbuf *held[COUNT_MAX];
	uint16_t held_count;
	uint64_t ages[COUNT_MAX];
	uint32_t count;
} independent;

static uint64_t age_at(const struct rte_mbuf *mbuf, uint64_t now)
{
	const uint8_t *time = rte_pktmbuf_mtod(mbuf, const uint8_t *) + STAMP_TIME;
	uint64_t left = (uint64_t)bytes_load16(time) << 32 | bytes_load32(time + 2);

	return (now - left) & 0xffffffffffff;
}

static uint64_t hold_for(const struct rte_mbuf *mbuf)
{
	uint32_t number = bytes_load32(rte_pktmbuf_mtod(mbuf, const uint8_t *) + STAMP_TIME - 4);

	// 100 us to 1.6 ms.
	return cycles_per_s / 10000 * (1 + number * 7 % 16);
}

static uint16_t hold_and_count(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs,
	uint16_t count, uint16_t max, void *argument)
{
	uint64_t now = rte_rdtsc();
	uint16_t kept = 0;
	uint16_t ready = 0;

	(void)port, (void)queue, (void)argument;
	for (uint16_t i = 0; i < count && independent.held_count < COUNT_MAX; i++)
		independent.held[independent.held_count++] = mbufs[i];
	for (uint16_t i = 0; i < independent.held_count; i++) {
		struct rte_mbuf *mbuf = independent.held[i];

		if (ready < max && age_at(mbuf, now) >= hold_for(mbuf))
			mbufs[ready++] = mbuf;
		else
			independent.held[kept++] = mbuf;
	}
	independent.held_count = kept;
	// Last of all, since the poller reads its clock right after.
	now = rte_rdtsc();
	for (uint16_t i = 0; i < ready && independent.count < COUNT_MAX; i++)
		independent.ages[independent.count++] = age_at(mbufs[i], now);
	return ready;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void round_trips_agree_with_an_independent_count(void)
{
	const struct rte_eth_rxtx_callback *callback;
	struct histogram *round_trip = &measurement.round_trip;

	memset(&independent, 0, sizeof(independent));
	open_generator(10000);
	callback = rte_eth_add_rx_callback(core.port.id, 0, hold_and_count, NULL);
	CHECK(callback != NULL);
	generate(3000, &none);
	rte_eth_remove_rx_callback(core.port.id, 0, callback);
	CHECK_EQUAL(independent.count, measurement.sent);
	CHECK_EQUAL(measurement.received, measurement.sent);
	CHECK_EQUAL(histogram_count(round_trip), independent.count);
	// Held longer than those sent after them.
	CHECK(measurement.reordered > 100);
	qsort(independent.ages, independent.count, sizeof(independent.ages[0]), compare);
	for (uint32_t percent = 5; percent <= 95; percent += 5) {
		uint64_t exact = independent.ages[(independent.count * percent + 99) / 100 - 1];
		uint64_t got = histogram_quantile(round_trip, percent * 1000);

		CHECK(got >= exact);
		CHECK((got - exact) * 100 <= exact);
	}
	printf("# %u round trips, median %.1f us counted apart, %.1f us in the histogram\n",
		independent.count,
		(double)independent.ages[(independent.count + 1) / 2 - 1] * 1e6 /
			(double)cycles_per_s,
		(double)histogram_quantile(round_trip, 50000) * 1e6 / (double)cycles_per_s);
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

// The ring takes what fits; the rest leaves later, and nothing is lost for it.
static void back_pressure_loses_nothing(void)
{
	open_generator(2000000);
	// More than the ring's 1024 slots falls due at once.
	core.traffic.train = TRAIN_MAX;
	core.pollers[0].burst = TRAIN_MAX;
	generate(100000, &none);
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
	{"round trips agree with an independent count",
		round_trips_agree_with_an_independent_count},
	{"what vanishes is missing", what_vanishes_is_missing},
	{"back-pressure loses nothing", back_pressure_loses_nothing},
	{"an empty pool stops nothing", an_empty_pool_stops_nothing},
	{"large frames are chained", large_frames_are_chained},
};

int main(void)
{
	struct cycles_sample start = cycles_read();

	if (!start_eal())
		return 2;
	cycles_per_s = cycles_hz(&start);
	return CHECK_RUN(cases);
}
