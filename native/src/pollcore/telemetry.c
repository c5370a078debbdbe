// Answers are built in DPDK's telemetry thread; they read the core and never stop the poller. See
// telemetry.h.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_telemetry.h>
#include <rte_version.h>

#include "telemetry.h"

// DPDK 23.03 renamed the 64-bit call, and 24.11 warns of the old name.
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#else
#define add_number rte_tel_data_add_dict_u64
#endif
#define add_text rte_tel_data_add_dict_string

// The commands carry no argument of ours, so the core they speak of is here. NULL: none, or no
// longer.
static struct core *shown;
static pthread_mutex_t shown_lock = PTHREAD_MUTEX_INITIALIZER;

static void answer_status(const struct core *core, struct rte_tel_data *data)
{
	static const char *const states[] = {"starting", "running", "resetting", "stopping"};
	static const char *const self_tests[] = {"running", "passed", "failed"};
	static const char *const gateways[] = {"not asked", "silent", "answered"};
	const struct port *port = &core->port;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	char ipv4[16] = "";

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", port->mac[0], port->mac[1],
		port->mac[2], port->mac[3], port->mac[4], port->mac[5]);
	if (core->config.ipv4 != 0)
		ipv4_format(core->config.ipv4, ipv4);
	add_text(data, "version", POLLCORE_VERSION);
	add_text(data, "dpdk", rte_version() + strlen("DPDK "));
	add_text(data, "state", states[atomic_load(&core->state)]);
	add_text(data, "self_test", self_tests[atomic_load(&core->self_test)]);
	add_text(data, "gateway_arp", gateways[atomic_load(&core->gateway_arp)]);
	add_text(data, "mode", mode_name(core->config.mode));
	add_number(data, "port", port->id);
	add_text(data, "device", port->device);
	add_text(data, "driver", port->driver);
	add_text(data, "mac", mac);
	add_text(data, "ipv4", ipv4);
	add_text(data, "link", atomic_load(&port->link_up) ? "up" : "down");
	add_number(data, "link_mbps", atomic_load(&port->link_mbps));
	add_number(data, "burst", core->config.burst);
	add_number(data, "uptime_s", (core_now_ns() - core->start_ns) / 1000000000);
	add_number(data, "resets", atomic_load(&port->resets));
	add_number(data, "pid", (uint64_t)getpid());
}

static void answer_stats(const struct core *core, struct rte_tel_data *data)
{
	struct counters counters = counters_copy(&core->poller.counters);
	uint32_t total = port_mbufs_total(&core->port);
	struct rte_eth_stats device;

	memset(&device, 0, sizeof(device));
	rte_eth_stats_get(core->port.id, &device);
	add_number(data, "rx_packets", counters.rx_packets);
	add_number(data, "rx_bytes", counters.rx_bytes);
	add_number(data, "tx_packets", counters.tx_packets);
	add_number(data, "tx_bytes", counters.tx_bytes);
	add_number(data, "tx_dropped", counters.tx_dropped);
	add_number(data, "rx_dropped", counters_dropped(&counters));
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
		add_number(data, verdict_name(verdict), counters.verdicts[verdict]);
	add_number(data, "polls", counters.polls);
	add_number(data, "polls_empty", counters.polls_empty);
	add_number(data, "rx_missed", device.imissed);
	add_number(data, "rx_nombuf", device.rx_nombuf);
	add_number(data, "mbufs_free", total - port_mbufs_used(&core->port));
	add_number(data, "mbufs_total", total);
}

// The device's own statistics, as many as an answer holds.
static void answer_xstats(const struct core *core, struct rte_tel_data *data)
{
	uint16_t port = core->port.id;
	int count = rte_eth_xstats_get(port, NULL, 0);
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;

	if (count <= 0)
		return;
	names = calloc((size_t)count, sizeof(*names));
	values = calloc((size_t)count, sizeof(*values));
	if (names != NULL && values != NULL &&
		rte_eth_xstats_get_names(port, names, (unsigned int)count) == count &&
		rte_eth_xstats_get(port, values, (unsigned int)count) == count) {
		for (int i = 0; i < count && i < RTE_TEL_MAX_DICT_ENTRIES; i++)
			add_number(data, names[i].name, values[i].value);
	}
	free(names);
	free(values);
}

// What every command does alike: refuse parameters, and read a core that is still there.
static int answer(const char *command, const char *params, struct rte_tel_data *data,
	void (*fill)(const struct core *, struct rte_tel_data *))
{
	char text[RTE_TEL_MAX_STRING_LEN];

	rte_tel_data_start_dict(data);
	if (params != NULL && params[0] != '\0') {
		snprintf(text, sizeof(text), "%s: '%.32s'; it takes no parameter", command, params);
		return add_text(data, "error", text);
	}
	pthread_mutex_lock(&shown_lock);
	if (shown == NULL) {
		add_text(data, "error", "pollcore: stopping; ask again when it runs");
	} else {
		pthread_mutex_lock(&shown->device_lock);
		fill(shown, data);
		pthread_mutex_unlock(&shown->device_lock);
	}
	pthread_mutex_unlock(&shown_lock);
	return 0;
}

static int on_status(const char *command, const char *params, struct rte_tel_data *data)
{
	return answer(command, params, data, answer_status);
}

static int on_stats(const char *command, const char *params, struct rte_tel_data *data)
{
	return answer(command, params, data, answer_stats);
}

static int on_xstats(const char *command, const char *params, struct rte_tel_data *data)
{
	return answer(command, params, data, answer_xstats);
}

int telemetry_init(struct core *core)
{
	int ret;

	pthread_mutex_lock(&shown_lock);
	shown = core;
	pthread_mutex_unlock(&shown_lock);
	ret = rte_telemetry_register_cmd(
		"/pollcore/status", on_status, "State of the core and its port. No parameter.");
	if (ret == 0)
		ret = rte_telemetry_register_cmd("/pollcore/stats", on_stats,
			"Packets received, sent, answered and dropped by reason. No parameter.");
	if (ret == 0)
		ret = rte_telemetry_register_cmd("/pollcore/xstats", on_xstats,
			"The device's extended statistics. No parameter.");
	return ret;
}

void telemetry_done(void)
{
	pthread_mutex_lock(&shown_lock);
	shown = NULL;
	pthread_mutex_unlock(&shown_lock);
}
