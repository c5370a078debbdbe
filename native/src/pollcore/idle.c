// See idle.h. The only system call of the polling lcore is here, where there is no packet to delay.
#include <sys/prctl.h>
#include <time.h>

#include <rte_pause.h>

#include "counter.h"
#include "idle.h"

enum {
	// Some tens of microseconds of polls: a pause between the packets of one flow is no
	// idleness.
	SPIN_POLLS = 1000,
	// The least receive ring (128) lasts longer at 2 million packets a second, the default one
	// (1024) at 20 million.
	SLEEP_NS = 50 * 1000,
};

void idle_init(struct idle *idle, enum idle_policy policy, uint64_t *sleeps)
{
	*idle = (struct idle){.policy = policy, .sleeps = sleeps};
	if (policy == IDLE_ADAPTIVE)
		prctl(PR_SET_TIMERSLACK, 1UL);
}

void idle_rest(struct idle *idle)
{
	const struct timespec sleep = {.tv_nsec = SLEEP_NS};

	if (idle->policy == IDLE_PAUSE || idle->empty_polls < SPIN_POLLS) {
		idle->empty_polls++;
		rte_pause();
		return;
	}
	counter_add(idle->sleeps, 1);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &sleep, NULL);
}
