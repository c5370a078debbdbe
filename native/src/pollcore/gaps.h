// The time between one poll and the next. A long gap is the machine's doing, not the network's:
// another thread had the CPU, or the hypervisor did. Written by the polling lcore, read by any
// thread.
#ifndef POLLCORE_GAPS_H
#define POLLCORE_GAPS_H

#include <stdint.h>

// From so long on, each with those that are longer still.
enum gap { GAP_10US, GAP_100US, GAP_1MS, GAP_10MS, GAP_COUNT };

struct gaps {
	uint64_t least; // cycles of 10 us, set before polling starts
	uint64_t counts[GAP_COUNT];
	uint64_t max; // cycles
};

// "poll_gaps_10us": the name of its counter.
const char *gap_name(enum gap gap);

// Takes in a gap of at least 10 us; it is rare.
void gaps_add(struct gaps *gaps, uint64_t cycles);

// After each poll, with the time of the poll before: counts what is too long, returns the time now.
static inline uint64_t gaps_check(struct gaps *gaps, uint64_t before, uint64_t now)
{
	if (__builtin_expect(now - before >= gaps->least, 0))
		gaps_add(gaps, now - before);
	return now;
}

#endif
