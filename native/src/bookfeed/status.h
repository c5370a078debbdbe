// What bookfeed shows of itself: as JSON for programs, as a line for logs, as a page for a
// terminal.
#ifndef BOOKFEED_STATUS_H
#define BOOKFEED_STATUS_H

#include <stdbool.h>
#include <stdio.h>

#include "latency.h"
#include "view.h"

struct status {
	const char *venue;
	const char *transport;
	const char *device; // "": none
	uint64_t start_ns;
	uint64_t hz; // cycles a second
	const struct latency *latency;
	const struct view *view;
	uint64_t mbufs_free; // of the port's pool; both 0: none
	uint64_t mbufs_total;
};

enum { STATUS_COUNTERS = 12 };

struct status_counter {
	const char *name;
	uint64_t value;
};

// What the session counts, under the names that every reader knows.
void status_counters(
	const struct session_counters *counters, struct status_counter rows[STATUS_COUNTERS]);

// One JSON document on one line.
void status_json(const struct status *status, FILE *out);

// One readable line.
void status_line(const struct status *status, FILE *out);

// Books and latencies; `live` first clears the terminal.
void status_page(const struct status *status, bool live, FILE *out);

// The table of latencies alone.
void status_latency(const struct status *status, FILE *out);

// Writes the JSON aside and renames it to path; 0 or a negative errno.
int status_write(const struct status *status, const char *path);

#endif
