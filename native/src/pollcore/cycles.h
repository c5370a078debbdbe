// How fast the cycle counter runs. EAL rounds its own figure to 10 MHz where the processor does not
// tell (rte_get_tsc_hz), which makes every rate and time wrong by up to 0.2 % at 2.6 GHz.
#ifndef POLLCORE_CYCLES_H
#define POLLCORE_CYCLES_H

#include <stdint.h>

// The cycle counter and the clock at the same moment.
struct cycles_sample {
	uint64_t cycles;
	uint64_t ns; // CLOCK_MONOTONIC
};

struct cycles_sample cycles_read(void);

// Cycles a second, from a sample taken a while ago: exact to a part in a million after 0.1 s.
uint64_t cycles_hz(const struct cycles_sample *before);

#endif
