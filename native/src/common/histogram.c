// The reader's half of histogram.h: copies, sums and quantiles.
#include <string.h>

#include "histogram.h"

void histogram_init(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->min = UINT64_MAX;
}

uint64_t histogram_upper(uint32_t bucket)
{
	uint32_t shift;

	if (bucket < HISTOGRAM_PARTS)
		return bucket;
	shift = (bucket >> HISTOGRAM_PART_BITS) - 1;
	return ((uint64_t)(bucket - (shift << HISTOGRAM_PART_BITS) + 1) << shift) - 1;
}

void histogram_copy(const struct histogram *histogram, struct histogram *copy)
{
	copy->sum = counter_read(&histogram->sum);
	copy->min = counter_read(&histogram->min);
	copy->max = counter_read(&histogram->max);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		copy->buckets[i] = counter_read(&histogram->buckets[i]);
}

void histogram_merge(struct histogram *total, const struct histogram *histogram)
{
	uint64_t min = counter_read(&histogram->min);
	uint64_t max = counter_read(&histogram->max);

	total->sum += counter_read(&histogram->sum);
	if (min < total->min)
		total->min = min;
	if (max > total->max)
		total->max = max;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		total->buckets[i] += counter_read(&histogram->buckets[i]);
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->buckets[i];
	return count;
}

uint64_t histogram_quantile(const struct histogram *histogram, uint32_t of_100000)
{
	uint64_t count = histogram_count(histogram);
	// In parts, so that no count is too large to be multiplied.
	uint64_t rank =
		count / 100000 * of_100000 + (count % 100000 * of_100000 + 100000 - 1) / 100000;
	uint64_t seen = 0;

	if (count == 0)
		return 0;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		seen += histogram->buckets[i];
		if (seen >= rank && seen > 0) {
			uint64_t upper = histogram_upper(i);

			return upper < histogram->max ? upper : histogram->max;
		}
	}
	return histogram->max;
}
