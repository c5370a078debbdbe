// A counter with one writer that any thread may read at any time without disturbing it.
#ifndef COMMON_COUNTER_H
#define COMMON_COUNTER_H

#include <stdint.h>

// The one writer adds. A plain add whose store cannot tear.
static inline void counter_add(uint64_t *counter, uint64_t amount)
{
	__atomic_store_n(counter, *counter + amount, __ATOMIC_RELAXED);
}

// Any thread reads.
static inline uint64_t counter_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif
