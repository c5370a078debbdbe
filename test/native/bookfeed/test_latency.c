// Stages add up to the whole, and the trace keeps the last messages in order.
#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "latency.h"

static struct latency latency;

enum { GHZ = 1000000000 };

static struct latency_stamps stamps(uint64_t burst)
{
	return (struct latency_stamps){
		burst, burst + 10, burst + 30, burst + 60, burst + 100, burst + 150};
}

static void each_stage_is_its_difference(void)
{
	static const uint64_t wanted[LATENCY_STAGES] = {10, 20, 30, 40, 50, 150};

	CHECK_EQUAL(latency_init(&latency, false), 0);
	for (uint64_t i = 0; i < 1000; i++) {
		struct latency_stamps one = stamps(i * 1000);

		latency_add(&latency, &one);
	}
	for (int i = 0; i < LATENCY_STAGES; i++) {
		struct latency_summary out;

		latency_summarize(&latency, (enum latency_stage)i, GHZ, &out);
		CHECK_EQUAL(out.count, 1000);
		CHECK_EQUAL(out.p50_ns, wanted[i]);
		CHECK_EQUAL(out.p999_ns, wanted[i]);
		CHECK_EQUAL(out.max_ns, wanted[i]);
		// At half the frequency, a cycle takes twice as long.
		latency_summarize(&latency, (enum latency_stage)i, GHZ / 2, &out);
		CHECK_EQUAL(out.p50_ns, 2 * wanted[i]);
	}
	latency_done(&latency);
}

static void nothing_yet(void)
{
	struct latency_summary out;

	CHECK_EQUAL(latency_init(&latency, false), 0);
	latency_summarize(&latency, LATENCY_ALL, GHZ, &out);
	CHECK_EQUAL(out.count, 0);
	CHECK_EQUAL(out.p99_ns, 0);
	CHECK_EQUAL(out.max_ns, 0);
	latency_done(&latency);
}

static void the_trace_keeps_the_last(void)
{
	FILE *file = tmpfile();
	char line[256];
	uint64_t number = 7, count = 0, burst, book, last = 0;

	CHECK_EQUAL(latency_init(&latency, true), 0);
	for (uint64_t i = 0; i < LATENCY_TRACE + 7; i++) {
		struct latency_stamps one = stamps(latency.start.cycles + i * 1000);

		latency_add(&latency, &one);
	}
	latency_write_trace(&latency, GHZ, file);
	rewind(file);
	CHECK(fgets(line, sizeof(line), file) != NULL);
	CHECK_TEXT(line, "message,burst_ns,tcp_ns,tls_ns,websocket_ns,json_ns,book_ns");
	while (fgets(line, sizeof(line), file) != NULL) {
		uint64_t got;

		CHECK_EQUAL(sscanf(line, "%" SCNu64 ",%" SCNu64 ",%*u,%*u,%*u,%*u,%" SCNu64, &got,
				    &burst, &book),
			3);
		CHECK_EQUAL(got, number++);
		CHECK(burst > last);
		last = burst;
		count++;
	}
	CHECK_EQUAL(count, LATENCY_TRACE);
	CHECK_EQUAL(book - burst, 150);
	// The stamps are told by the clock, not by the counter.
	CHECK_EQUAL(last, latency.start.ns + (uint64_t)(LATENCY_TRACE + 6) * 1000);
	fclose(file);
	latency_done(&latency);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"each stage is its difference", each_stage_is_its_difference},
		{"nothing yet", nothing_yet},
		{"the trace keeps the last", the_trace_keeps_the_last},
	};

	return CHECK_RUN(cases);
}
