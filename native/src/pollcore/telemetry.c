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

#include "parse.h"
#include "stats.h"
#include "telemetry.h"

// DPDK 23.03 renamed the 64-bit call, and 24.11 warns of the old name.
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#define add_array_number rte_tel_data_add_array_uint
#define TEL_NUMBER_VALUE RTE_TEL_UINT_VAL
#else
#define add_number rte_tel_data_add_dict_u64
#define add_array_number rte_tel_data_add_array_u64
#define TEL_NUMBER_VALUE RTE_TEL_U64_VAL
#endif
#define add_text rte_tel_data_add_dict_string

// The commands carry no argument of ours, so the core they speak of is here. NULL: none, or no
// longer.
static struct core *shown;
static pthread_mutex_t shown_lock = PTHREAD_MUTEX_INITIALIZER;

// Too large for a thread's stack; guarded by shown_lock.
static struct measurement measurement;

// Buckets in an answer: so many fit into telemetry's 16 KB whatever the numbers.
enum { HISTOGRAM_PAGE = 300 };

static void add_error(
	struct rte_tel_data *data, const char *name, const char *params, const char *allowed)
{
	char text[RTE_TEL_MAX_STRING_LEN];

	snprintf(text, sizeof(text), "%s: '%.32s'; %s%s", name, params,
		allowed == NULL ? "it takes no parameter" : "give ",
		allowed == NULL ? "" : allowed);
	add_text(data, "error", text);
}

static void answer_status(struct core *core, const char *params, struct rte_tel_data *data)
{
	static const char *const states[] = {"starting", "running", "resetting", "stopping"};
	static const char *const self_tests[] = {"running", "passed", "failed"};
	static const char *const gateways[] = {"not asked", "silent", "answered"};
	const struct port *port = &core->port;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	char ipv4[16] = "";
	char alarms[RTE_TEL_MAX_STRING_LEN];

	(void)params;
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", port->mac[0], port->mac[1],
		port->mac[2], port->mac[3], port->mac[4], port->mac[5]);
	if (core->config.ipv4 != 0)
		ipv4_format(core->config.ipv4, ipv4);
	add_text(data, "version", POLLCORE_VERSION);
	add_text(data, "dpdk", rte_version() + strlen("DPDK "));
	add_text(data, "state", states[atomic_load(&core->state)]);
	add_text(data, "self_test", self_tests[atomic_load(&core->self_test)]);
	add_text(data, "gateway_arp", gateways[atomic_load(&core->gateway_arp)]);
	add_text(data, "mode", mode_name(core->pollers[0].mode));
	alarms_text(&core->alarms, core_now_ns(), alarms, sizeof(alarms));
	add_text(data, "alarms", alarms);
	add_number(data, "port", port->id);
	add_text(data, "device", port->device);
	add_text(data, "driver", port->driver);
	add_text(data, "mac", mac);
	add_text(data, "ipv4", ipv4);
	add_text(data, "link", core_port_down(core) == NULL ? "up" : "down");
	add_number(data, "link_mbps", atomic_load(&port->link_mbps));
	add_number(data, "burst", core->config.burst);
	add_number(data, "queues", core->config.queues);
	add_text(data, "tx_checksum", port->tx_checksum ? "hardware" : "software");
	add_text(data, "rx_checksum", port->rx_checksum ? "hardware" : "software");
	add_text(data, "scatter", port->scatter ? "on" : "off");
	add_number(data, "uptime_s", (core_now_ns() - core->start_ns) / 1000000000);
	add_number(data, "resets", core_resets(core));
	add_number(data, "pid", (uint64_t)getpid());
}

static void add_stats(struct rte_tel_data *data, const struct stat *stats, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		add_number(data, stats[i].name, stats[i].value);
}

static void answer_stats(struct core *core, const char *params, struct rte_tel_data *data)
{
	struct stat stats[STATS_MAX];

	(void)params;
	add_stats(data, stats, stats_read(core, stats));
}

// A row for each number, with a column for each queue.
static void answer_queues(struct core *core, const char *params, struct rte_tel_data *data)
{
	static struct stat stats[QUEUES_MAX][STATS_MAX]; // guarded by shown_lock
	uint32_t count = 0;

	(void)params;
	for (uint16_t i = 0; i < core->config.queues; i++)
		count = stats_read_queue(core, i, stats[i]);
	add_number(data, "queues", core->config.queues);
	for (uint32_t row = 0; row < count; row++) {
		struct rte_tel_data *values = rte_tel_data_alloc();

		if (values == NULL)
			return;
		rte_tel_data_start_array(values, TEL_NUMBER_VALUE);
		for (uint16_t i = 0; i < core->config.queues; i++)
			add_array_number(values, stats[i][row].value);
		rte_tel_data_add_dict_container(data, stats[0][row].name, values, 0);
	}
}

