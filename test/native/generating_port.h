// generate mode on net_ring for a test: real buffers, real cycles, and what is sent comes back.
#ifndef TEST_GENERATING_PORT_H
#define TEST_GENERATING_PORT_H

#include <unistd.h>

#include <rte_cycles.h>

#include "cycles.h"
#include "measurement.h"
#include "virtual_port.h"

static struct measurement measurement;
static uint64_t cycles_per_s;
static const uint64_t none;

// EAL, and how fast the cycle counter runs.
static inline bool start_generating(void)
{
	struct cycles_sample start = cycles_read();

	if (!start_eal())
		return false;
	cycles_per_s = cycles_hz(&start);
	return true;
}

static inline void open_generator(uint32_t rate)
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

static inline void close_generator(void)
{
	struct rte_mbuf *mbufs[64];

	for (uint16_t count = receive(mbufs); count > 0; count = receive(mbufs))
		rte_pktmbuf_free_bulk(mbufs, count);
	traffic_done(&core.traffic);
	close_port();
}

static inline uint64_t sent(void)
{
	return counter_read(&core.generators[0].tally.sent);
}

// Polls until so many packets have left; then pauses until all but those lost are back.
static inline void generate(uint64_t packets, const uint64_t *lost)
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

#endif
