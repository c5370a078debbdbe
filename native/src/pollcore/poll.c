// The poller's life: set up, start, stop. What it does in between is the mode's, one file each.
#include <errno.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "poll.h"

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

void poller_init(
	struct poller *poller, const struct config *config, const struct port *port, uint64_t hz)
{
	memset(poller, 0, sizeof(*poller));
	poller->port_id = port->id;
	poller->pool = port->pool;
	poller->burst = config->burst;
	poller->mode = config->mode;
	poller->idle = config->idle;
	poller->gaps.least = hz / 100000;
	poller->lcore = rte_get_next_lcore(-1, 1, 0);
	memcpy(poller->responder.mac, port->mac, sizeof(poller->responder.mac));
	poller->responder.ipv4 = config->ipv4;
	poller->responder.gateway = config->gateway;
	memcpy(poller->responder.ipv6, config->ipv6, sizeof(poller->responder.ipv6));
}

int poller_start(struct poller *poller)
{
	int ret;

	atomic_store(&poller->stop, false);
	ret = rte_eal_remote_launch(poll_lcore, poller, poller->lcore);
	poller->running = ret == 0;
	return ret;
}

void poller_stop(struct poller *poller)
{
	if (!poller->running)
		return;
	atomic_store(&poller->stop, true);
	rte_eal_wait_lcore(poller->lcore);
	poller->running = false;
}
