// See measurement.h.
#include <stdbool.h>
#include <string.h>

#include "measurement.h"

// The generations of all queues, as one number that changes when any of them does; odd parts are
// told by *beginning.
static uint64_t sum_generations(const struct generator *generators, uint16_t count, bool *beginning)
{
	uint64_t sum = 0;

	*beginning = false;
	for (uint16_t i = 0; i < count; i++) {
		uint_fast32_t generation = atomic_load(&generators[i].generation);

		*beginning |= generation % 2 != 0;
		sum += generation;
	}
	return sum;
}

static uint32_t number_of(const struct generator *generator)
{
	return __atomic_load_n(&generator->number, __ATOMIC_RELAXED);
}

static uint32_t latest_number(const struct generator *generators, uint16_t count)
{
	uint32_t latest = 0;

	for (uint16_t i = 0; i < count; i++) {
		uint32_t number = number_of(&generators[i]);

		if (number > latest)
			latest = number;
	}
	return latest;
}

static void add_received(struct measurement *to, const struct tally *tally, uint16_t count)
{
	to->invalid += counter_read(&tally->invalid);
	to->stalled += counter_read(&tally->stalled);
	to->skipped += counter_read(&tally->skipped);
	for (uint16_t sender = 0; sender < count; sender++) {
		const struct sequence *sequence = &tally->sequences[sender];

		to->received += counter_read(&sequence->received);
		to->duplicates += counter_read(&sequence->duplicates);
		to->reordered += counter_read(&sequence->reordered);
		to->late += counter_read(&sequence->late);
	}
}

// One more than the highest number of a sender's that came back, by whichever queue.
static uint64_t highest(
	const struct generator *generators, uint16_t count, uint32_t number, uint16_t sender)
{
	uint64_t next = 0;

	for (uint16_t i = 0; i < count; i++) {
		uint64_t at = counter_read(&generators[i].tally.sequences[sender].next);

		if (number_of(&generators[i]) == number && at > next)
			next = at;
	}
	return next;
}

static void read_once(
	struct measurement *measurement, const struct generator *generators, uint16_t count)
{
	uint32_t number = latest_number(generators, count);

	memset(measurement, 0, sizeof(*measurement));
	histogram_init(&measurement->round_trip);
	// In this order, as each is counted before the one before.
	for (uint16_t i = 0; i < count; i++) {
		if (number_of(&generators[i]) == number)
			add_received(measurement, &generators[i].tally, count);
	}
	atomic_thread_fence(memory_order_acquire);
	for (uint16_t i = 0; i < count; i++)
		measurement->next += highest(generators, count, number, i);
	atomic_thread_fence(memory_order_acquire);
	for (uint16_t i = 0; i < count; i++) {
		if (number_of(&generators[i]) != number)
			continue;
		measurement->sent += counter_read(&generators[i].tally.sent);
		histogram_merge(&measurement->round_trip, &generators[i].tally.round_trip);
	}
}

void measurement_read(
	struct measurement *measurement, const struct generator *generators, uint16_t count)
{
	uint64_t before;
	bool beginning;
	bool unused;

	// A new measurement begins a few times a second at most, and in microseconds.
	do {
		before = sum_generations(generators, count, &beginning);
		read_once(measurement, generators, count);
		atomic_thread_fence(memory_order_seq_cst);
	} while (beginning || sum_generations(generators, count, &unused) != before);
	// A packet can be back by one queue before another has counted that it left, and a network
	// that doubles packets can send one of them each way.
	if (measurement->next < measurement->received)
		measurement->next = measurement->received;
	if (measurement->sent < measurement->next)
		measurement->sent = measurement->next;
}
