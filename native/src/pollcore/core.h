// The running program as a whole. main owns it; the telemetry thread reads it.
#ifndef POLLCORE_CORE_H
#define POLLCORE_CORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms.h"
#include "config.h"
#include "generate.h"
#include "poll.h"
#include "port.h"

enum core_state { CORE_STARTING, CORE_RUNNING, CORE_RESETTING, CORE_STOPPING };
enum self_test { SELF_TEST_RUNNING, SELF_TEST_PASSED, SELF_TEST_FAILED };
enum gateway_arp { GATEWAY_NOT_ASKED, GATEWAY_SILENT, GATEWAY_ANSWERED };

struct core {
	struct config config;
	struct port port;
	struct port peer;                  // forward: the other port
	struct poller pollers[QUEUES_MAX]; // config.queues of them are in use
	struct traffic traffic;            // generate
	struct generator generators[QUEUES_MAX];
	struct alarms alarms; // of port, under device_lock
	uint64_t start_ns;    // CLOCK_MONOTONIC
	uint64_t hz;          // cycles a second
	_Atomic enum core_state state;
	atomic_int mode_wanted; // set by telemetry, served by the control loop; -1: none
	_Atomic enum self_test self_test;
	_Atomic enum gateway_arp gateway_arp;
	// Held while the device is set up, reset or closed, and while telemetry asks it for
	// statistics.
	pthread_mutex_t device_lock;
};

// A port in use whose link is down, as it was last read; NULL: none is.
static inline const struct port *core_port_down(const struct core *core)
{
	if (!atomic_load(&core->port.link_up))
		return &core->port;
	if (config_ports(&core->config) > 1 && !atomic_load(&core->peer.link_up))
		return &core->peer;
	return NULL;
}

// Of all ports.
static inline uint_fast32_t core_resets(const struct core *core)
{
	return atomic_load(&core->port.resets) + atomic_load(&core->peer.resets);
}

// CLOCK_MONOTONIC in nanoseconds.
uint64_t core_now_ns(void);

#endif
