// What the poller does when a poll brought nothing: --idle. A lcore that spins takes all of its
// CPU's time, and on a T3 all of its credits.
#ifndef POLLCORE_IDLE_H
#define POLLCORE_IDLE_H

#include <stdint.h>

#include "config.h"

// How long and how deep the lcore rests, for one polling loop.
struct idle {
	enum idle_policy policy;
	uint32_t empty_polls; // in a row
	uint64_t *sleeps;     // the counter of sleeps
};

// Lets this thread wake up when it asked to: the kernel may add 50 us to a sleep, as much as it
// takes.
void idle_init(struct idle *idle, enum idle_policy policy, uint64_t *sleeps);

// Rests after an empty poll.
void idle_rest(struct idle *idle);

// After each poll; whether it rested. With traffic, and with busy, it costs one comparison.
static inline bool idle_after(struct idle *idle, uint16_t count)
{
	if (__builtin_expect(count != 0, 1)) {
		idle->empty_polls = 0;
		return false;
	}
	if (idle->policy == IDLE_BUSY)
		return false;
	idle_rest(idle);
	return true;
}

#endif
