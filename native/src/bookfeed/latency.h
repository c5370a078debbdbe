// How long a message takes from stage to stage, by the time stamp counter: taken from the wire, out
// of TCP, out of TLS, out of WebSocket, read, in the book. One writer, any reader.
#ifndef BOOKFEED_LATENCY_H
#define BOOKFEED_LATENCY_H

#include <stdbool.h>
#include <stdio.h>

#include "cycles.h"
#include "histogram.h"

enum latency_stage {
	LATENCY_TCP,  // from the burst that brought its last bytes to the end of TCP
	LATENCY_TLS,  // decrypted
	LATENCY_WS,   // a whole message found, checked for UTF-8
	LATENCY_JSON, // read: its levels, of which symbol, and that they follow
	LATENCY_BOOK, // all levels in the book, and the book proven
	LATENCY_ALL,  // from burst to book
	LATENCY_STAGES,
};

struct latency_stamps {
	uint64_t burst;
	uint64_t tcp;
	uint64_t tls;
	uint64_t ws;
	uint64_t json;
	uint64_t book;
};

enum { LATENCY_TRACE = 1 << 17 }; // messages that the trace keeps

struct latency {
	struct histogram stages[LATENCY_STAGES]; // in cycles
	struct cycles_sample start;
	struct latency_stamps *trace; // NULL: none is kept
	uint64_t traced;
};

static inline uint64_t latency_now(void)
{
	return cycles_now();
}

// 0, or -ENOMEM for the trace.
int latency_init(struct latency *latency, bool trace);
void latency_done(struct latency *latency);

// By the one writer: a message whose book is another now.
void latency_add(struct latency *latency, const struct latency_stamps *stamps);

const char *latency_stage_name(enum latency_stage stage);

struct latency_summary {
	uint64_t count;
	uint64_t p50_ns;
	uint64_t p90_ns;
	uint64_t p99_ns;
	uint64_t p999_ns;
	uint64_t max_ns;
};

// By any thread, one at a time.
void latency_summarize(const struct latency *latency, enum latency_stage stage, uint64_t hz,
	struct latency_summary *out);

// The last LATENCY_TRACE messages, one a line: number, then each stamp in ns of CLOCK_MONOTONIC.
void latency_write_trace(const struct latency *latency, uint64_t hz, FILE *out);

#endif
