// Counts values in buckets that are at most 1/128 of their value wide, from 0 to 2^40: exact enough
// for percentiles, small enough to stay in the cache. One writer, any reader.
#ifndef COMMON_HISTOGRAM_H
#define COMMON_HISTOGRAM_H

#include <stdint.h>

#include "counter.h"

enum {
	HISTOGRAM_PART_BITS = 7, // each power of two has 128 buckets
	HISTOGRAM_PARTS = 1 << HISTOGRAM_PART_BITS,
	HISTOGRAM_VALUE_BITS = 40,
	HISTOGRAM_BUCKETS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_PART_BITS + 1) * HISTOGRAM_PARTS,
};

struct histogram {
	uint64_t sum;
	uint64_t min; // UINT64_MAX: no value yet
	uint64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *histogram);

// The bucket of a value; values that are too large share the last one.
static inline uint32_t histogram_bucket(uint64_t value)
{
	uint32_t shift;

	if (value < HISTOGRAM_PARTS)
		return (uint32_t)value;
	if (value >> HISTOGRAM_VALUE_BITS != 0)
		return HISTOGRAM_BUCKETS - 1;
	shift = 63 - HISTOGRAM_PART_BITS - (uint32_t)__builtin_clzll(value);
	return (shift << HISTOGRAM_PART_BITS) + (uint32_t)(value >> shift);
}

// The largest value that falls into the bucket.
uint64_t histogram_upper(uint32_t bucket);

// By the one writer.
static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
	counter_add(&histogram->buckets[histogram_bucket(value)], 1);
	counter_add(&histogram->sum, value);
	if (__builtin_expect(value < histogram->min, 0))
		__atomic_store_n(&histogram->min, value, __ATOMIC_RELAXED);
	if (__builtin_expect(value > histogram->max, 0))
		__atomic_store_n(&histogram->max, value, __ATOMIC_RELAXED);
}

// By any thread; the copy then belongs to the reader.
void histogram_copy(const struct histogram *histogram, struct histogram *copy);

// Adds what another one, which may be written meanwhile, has counted to a reader's own.
void histogram_merge(struct histogram *total, const struct histogram *histogram);

// The functions below read a histogram that nobody writes, such as a copy.

uint64_t histogram_count(const struct histogram *histogram);

// The value that so many of 100,000 values do not exceed, never understated and at most 1/128 too
// large; 0 when there is none. 50000 asks for the median, 99990 for p99.99.
uint64_t histogram_quantile(const struct histogram *histogram, uint32_t of_100000);

#endif
