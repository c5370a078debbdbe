// Random numbers that are the same on every run.
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

// xorshift64*, by Marsaglia and Vigna.
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

#endif
