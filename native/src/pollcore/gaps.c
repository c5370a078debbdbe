// See gaps.h.
#include "gaps.h"

#include "counter.h"

static const char *const names[GAP_COUNT] = {
	[GAP_10US] = "poll_gaps_10us",
	[GAP_100US] = "poll_gaps_100us",
	[GAP_1MS] = "poll_gaps_1ms",
	[GAP_10MS] = "poll_gaps_10ms",
};

const char *gap_name(enum gap gap)
{
	return names[gap];
}

void gaps_add(struct gaps *gaps, uint64_t cycles)
{
	uint64_t limit = gaps->least;

	for (enum gap gap = GAP_10US; gap < GAP_COUNT && cycles >= limit; gap++) {
		counter_add(&gaps->counts[gap], 1);
		limit *= 10;
	}
	if (cycles > gaps->max)
		__atomic_store_n(&gaps->max, cycles, __ATOMIC_RELAXED);
}
