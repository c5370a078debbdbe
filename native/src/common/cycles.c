// See cycles.h.
#include <time.h>

#include "cycles.h"

enum { TRIES = 64, BASE_NS = 100 * 1000 * 1000 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// Of many readings the one that the least time passed around: nobody took the processor away there.
struct cycles_sample cycles_read(void)
{
	struct cycles_sample best = {0};
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = now_ns();
		uint64_t cycles = cycles_now();
		uint64_t after = now_ns();

		if (after - before < shortest) {
			shortest = after - before;
			best = (struct cycles_sample){cycles, before + shortest / 2};
		}
	}
	return best;
}

uint64_t cycles_hz(const struct cycles_sample *before)
{
	struct cycles_sample now = cycles_read();

	while (now.ns - before->ns < BASE_NS) {
		struct timespec rest = {.tv_nsec = (long)(BASE_NS - (now.ns - before->ns))};

		nanosleep(&rest, NULL);
		now = cycles_read();
	}
	return (uint64_t)((unsigned __int128)(now.cycles - before->cycles) * 1000000000 /
			  (now.ns - before->ns));
}
