// A virtual device for one test: plugged in, opened as pollcore opens it, closed and pulled out
// again.
#ifndef TEST_VIRTUAL_PORT_H
#define TEST_VIRTUAL_PORT_H

#include <stdlib.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "check.h"
#include "core.h"

static const uint8_t peer_mac[6] = {0x02, 0, 0, 0, 0, 0x01};
static char device_name[32];
static struct core core = {
	.mode_wanted = -1,
	.device_lock = PTHREAD_MUTEX_INITIALIZER,
};

// Without hugepages and without a lock that another run could hold.
static inline bool start_eal(void)
{
	static char words[][24] = {"test", "-l", "0-1", "--no-huge", "-m", "64", "--no-pci",
		"--no-telemetry", "--no-shconf", "--log-level=error"};
	char *argv[sizeof(words) / sizeof(words[0]) + 1] = {NULL};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		argv[i] = words[i];
	return rte_eal_init(sizeof(words) / sizeof(words[0]), argv) >= 0;
}

static inline struct config test_config(enum mode mode)
{
	return (struct config){
		.mode = mode,
		.ipv4 = 0x0a000117,
		.self_test_timeout_s = 1,
		.burst = 32,
		.queues = 1,
		.rx_desc = 512,
		.tx_desc = 512,
		.mtu = 1500,
	};
}

// Opens a new device of the driver with core.config; false, with *fault set, when port_init()
// refuses. Each has a name of its own, since net_ring leaves its rings behind.
static inline bool plug_in(const char *driver, const char *arguments, struct fault *fault)
{
	static unsigned int count;

	snprintf(device_name, sizeof(device_name), "%s%u", driver, count++);
	CHECK_EQUAL(rte_eal_hotplug_add("vdev", device_name, arguments), 0);
	memset(&core.port, 0, sizeof(core.port));
	fault->text[0] = '\0';
	if (port_init(&core.port, &core.config, fault) < 0)
		return false;
	for (uint16_t i = 0; i < core.config.queues; i++)
		poller_init(&core.pollers[i], &core.config, &core.port, i, rte_get_tsc_hz());
	return true;
}

static inline void unplug(void)
{
	CHECK_EQUAL(rte_eal_hotplug_remove("vdev", device_name), 0);
}

static inline void open_port(const char *driver, enum mode mode)
{
	struct fault fault;

	core.config = test_config(mode);
	plug_in(driver, "", &fault);
	CHECK_TEXT(fault.text, "");
}

// Every buffer must be home by now.
static inline void close_port(void)
{
	CHECK_EQUAL(port_mbufs_used(&core.port), 0);
	port_done(&core.port);
	unplug();
}

static inline void start_polling(void)
{
	struct fault fault = {.text = ""};

	CHECK_EQUAL(pollers_start(core.pollers, core.config.queues, &fault), 0);
	CHECK_TEXT(fault.text, "");
}

// What waits to be received, as far as *mbufs has room for 64.
static inline uint16_t receive(struct rte_mbuf **mbufs)
{
	return rte_eth_rx_burst(core.port.id, 0, mbufs, 64);
}

static inline uint64_t verdict_count(enum verdict verdict)
{
	return counter_read(&core.pollers[0].counters.verdicts[verdict]);
}

#endif
