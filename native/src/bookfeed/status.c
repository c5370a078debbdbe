// The JSON of status.h. Prices and sizes are texts, since a reader's numbers may be doubles.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

static void print_text(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < ' ' || byte >= 0x7f)
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

static void print_levels(const struct view_symbol *one, enum book_side side, FILE *out)
{
	char price[DECIMAL_TEXT_SIZE], quantity[DECIMAL_TEXT_SIZE];

	fprintf(out, "[");
	for (size_t i = 0; i < one->shown[side]; i++) {
		const struct level *level = &one->levels[side][i];

		decimal_print(level->price.units, one->symbol.price_decimals, price);
		decimal_print(level->quantity.units, one->symbol.quantity_decimals, quantity);
		fprintf(out, "%s[\"%s\",\"%s\"]", i == 0 ? "" : ",", price, quantity);
	}
	fprintf(out, "]");
}

static void print_book(const struct view_symbol *one, FILE *out)
{
	fprintf(out, "{\"symbol\":");
	print_text(one->symbol.name, out);
	fprintf(out,
		",\"state\":\"%s\",\"cause\":\"%s\",\"updates\":%" PRIu64 ",\"snapshots\":%" PRIu64
		",\"resyncs\":%" PRIu64 ",\"levels\":[%zu,%zu],\"bids\":",
		one->symbol.state == FEED_GOOD ? "good" : "waiting",
		feed_cause_name(one->symbol.cause), one->symbol.updates, one->symbol.snapshots,
		one->symbol.resyncs, one->count[BOOK_BID], one->count[BOOK_ASK]);
	print_levels(one, BOOK_BID, out);
	fprintf(out, ",\"asks\":");
	print_levels(one, BOOK_ASK, out);
	fprintf(out, "}");
}

static void print_latency(const struct status *status, FILE *out)
{
	fprintf(out, "{");
	for (int i = 0; i < LATENCY_STAGES; i++) {
		struct latency_summary one;

		latency_summarize(status->latency, (enum latency_stage)i, status->hz, &one);
		fprintf(out,
			"%s\"%s\":{\"count\":%" PRIu64 ",\"p50\":%" PRIu64 ",\"p90\":%" PRIu64
			",\"p99\":%" PRIu64 ",\"p999\":%" PRIu64 ",\"max\":%" PRIu64 "}",
			i == 0 ? "" : ",", latency_stage_name((enum latency_stage)i), one.count,
			one.p50_ns, one.p90_ns, one.p99_ns, one.p999_ns, one.max_ns);
	}
	fprintf(out, "}");
}

void status_counters(
	const struct session_counters *counters, struct status_counter rows[STATUS_COUNTERS])
{
	const struct status_counter all[] = {
		{"messages", counters->messages},
		{"bytes", counters->bytes},
		{"updates", counters->updates},
		{"resyncs", counters->resyncs},
		{"malformed", counters->malformed},
		{"refused", counters->refused},
		{"snapshots", counters->snapshots},
		{"snapshot_failures", counters->snapshot_failures},
		{"connects", counters->connects},
		{"disconnects", counters->disconnects},
		{"failures", counters->failures},
		{"pings", counters->pings},
	};

	_Static_assert(sizeof(all) / sizeof(all[0]) == STATUS_COUNTERS, "every row has its place");
	memcpy(rows, all, sizeof(all));
}

static void print_counters(const struct session_counters *counters, FILE *out)
{
	struct status_counter rows[STATUS_COUNTERS];

	status_counters(counters, rows);
	for (size_t i = 0; i < STATUS_COUNTERS; i++)
		fprintf(out, "\"%s\":%" PRIu64 ",", rows[i].name, rows[i].value);
}

void status_json(const struct status *status, FILE *out)
{
	const struct view *view = status->view;

	fprintf(out,
		"{\"schema\":1,\"venue\":\"%s\",\"transport\":\"%s\",\"device\":", status->venue,
		status->transport);
	print_text(status->device, out);
	fprintf(out, ",\"state\":\"%s\",\"why\":", session_state_name(view->state));
	print_text(view->why, out);
	fprintf(out, ",\"uptime_ms\":%" PRIu64 ",\"message_age_ms\":",
		(view->time_ns - status->start_ns) / 1000000);
	if (view->message_ns == 0)
		fprintf(out, "null");
	else
		fprintf(out, "%" PRIu64, (view->time_ns - view->message_ns) / 1000000);
	fprintf(out, ",\"symbols\":%zu,\"good\":%zu,", view->count, view->good);
	print_counters(&view->counters, out);
	fprintf(out, "\"mbufs_free\":%" PRIu64 ",\"mbufs_total\":%" PRIu64 ",\"latency_ns\":",
		status->mbufs_free, status->mbufs_total);
	print_latency(status, out);
	fprintf(out, ",\"books\":[");
	for (size_t i = 0; i < view->count; i++) {
		fprintf(out, "%s", i == 0 ? "" : ",");
		print_book(&view->symbols[i], out);
	}
	fprintf(out, "]}\n");
}

int status_write(const struct status *status, const char *path)
{
	char aside[PATH_MAX];
	FILE *out;
	int failed;

	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	out = fopen(aside, "w");
	if (out == NULL)
		return -errno;
	status_json(status, out);
	failed = ferror(out);
	if (fclose(out) != 0 || failed || rename(aside, path) != 0) {
		int error = errno;

		unlink(aside);
		return -error;
	}
	return 0;
}
