// The readable half of status.h.
#include <inttypes.h>

#include "status.h"

static double age_s(const struct view *view)
{
	return view->message_ns == 0 ? 0 : (double)(view->time_ns - view->message_ns) / 1e9;
}

void status_line(const struct status *status, FILE *out)
{
	const struct view *view = status->view;
	const struct session_counters *counters = &view->counters;

	fprintf(out,
		"bookfeed: %s by %s %s, good %zu/%zu, messages %" PRIu64 ", updates %" PRIu64
		", last %.1f s ago, resyncs %" PRIu64 ", reconnects %" PRIu64 "%s%s\n",
		status->venue, status->transport, session_state_name(view->state), view->good,
		view->count, counters->messages, counters->updates, age_s(view), counters->resyncs,
		counters->connects > 0 ? counters->connects - 1 : 0,
		view->why[0] == '\0' ? "" : ", last trouble: ", view->why);
}

static void print_level(const struct view_symbol *one, enum book_side side, size_t index, FILE *out)
{
	char price[DECIMAL_TEXT_SIZE] = "", quantity[DECIMAL_TEXT_SIZE] = "";

	if (index < one->shown[side]) {
		const struct level *level = &one->levels[side][index];

		decimal_print(level->price.units, one->symbol.price_decimals, price);
		decimal_print(level->quantity.units, one->symbol.quantity_decimals, quantity);
	}
	if (side == BOOK_BID)
		fprintf(out, "  %20s %16s", quantity, price);
	else
		fprintf(out, "   %-16s %-20s\n", price, quantity);
}

static void print_book(const struct view_symbol *one, size_t levels, FILE *out)
{
	const struct feed_symbol *symbol = &one->symbol;

	if (symbol->state != FEED_GOOD) {
		fprintf(out, "%-12s no book: %s\n", symbol->name, feed_cause_name(symbol->cause));
		return;
	}
	fprintf(out, "%-12s %zu bids, %zu asks, %" PRIu64 " updates\n", symbol->name,
		one->count[BOOK_BID], one->count[BOOK_ASK], symbol->updates);
	for (size_t i = 0; i < levels && (i < one->shown[BOOK_BID] || i < one->shown[BOOK_ASK]);
		i++) {
		print_level(one, BOOK_BID, i, out);
		print_level(one, BOOK_ASK, i, out);
	}
}

void status_latency(const struct status *status, FILE *out)
{
	fprintf(out, "latency in us   %10s %9s %9s %9s %9s %9s\n", "count", "p50", "p90", "p99",
		"p99.9", "max");
	for (int i = 0; i < LATENCY_STAGES; i++) {
		struct latency_summary one;

		latency_summarize(status->latency, (enum latency_stage)i, status->hz, &one);
		fprintf(out, "  %-13s %10" PRIu64 " %9.2f %9.2f %9.2f %9.2f %9.2f\n",
			latency_stage_name((enum latency_stage)i), one.count,
			(double)one.p50_ns / 1e3, (double)one.p90_ns / 1e3,
			(double)one.p99_ns / 1e3, (double)one.p999_ns / 1e3,
			(double)one.max_ns / 1e3);
	}
}

void status_page(const struct status *status, bool live, FILE *out)
{
	// Clears what is there and writes from the top.
	if (live)
		fprintf(out, "\033[H\033[2J");
	status_line(status, out);
	fprintf(out, "\n");
	for (size_t i = 0; i < status->view->count; i++)
		print_book(&status->view->symbols[i], status->view->levels, out);
	fprintf(out, "\n");
	status_latency(status, out);
	fflush(out);
}
