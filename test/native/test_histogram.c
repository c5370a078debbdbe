// The histogram against what sorting every value gives.
#include <stdlib.h>

#include "check.h"
#include "histogram.h"
#include "random.h"

enum { VALUES = 200000 };

static struct histogram histogram;
static uint64_t values[VALUES];

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void buckets_cover_every_value_once(void)
{
	uint64_t lower = 0;

	for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		uint64_t upper = histogram_upper(bucket);

		CHECK(upper >= lower);
		CHECK_EQUAL(histogram_bucket(lower), bucket);
		CHECK_EQUAL(histogram_bucket(upper), bucket);
		CHECK((upper - lower) * HISTOGRAM_PARTS <= upper);
		lower = upper + 1;
	}
	CHECK_EQUAL(lower, UINT64_C(1) << HISTOGRAM_VALUE_BITS);
	CHECK_EQUAL(histogram_bucket(lower), HISTOGRAM_BUCKETS - 1);
	CHECK_EQUAL(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

// The value of that rank among the sorted ones is never larger than the answer, and the answer at
// most 1/128 larger than it.
static void compare_with_sorted(size_t count)
{
	static const uint32_t quantiles[] = {0, 1, 1000, 50000, 90000, 99000, 99900, 99990, 100000};
	static struct histogram copy;
	uint64_t sum = 0;

	histogram_init(&histogram);
	for (size_t i = 0; i < count; i++) {
		histogram_add(&histogram, values[i]);
		sum += values[i];
	}
	histogram_copy(&histogram, &copy);
	qsort(values, count, sizeof(values[0]), compare);
	CHECK_EQUAL(histogram_count(&copy), count);
	CHECK_EQUAL(copy.sum, sum);
	CHECK_EQUAL(copy.min, values[0]);
	CHECK_EQUAL(copy.max, values[count - 1]);
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		size_t rank = (count * quantiles[i] + 99999) / 100000;
		uint64_t exact = values[rank == 0 ? 0 : rank - 1];
		uint64_t got = histogram_quantile(&copy, quantiles[i]);

		CHECK(got >= exact);
		CHECK((got - exact) * HISTOGRAM_PARTS <= exact);
	}
}

static void small_values_are_exact(void)
{
	for (size_t i = 0; i < 1000; i++)
		values[i] = i % HISTOGRAM_PARTS;
	compare_with_sorted(1000);
	CHECK_EQUAL(histogram_quantile(&histogram, 50000), values[499]);
}

static void random_values_of_every_size(void)
{
	uint64_t state = 1;

	for (size_t count = 1; count <= VALUES; count = count * 7 + 1) {
		for (size_t i = 0; i < count; i++) {
			uint64_t shift = random_next(&state) % HISTOGRAM_VALUE_BITS;

			values[i] = (random_next(&state) >> 24) >> shift;
		}
		compare_with_sorted(count);
	}
}

// Most values close together and a few far away, as round trips are.
static void a_long_tail(void)
{
	uint64_t state = 2;

	for (size_t i = 0; i < VALUES; i++)
		values[i] = random_next(&state) % 1000 == 0
				    ? 5000000 + random_next(&state) % 90000000
				    : 20000 + random_next(&state) % 4000;
	compare_with_sorted(VALUES);
}

static void no_value_and_too_large_ones(void)
{
	histogram_init(&histogram);
	CHECK_EQUAL(histogram_count(&histogram), 0);
	CHECK_EQUAL(histogram_quantile(&histogram, 99000), 0);
	histogram_add(&histogram, UINT64_C(1) << 50);
	CHECK_EQUAL(histogram_quantile(&histogram, 50000), UINT64_C(1) << 50);
	CHECK_EQUAL(histogram.min, UINT64_C(1) << 50);
}

static const struct check_case cases[] = {
	{"buckets cover every value once", buckets_cover_every_value_once},
	{"small values are exact", small_values_are_exact},
	{"random values of every size", random_values_of_every_size},
	{"a long tail", a_long_tail},
	{"no value, and too large ones", no_value_and_too_large_ones},
};

int main(void)
{
	return CHECK_RUN(cases);
}
