// See control.h. Wakes ten times a second: often enough that a stop or a reset feels immediate,
// rarely enough that the sibling thread of the polling core keeps its cycles.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "stats.h"
#include "stop_signals.h"

enum { NS_PER_S = 1000 * 1000 * 1000, WAKE_NS = NS_PER_S / 10, STATUS_EVERY_S = 10 };

uint64_t core_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void send_status(const struct core *core, const struct notify *notify)
{
	struct counters total = pollers_counters(core->pollers, core->config.queues);
	char text[256];

	snprintf(text, sizeof(text),
		"STATUS=%s on %s, link %s, rx %" PRIu64 ", tx %" PRIu64 ", dropped %" PRIu64
		", resets %" PRIuFAST32,
		mode_name(core->pollers[0].mode), core->port.device,
		core_port_down(core) == NULL ? "up" : "down", total.rx_packets, total.tx_packets,
		counters_dropped(&total) + total.tx_dropped, core_resets(core));
	notify_send(notify, text);
}

// The ports in use: forward has two.
static uint16_t list_ports(struct core *core, struct port *ports[2])
{
	ports[0] = &core->port;
	ports[1] = &core->peer;
	return config_ports(&core->config);
}

static int serve_reset(
	struct core *core, struct port *port, const struct notify *notify, struct fault *fault)
{
	int ret;

	atomic_store(&core->state, CORE_RESETTING);
	notify_send(notify, "STATUS=the device asked for a reset");
	pollers_stop(core->pollers, core->config.queues);
	pthread_mutex_lock(&core->device_lock);
	ret = port_reset(port, fault);
	// What was under way is lost: a measurement would be of the reset, not of the network.
	traffic_restart(&core->traffic);
	pthread_mutex_unlock(&core->device_lock);
	if (ret == 0)
		ret = pollers_start(core->pollers, core->config.queues, fault);
	if (ret < 0)
		return ret;
	atomic_store(&core->state, CORE_RUNNING);
	return 0;
}

static int serve_mode(struct core *core, const struct notify *notify, struct fault *fault)
{
	int wanted = atomic_exchange(&core->mode_wanted, -1);
	int ret;

	if (wanted < 0 || (enum mode)wanted == core->pollers[0].mode)
		return 0;
	pthread_mutex_lock(&core->device_lock);
	pollers_stop(core->pollers, core->config.queues);
	for (uint16_t i = 0; i < core->config.queues; i++)
		core->pollers[i].mode = (enum mode)wanted;
	if (wanted == MODE_GENERATE)
		traffic_restart(&core->traffic);
	ret = pollers_start(core->pollers, core->config.queues, fault);
	pthread_mutex_unlock(&core->device_lock);
	send_status(core, notify);
	return ret;
}

// What the devices asked for since the last look.
static int serve_events(struct core *core, const struct notify *notify, struct fault *fault)
{
	struct port *ports[2];
	uint16_t count = list_ports(core, ports);
	int ret = 0;

	for (uint16_t i = 0; i < count && ret == 0; i++) {
		if (atomic_load(&ports[i]->removed))
			return fault_set(fault, EXIT_RUN_TIME,
				"%s: the device was removed; attach it again", ports[i]->device);
		if (atomic_load(&ports[i]->reset_wanted))
			ret = serve_reset(core, ports[i], notify, fault);
	}
	return ret;
}

// Once a second. Returns whether a link changed.
static bool tick_ports(struct core *core)
{
	struct port *ports[2];
	uint16_t count = list_ports(core, ports);
	bool changed = false;

	for (uint16_t i = 0; i < count; i++) {
		bool before = atomic_load(&ports[i]->link_up);

		pthread_mutex_lock(&core->device_lock);
		port_tick(ports[i]);
		pthread_mutex_unlock(&core->device_lock);
		changed |= atomic_load(&ports[i]->link_up) != before;
	}
	pthread_mutex_lock(&core->device_lock);
	stats_read_allowances(core);
	pthread_mutex_unlock(&core->device_lock);
	return changed;
}

// Whether every poller has moved since this was last true.
static bool all_moved(const struct core *core)
{
	static uint64_t heartbeats[QUEUES_MAX];
	uint64_t now[QUEUES_MAX];

	for (uint16_t i = 0; i < core->config.queues; i++) {
		now[i] = counters_heartbeat(&core->pollers[i].counters);
		if (now[i] == heartbeats[i])
			return false;
	}
	memcpy(heartbeats, now, sizeof(*now) * core->config.queues);
	return true;
}

// The manager hears from us only when the pollers have moved since it last did: a main loop that
// is well proves nothing.
static void feed_watchdog(
	const struct core *core, const struct notify *notify, uint64_t now, uint64_t *next)
{
	if (notify->watchdog_ns == 0 || now < *next || !all_moved(core))
		return;
	notify_send(notify, "WATCHDOG=1");
	*next = now + notify->watchdog_ns / 3;
}

int control_run(struct core *core, const struct notify *notify, struct fault *fault)
{
	uint64_t next_second = 0;
	uint64_t next_status = 0;
	uint64_t next_watchdog = 0;
	uint64_t wake_ns = WAKE_NS;
	int ret;

	if (notify->watchdog_ns != 0 && notify->watchdog_ns / 3 < wake_ns)
		wake_ns = notify->watchdog_ns / 3;
	while (!stop_signals_came(wake_ns)) {
		uint64_t now = core_now_ns();
		bool link_changed = false;

		ret = serve_events(core, notify, fault);
		if (ret == 0)
			ret = serve_mode(core, notify, fault);
		if (ret < 0)
			return ret;
		if (now >= next_second) {
			link_changed = tick_ports(core);
			next_second = now + NS_PER_S;
		}
		if (link_changed || now >= next_status) {
			send_status(core, notify);
			next_status = now + STATUS_EVERY_S * UINT64_C(1000000000);
		}
		feed_watchdog(core, notify, now, &next_watchdog);
	}
	return 0;
}
