// The poller's life: set up, start, stop. What it does in between is the mode's, one file each.
#include <errno.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "held.h"

static int poll_lcore(void *argument)
{
	struct poller *poller = argument;

	atomic_store(&poller->thread, rte_gettid());
	switch (poller->mode) {
	case MODE_RESPOND:
		return mode_respond(poller);
	case MODE_SINK:
		return mode_sink(poller);
	case MODE_REFLECT:
		return mode_reflect(poller);
	case MODE_FORWARD:
		return mode_forward(poller);
	case MODE_GENERATE:
		return mode_generate(poller);
	}
	return -EINVAL;
}

static unsigned int worker_lcore(uint16_t index)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);

	while (index-- > 0)
		lcore = rte_get_next_lcore(lcore, 1, 0);
	return lcore;
}

void poller_init(struct poller *poller, const struct config *config, const struct port *port,
	uint16_t queue, uint64_t hz)
{
	memset(poller, 0, sizeof(*poller));
	poller->port_id = port->id;
	poller->queue = queue;
	poller->tx_checksum = port->tx_checksum;
	poller->rx_checksum = port->rx_checksum;
	poller->pool = port->pool;
	poller->burst = config->burst;
	poller->mode = config->mode;
	poller->idle = config->idle;
	poller->gaps.least = hz / 100000;
	held_init(poller, hz);
	poller->lcore = worker_lcore(queue);
	memcpy(poller->responder.mac, port->mac, sizeof(poller->responder.mac));
	poller->responder.ipv4 = config->ipv4;
	poller->responder.gateway = config->gateway;
	memcpy(poller->responder.ipv6, config->ipv6, sizeof(poller->responder.ipv6));
}

int pollers_start(struct poller *pollers, uint16_t count, struct fault *fault)
{
	for (uint16_t i = 0; i < count; i++) {
		struct poller *poller = &pollers[i];

		atomic_store(&poller->stop, false);
		if (rte_eal_remote_launch(poll_lcore, poller, poller->lcore) < 0) {
			pollers_stop(pollers, count);
			return fault_set(fault, EXIT_RUN_TIME,
				"lcore %u: busy; start the core again, with another -l if it stays",
				poller->lcore);
		}
		poller->running = true;
	}
	return 0;
}

void pollers_stop(struct poller *pollers, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		atomic_store(&pollers[i].stop, true);
	for (uint16_t i = 0; i < count; i++) {
		if (pollers[i].running)
			rte_eal_wait_lcore(pollers[i].lcore);
		pollers[i].running = false;
	}
}

struct counters pollers_counters(const struct poller *pollers, uint16_t count)
{
	struct counters total = counters_copy(&pollers[0].counters);

	for (uint16_t i = 1; i < count; i++) {
		struct counters part = counters_copy(&pollers[i].counters);

		counters_add(&total, &part);
	}
	return total;
}
