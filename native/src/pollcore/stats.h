// Everything that the core counts, as named numbers: telemetry, metrics and the last report show
// the same ones. Reads only, from any thread that holds the core's device_lock.
#ifndef POLLCORE_STATS_H
#define POLLCORE_STATS_H

#include "core.h"
#include "measurement.h"

enum { STATS_MAX = 96 };

struct stat {
	const char *name;
	uint64_t value;
	bool gauge; // goes up and down; else it only grows
};

// Port and pollers, all queues together. Returns how many were written, at most STATS_MAX.
uint32_t stats_read(const struct core *core, struct stat stats[STATS_MAX]);

// One queue.
uint32_t stats_read_queue(const struct core *core, uint16_t queue, struct stat stats[STATS_MAX]);

// The measurement of generate mode: packets, and their round trips in nanoseconds. Copy is for its
// own use.
uint32_t stats_read_generate(
	const struct core *core, struct measurement *copy, struct stat stats[STATS_MAX]);

// Once a second, by the control loop: looks which allowances rose. Where the device counts none, it
// does nothing.
void stats_read_allowances(struct core *core);

uint64_t stats_ns(const struct core *core, uint64_t cycles);

#endif
