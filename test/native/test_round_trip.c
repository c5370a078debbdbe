// The round trips that generate mode measures, against a count of a test's own: a callback between
// net_ring and the poller holds packets, and knows for how long.
#include <stdlib.h>

#include "bytes.h"
#include "generating_port.h"

enum { STAMP_TIME = PROFILE_STAMP + 12, COUNT_MAX = 1 << 15 };

// Holds each packet for a time that its number decides, and notes how old it was when let go and
// when the poller came back for more: between the two it read its clock, however long a busy
// machine kept it from that.
static struct {
	struct rte_mbuf *held[COUNT_MAX];
	uint16_t held_count;
	uint64_t least[COUNT_MAX];
	uint64_t most[COUNT_MAX]; // until known: when the packet left
	uint32_t count;
	uint32_t known;
	uint32_t next;      // one more than the highest number let go
	uint32_t reordered; // let go after a higher one
} independent;

static uint64_t age_since(uint64_t left, uint64_t now)
{
	return (now - left) & 0xffffffffffff;
}

static uint64_t time_of(const struct rte_mbuf *mbuf)
{
	const uint8_t *time = rte_pktmbuf_mtod(mbuf, const uint8_t *) + STAMP_TIME;

	return (uint64_t)bytes_load16(time) << 32 | bytes_load32(time + 2);
}

static void know_most(uint64_t now)
{
	for (; independent.known < independent.count; independent.known++)
		independent.most[independent.known] =
			age_since(independent.most[independent.known], now);
}

static uint32_t number_of(const struct rte_mbuf *mbuf)
{
	return bytes_load32(rte_pktmbuf_mtod(mbuf, const uint8_t *) + STAMP_TIME - 4);
}

static uint64_t hold_for(const struct rte_mbuf *mbuf)
{
	// 100 us to 1.6 ms.
	return cycles_per_s / 10000 * (1 + number_of(mbuf) * 7 % 16);
}

static void note_order(const struct rte_mbuf *mbuf)
{
	uint32_t number = number_of(mbuf);

	if (number < independent.next)
		independent.reordered++;
	else
		independent.next = number + 1;
}

static uint16_t hold_and_count(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs,
	uint16_t count, uint16_t max, void *argument)
{
	uint64_t now = rte_rdtsc();
	uint16_t kept = 0;
	uint16_t ready = 0;

	(void)port, (void)queue, (void)argument;
	know_most(now);
	for (uint16_t i = 0; i < count && independent.held_count < COUNT_MAX; i++)
		independent.held[independent.held_count++] = mbufs[i];
	for (uint16_t i = 0; i < independent.held_count; i++) {
		struct rte_mbuf *mbuf = independent.held[i];

		if (ready < max && age_since(time_of(mbuf), now) >= hold_for(mbuf))
			mbufs[ready++] = mbuf;
		else
			independent.held[kept++] = mbuf;
	}
	independent.held_count = kept;
	for (uint16_t i = 0; i < ready; i++)
		note_order(mbufs[i]);
	// Last of all, since the poller reads its clock right after.
	now = rte_rdtsc();
	for (uint16_t i = 0; i < ready && independent.count < COUNT_MAX; i++) {
		independent.most[independent.count] = time_of(mbufs[i]);
		independent.least[independent.count++] = age_since(time_of(mbufs[i]), now);
	}
	return ready;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static double to_us(uint64_t cycles)
{
	return (double)cycles * 1e6 / (double)cycles_per_s;
}

static uint64_t percentile(const uint64_t *sorted, uint32_t percent)
{
	return sorted[(independent.count * percent + 99) / 100 - 1];
}

static void round_trips_agree_with_an_independent_count(void)
{
	const struct rte_eth_rxtx_callback *callback;
	struct histogram *round_trip = &measurement.round_trip;

	memset(&independent, 0, sizeof(independent));
	open_generator(10000);
	callback = rte_eth_add_rx_callback(core.port.id, 0, hold_and_count, NULL);
	CHECK(callback != NULL);
	generate(3000, &none);
	know_most(rte_rdtsc());
	rte_eth_remove_rx_callback(core.port.id, 0, callback);
	CHECK_EQUAL(independent.count, measurement.sent);
	CHECK_EQUAL(measurement.received, measurement.sent);
	CHECK_EQUAL(histogram_count(round_trip), independent.count);
	// Held longer than those sent after them, unless a busy machine lets all of them wait
	// longer.
	CHECK_EQUAL(measurement.reordered, independent.reordered);
	CHECK(measurement.reordered > 0);
	qsort(independent.least, independent.count, sizeof(independent.least[0]), compare);
	qsort(independent.most, independent.count, sizeof(independent.most[0]), compare);
	for (uint32_t percent = 5; percent <= 95; percent += 5) {
		uint64_t most = percentile(independent.most, percent);
		uint64_t got = histogram_quantile(round_trip, percent * 1000);

		CHECK(got >= percentile(independent.least, percent));
		CHECK(got <= most + most / 100);
	}
	printf("# %u round trips, median %.1f to %.1f us counted apart, %.1f us in the histogram\n",
		independent.count, to_us(percentile(independent.least, 50)),
		to_us(percentile(independent.most, 50)),
		to_us(histogram_quantile(round_trip, 50000)));
	close_generator();
}

static const struct check_case cases[] = {
	{"round trips agree with an independent count",
		round_trips_agree_with_an_independent_count},
};

int main(void)
{
	return start_generating() ? CHECK_RUN(cases) : 2;
}