// The device's own statistics, as many as an answer holds.
static void answer_xstats(struct core *core, const char *params, struct rte_tel_data *data)
{
	uint16_t port = core->port.id;
	int count = rte_eth_xstats_get(port, NULL, 0);
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;

	(void)params;
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

static void answer_mode(struct core *core, const char *params, struct rte_tel_data *data)
{
	struct fault fault;
	enum mode mode;

	if (params == NULL) {
		add_text(data, "mode", mode_name(core->pollers[0].mode));
		return;
	}
	if (mode_parse(params, &mode) < 0) {
		add_error(data, "/pollcore/mode", params, MODE_NAMES);
	} else if (config_check_mode(&core->config, mode, &fault) < 0) {
		add_text(data, "error", fault.text);
	} else {
		atomic_store(&core->mode_wanted, (int)mode);
		add_text(data, "mode", mode_name(core->pollers[0].mode));
		add_text(data, "wanted", mode_name(mode));
	}
}

static void answer_rate(struct core *core, const char *params, struct rte_tel_data *data)
{
	uint32_t rate = traffic_rate(&core->traffic);

	if (params != NULL && parse_rate(params, &rate) < 0) {
		add_error(data, "/pollcore/rate", params, "a number from 0 to 1000000000, or max");
		return;
	}
	traffic_set_rate(&core->traffic, rate);
	if (rate == RATE_UNLIMITED)
		add_text(data, "rate", "max");
	else
		add_number(data, "rate", rate);
}

static void answer_latency(struct core *core, const char *params, struct rte_tel_data *data)
{
	struct stat stats[STATS_MAX];

	(void)params;
	add_stats(data, stats, stats_read_generate(core, &measurement, stats));
}

// One page of the round trips: from the bucket asked for, as many that hold something as fit.
static void answer_histogram(struct core *core, const char *params, struct rte_tel_data *data)
{
	const uint64_t *buckets = measurement.round_trip.buckets;
	struct rte_tel_data *upper = rte_tel_data_alloc();
	struct rte_tel_data *count = rte_tel_data_alloc();
	uint32_t bucket = 0;
	uint32_t used = 0;

	if (params != NULL && parse_number(params, 0, HISTOGRAM_BUCKETS - 1, &bucket) < 0) {
		add_error(data, "/pollcore/histogram", params, "a number from 0 to 4351");
	} else if (upper != NULL && count != NULL) {
		rte_tel_data_start_array(upper, TEL_NUMBER_VALUE);
		rte_tel_data_start_array(count, TEL_NUMBER_VALUE);
		measurement_read(&measurement, core->generators, core->config.queues);
		for (; bucket < HISTOGRAM_BUCKETS && used < HISTOGRAM_PAGE; bucket++) {
			if (buckets[bucket] == 0)
				continue;
			add_array_number(upper, stats_ns(core, histogram_upper(bucket)));
			add_array_number(count, buckets[bucket]);
			used++;
		}
		rte_tel_data_add_dict_container(data, "upper_ns", upper, 0);
		rte_tel_data_add_dict_container(data, "count", count, 0);
		add_number(data, "next", bucket % HISTOGRAM_BUCKETS);
		return;
	}
	rte_tel_data_free(upper);
	rte_tel_data_free(count);
}

struct command {
	const char *name;
	void (*fill)(struct core *core, const char *params, struct rte_tel_data *data);
	bool takes_parameter;
	const char *help;
};

static const struct command commands[] = {
	{"/pollcore/status", answer_status, false, "State of the core and its port. No parameter."},
	{"/pollcore/stats", answer_stats, false,
		"Packets received, sent, answered and dropped by reason. No parameter."},
	{"/pollcore/queues", answer_queues, false,
		"What each queue received, sent and dropped, a list over the queues for each "
		"number. No parameter."},
	{"/pollcore/xstats", answer_xstats, false,
		"The device's extended statistics. No parameter."},
	{"/pollcore/mode", answer_mode, true,
		"Shows the mode, or changes it. Parameter: " MODE_NAMES "."},
	{"/pollcore/rate", answer_rate, true,
		"Shows generate mode's rate, or begins again at another. Parameter: packets a "
		"second, 0 (pause) or max."},
	{"/pollcore/latency", answer_latency, false,
		"What generate mode sent, what came back, and how long it took. No parameter."},
	{"/pollcore/histogram", answer_histogram, true,
		"Round trips of generate mode, by bucket. Parameter: the bucket to begin with "
		"(next of the last answer)."},
};

// What every command does alike: find itself, refuse a parameter it does not take, and touch a core
// that is still there.
static int answer(const char *name, const char *params, struct rte_tel_data *data)
{
	const struct command *command = commands;

	while (strcmp(command->name, name) != 0)
		command++;
	rte_tel_data_start_dict(data);
	if (params != NULL && params[0] == '\0')
		params = NULL;
	if (params != NULL && !command->takes_parameter) {
		add_error(data, name, params, NULL);
		return 0;
	}
	pthread_mutex_lock(&shown_lock);
	if (shown == NULL) {
		add_text(data, "error", "pollcore: stopping; ask again when it runs");
	} else {
		pthread_mutex_lock(&shown->device_lock);
		command->fill(shown, params, data);
		pthread_mutex_unlock(&shown->device_lock);
	}
	pthread_mutex_unlock(&shown_lock);
	return 0;
}

int telemetry_init(struct core *core)
{
	int ret = 0;

	pthread_mutex_lock(&shown_lock);
	shown = core;
	pthread_mutex_unlock(&shown_lock);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && ret == 0; i++)
		ret = rte_telemetry_register_cmd(commands[i].name, answer, commands[i].help);
	return ret;
}

void telemetry_done(void)
{
	pthread_mutex_lock(&shown_lock);
	shown = NULL;
	pthread_mutex_unlock(&shown_lock);
}
