// See stats.h.
#define _GNU_SOURCE // CPU_OR
#include <sched.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "stats.h"
#include "stolen.h"

struct list {
	struct stat *stats;
	uint32_t count;
};

static void add(struct list *list, const char *name, uint64_t value)
{
	if (list->count < STATS_MAX)
		list->stats[list->count++] = (struct stat){.name = name, .value = value};
}

static void add_gauge(struct list *list, const char *name, uint64_t value)
{
	add(list, name, value);
	list->stats[list->count - 1].gauge = true;
}

// What a queue counts, and all of them together.
static void add_counters(struct list *list, const struct counters *counters)
{
	uint64_t busy = counters_polls_busy(counters);

	add(list, "rx_packets", counters->rx_packets);
	add(list, "rx_bytes", counters->rx_bytes);
	add(list, "tx_packets", counters->tx_packets);
	add(list, "tx_bytes", counters->tx_bytes);
	add(list, "tx_dropped", counters->tx_dropped);
	add(list, "tx_held", counters->tx_held);
	add(list, "rx_dropped", counters_dropped(counters));
	add(list, "polls", counters_polls(counters));
	add(list, "polls_empty", counters->polls_empty);
	add(list, "sleeps", counters->sleeps);
	for (unsigned int i = 0; i < BURST_BUCKETS; i++)
		add(list, burst_name(i), counters->bursts[i]);
	add(list, "busy_cycles", counters->busy_cycles);
	add_gauge(list, "cycles_per_burst", busy == 0 ? 0 : counters->busy_cycles / busy);
	add_gauge(list, "cycles_per_packet",
		counters->rx_packets == 0 ? 0 : counters->busy_cycles / counters->rx_packets);
}

// The lcores' time: gaps between polls, and what the kernel says of their threads and of the CPUs
// that these run on, each of which counts once however many lcores share it.
static void add_times(struct list *list, const struct core *core)
{
	uint64_t gaps[GAP_COUNT] = {0};
	struct stolen total = {0};
	uint64_t max = 0;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	for (uint16_t i = 0; i < core->config.queues; i++) {
		const struct poller *poller = &core->pollers[i];
		struct stolen stolen = stolen_read(atomic_load(&poller->thread));
		// Not rte_lcore_to_cpu_id(), which tells the physical core that hyper-threads
		// share.
		cpu_set_t own = rte_lcore_cpuset(poller->lcore);

		CPU_OR(&cpus, &cpus, &own);
		for (enum gap gap = 0; gap < GAP_COUNT; gap++)
			gaps[gap] += counter_read(&poller->gaps.counts[gap]);
		max = RTE_MAX(max, counter_read(&poller->gaps.max));
		total.run_ns += stolen.run_ns;
		total.wait_ns += stolen.wait_ns;
	}
	for (enum gap gap = 0; gap < GAP_COUNT; gap++)
		add(list, gap_name(gap), gaps[gap]);
	add_gauge(list, "poll_gap_max_ns", stats_ns(core, max));
	add(list, "poller_run_ns", total.run_ns);
	add(list, "poller_wait_ns", total.wait_ns);
	add(list, "cpu_steal_ns", stolen_by_host_ns(&cpus));
}

// What the devices could not hand over, all ports together.
static void add_device(struct list *list, const struct core *core)
{
	const struct port *ports[] = {&core->port, &core->peer};
	uint64_t missed = 0;
	uint64_t without_buffer = 0;

	for (uint16_t i = 0; i < config_ports(&core->config); i++) {
		struct rte_eth_stats device;

		if (rte_eth_stats_get(ports[i]->id, &device) != 0)
			continue;
		missed += device.imissed;
		without_buffer += device.rx_nombuf;
	}
	add(list, "rx_missed", missed);
	add(list, "rx_nombuf", without_buffer);
}

uint32_t stats_read(const struct core *core, struct stat stats[STATS_MAX])
{
	struct counters counters = pollers_counters(core->pollers, core->config.queues);
	uint32_t total = port_mbufs_total(&core->port);
	struct list list = {.stats = stats};

	add_counters(&list, &counters);
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
		add(&list, verdict_name(verdict), counters.verdicts[verdict]);
	add_times(&list, core);
	add_device(&list, core);
	add_gauge(&list, "mbufs_free", total - port_mbufs_used(&core->port));
	add_gauge(&list, "mbufs_total", total);
	for (enum allowance i = 0; i < ALLOWANCE_COUNT; i++) {
		if (core->alarms.allowances[i].known)
			add(&list, allowance_name(i), core->alarms.allowances[i].value);
	}
	return list.count;
}

uint32_t stats_read_queue(const struct core *core, uint16_t queue, struct stat stats[STATS_MAX])
{
	struct counters counters = counters_copy(&core->pollers[queue].counters);
	struct list list = {.stats = stats};

	add_counters(&list, &counters);
	return list.count;
}

void stats_read_allowances(struct core *core)
{
	uint64_t now_ns = core_now_ns();
	uint64_t value;
	uint64_t id;

	for (enum allowance i = 0; i < ALLOWANCE_COUNT; i++) {
		if (rte_eth_xstats_get_id_by_name(core->port.id, allowance_name(i), &id) == 0 &&
			rte_eth_xstats_get_by_id(core->port.id, &id, &value, 1) == 1)
			alarms_update(&core->alarms, i, value, now_ns);
	}
}

uint64_t stats_ns(const struct core *core, uint64_t cycles)
{
	return (uint64_t)((unsigned __int128)cycles * 1000000000 / core->hz);
}

static void add_round_trips(
	struct list *list, const struct core *core, const struct histogram *round_trip)
{
	static const struct {
		const char *name;
		uint32_t of_100000;
	} quantiles[] = {
		{"p50_ns", 50000},
		{"p90_ns", 90000},
		{"p99_ns", 99000},
		{"p99_9_ns", 99900},
		{"p99_99_ns", 99990},
	};
	uint64_t count = histogram_count(round_trip);

	if (count == 0)
		return;
	add_gauge(list, "min_ns", stats_ns(core, round_trip->min));
	add_gauge(list, "mean_ns", stats_ns(core, round_trip->sum / count));
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		add_gauge(list, quantiles[i].name,
			stats_ns(core, histogram_quantile(round_trip, quantiles[i].of_100000)));
	add_gauge(list, "max_ns", stats_ns(core, round_trip->max));
}

uint32_t stats_read_generate(
	const struct core *core, struct measurement *copy, struct stat stats[STATS_MAX])
{
	struct list list = {.stats = stats};

	if (core->traffic.profile.count == 0)
		return 0;
	measurement_read(copy, core->generators, core->config.queues);
	add(&list, "sent", copy->sent);
	add(&list, "received", copy->received);
	// Numbers below the highest that has come back, and those above it.
	add_gauge(&list, "missing", copy->next - copy->received);
	add_gauge(&list, "in_flight", copy->sent - copy->next);
	add(&list, "duplicates", copy->duplicates);
	add(&list, "reordered", copy->reordered);
	add(&list, "late", copy->late);
	add(&list, "invalid", copy->invalid);
	add(&list, "stalled", copy->stalled);
	add(&list, "skipped", copy->skipped);
	add_round_trips(&list, core, &copy->round_trip);
	return list.count;
}
