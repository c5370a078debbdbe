// Binance, spot and USD-margined futures: changes come by the stream, the book that they change by
// an HTTPS GET, and ids say which changes the book has already.
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams and
// …/docs/derivatives/usds-margined-futures/websocket-market-streams, both "How to manage a local
// order book correctly"
#include <ctype.h>

#include "cycles.h"
#include "feed_binance.h"

static bool is_futures(const struct feed *feed)
{
	return feed->venue == FEED_BINANCE_FUTURES;
}

// That nothing is missing between the id and the event, of which none has been applied since the
// snapshot with that id. An event that begins below it is right too: quantities are absolute.
static bool joins(const struct feed *feed, uint64_t id, const struct pending_event *event)
{
	return is_futures(feed) ? event->previous <= id && event->last >= id
				: event->first <= id + 1 && event->last > id;
}

static bool is_old(const struct feed *feed, uint64_t id, const struct pending_event *event)
{
	return is_futures(feed) ? event->last < id : event->last <= id;
}

static bool follows(const struct feed *feed, uint64_t last, const struct pending_event *event)
{
	return is_futures(feed) ? event->previous == last : event->first == last + 1;
}

static void keep(struct feed *feed, struct symbol *symbol, const struct pending_event *event)
{
	struct pending *pending = symbol->pending;
	size_t count = pending_count(pending);

	if (count > 0) {
		struct pending_event before;

		pending_get(pending, count - 1, &before);
		if (!follows(feed, before.last, event))
			pending_clear(pending);
	}
	if (!pending_add(pending, event))
		pending_clear(pending);
	// Only now is it certain that the snapshot will not be older than the stream.
	if (symbol->need == FEED_NEED_NONE && symbol->shown.cause != FEED_CAUSE_REFUSED)
		symbol->need = FEED_NEED_GET;
}

// An event has come that the snapshot has already: the stream began before it.
static enum feed_verdict prove(struct feed *feed, struct symbol *symbol, struct feed_change *change)
{
	feed_show(symbol);
	*change = (struct feed_change){
		.symbol = feed_number(feed, symbol), .best = true, .read_tsc = cycles_now()};
	return FEED_UPDATED;
}

// For a book that is good or held.
static enum feed_verdict take(struct feed *feed, struct symbol *symbol,
	const struct pending_event *event, struct feed_change *change)
{
	enum feed_verdict verdict;

	if (!symbol->joined && is_old(feed, symbol->last, event))
		return symbol->held ? prove(feed, symbol, change) : FEED_IGNORED;
	if (symbol->joined ? !follows(feed, symbol->last, event)
			   : !joins(feed, symbol->last, event)) {
		verdict = feed_spoil(feed, symbol, FEED_CAUSE_GAP, change);
		keep(feed, symbol, event);
		return verdict;
	}
	symbol->last = event->last;
	if (symbol->joined)
		return feed_take_update(feed, symbol, &event->levels, change);
	symbol->joined = true;
	verdict = feed_take_update(feed, symbol, &event->levels, change);
	if (verdict == FEED_UPDATED)
		feed_show(symbol);
	return verdict;
}

static enum feed_verdict take_depth(
	struct feed *feed, const struct binance_event *found, struct feed_change *change)
{
	unsigned int wanted =
		BINANCE_NAME + BINANCE_FIRST + BINANCE_LAST + BINANCE_BIDS + BINANCE_ASKS;
	struct pending_event event = {found->first, found->last, found->previous, feed->parsed};
	struct symbol *symbol;

	// Spot has no use for it.
	if (is_futures(feed) || found->has & BINANCE_PREVIOUS)
		wanted += BINANCE_PREVIOUS;
	if (found->has != wanted || event.first > event.last)
		return feed_spoil_all(feed, FEED_CAUSE_MALFORMED, change);
	symbol = feed_find(feed, &found->name);
	if (symbol == NULL)
		return FEED_IGNORED;
	symbol->newest = event.last;
	if (symbol->shown.state == FEED_GOOD || symbol->held)
		return take(feed, symbol, &event, change);
	keep(feed, symbol, &event);
	return FEED_IGNORED;
}

static enum feed_verdict take_fault(
	struct feed *feed, const struct binance_event *event, struct feed_change *change)
{
	struct symbol *symbol = event->has & BINANCE_NAME ? feed_find(feed, &event->name) : NULL;
	enum feed_cause cause = feed_cause_of(event->fault);

	if (cause == FEED_CAUSE_MALFORMED || symbol == NULL)
		return feed_spoil_all(feed, cause, change);
	symbol->newest = 0;
	return feed_spoil(feed, symbol, cause, change);
}

// The stream is on: whatever a snapshot from now on lacks will come by it.
static void ask_for_snapshots(struct feed *feed)
{
	for (size_t i = 0; i < feed->count; i++)
		if (feed->symbols[i].need == FEED_NEED_NONE &&
			feed->symbols[i].shown.state == FEED_WAITING && !feed->symbols[i].held &&
			feed->symbols[i].shown.cause != FEED_CAUSE_REFUSED)
			feed->symbols[i].need = FEED_NEED_GET;
}

static enum feed_verdict binance_message(
	struct feed *feed, struct json *json, struct feed_change *change)
{
	const char *text = json->at;
	struct binance_event event = {0};

	if (!binance_read_event(feed, json, &event))
		return take_fault(feed, &event, change);
	if (event.depth)
		return take_depth(feed, &event, change);
	if (event.error)
		return feed_refuse(feed, NULL, text, (size_t)(json->end - text), change);
	if (event.answer)
		ask_for_snapshots(feed);
	return FEED_IGNORED;
}

// That the snapshot ends before the events that wait for it begin, or, if none wait any more,
// before the last that came.
static bool is_too_old(const struct feed *feed, struct symbol *symbol, uint64_t id)
{
	struct pending_event event;

	if (pending_count(symbol->pending) == 0)
		return id < symbol->newest;
	pending_get(symbol->pending, 0, &event);
	return !is_old(feed, id, &event) && !joins(feed, id, &event);
}

// No event has come since the stream began, so that of this symbol may not be on yet: what happened
// between snapshot and stream would be lost, and the next event be the first to tell.
static enum feed_verdict hold(struct symbol *symbol, struct feed_change *change)
{
	symbol->shown.state = FEED_WAITING;
	symbol->shown.cause = FEED_CAUSE_START;
	symbol->held = true;
	change->cause = FEED_CAUSE_START;
	return FEED_IGNORED;
}

static enum feed_verdict binance_snapshot(
	struct feed *feed, struct symbol *symbol, struct json *json, struct feed_change *change)
{
	const char *body = json->at;
	struct pending_event event;
	enum feed_verdict verdict;
	uint64_t id = 0;
	bool error = false;
	int fault = 0;

	if (!binance_read_snapshot(feed, json, &id, &fault, &error)) {
		if (error && fault == 0)
			return feed_refuse(feed, symbol, body, (size_t)(json->end - body), change);
		return feed_spoil(feed, symbol, feed_cause_of(fault), change);
	}
	if (is_too_old(feed, symbol, id)) {
		// Not spoilt: the events that came are needed for a newer one.
		symbol->shown.cause = FEED_CAUSE_OLD_SNAPSHOT;
		change->cause = FEED_CAUSE_OLD_SNAPSHOT;
		return FEED_RESYNC;
	}
	symbol->last = id;
	symbol->joined = false;
	verdict = feed_take_snapshot(feed, symbol, change);
	for (size_t i = 0; symbol->shown.state == FEED_GOOD && i < pending_count(symbol->pending);
		i++) {
		enum feed_verdict next;

		pending_get(symbol->pending, i, &event);
		next = take(feed, symbol, &event, change);
		if (next != FEED_IGNORED)
			verdict = next;
	}
	if (symbol->shown.state == FEED_GOOD)
		pending_clear(symbol->pending);
	if (symbol->shown.state == FEED_GOOD && symbol->newest == 0)
		return hold(symbol, change);
	return verdict;
}

static void write_before(struct feed_text *text, bool subscribe)
{
	feed_write(
		text, "{\"method\":\"%s\",\"params\":[", subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE");
}

static void write_lower(struct feed_text *text, const char *name)
{
	char lower[FEED_NAME_SIZE];
	size_t size = 0;

	for (; name[size] != '\0'; size++)
		lower[size] = (char)tolower((unsigned char)name[size]);
	feed_write(text, "\"%.*s@depth@100ms\"", (int)size, lower);
}

static void write_after(struct feed_text *text, const struct feed *feed)
{
	feed_write(text, "],\"id\":%" PRIu32 "}", feed->requests);
}

static void write_spot_path(struct feed_text *text, const char *name, uint32_t depth)
{
	feed_write(text, "/api/v3/depth?symbol=%s&limit=%" PRIu32, name, depth);
}

static void write_futures_path(struct feed_text *text, const char *name, uint32_t depth)
{
	feed_write(text, "/fapi/v1/depth?symbol=%s&limit=%" PRIu32, name, depth);
}

static const uint32_t spot_depths[] = {5, 10, 20, 50, 100, 500, 1000, 5000, 0};
static const uint32_t futures_depths[] = {5, 10, 20, 50, 100, 500, 1000, 0};

const struct feed_rules feed_binance_spot = {
	.name = "binance",
	.endpoint = {"stream.binance.com", 9443, "/stream", "api.binance.com", 443},
	.punctuation = "",
	.depths = spot_depths,
	.depths_text = "binance's depth is 5, 10, 20, 50, 100, 500, 1000 or 5000",
	.need_of_fault = FEED_NEED_GET,
	.ends_at_depth = true,
	.message = binance_message,
	.snapshot = binance_snapshot,
	.before = write_before,
	.item = write_lower,
	.after = write_after,
	.path = write_spot_path,
};

// Books are public by the venue's sorting. The path without it has been retired, and stays silent.
const struct feed_rules feed_binance_futures = {
	.name = "binance-futures",
	.endpoint = {"fstream.binance.com", 443, "/public/stream", "fapi.binance.com", 443},
	.punctuation = "_",
	.depths = futures_depths,
	.depths_text = "binance-futures' depth is 5, 10, 20, 50, 100, 500 or 1000",
	.need_of_fault = FEED_NEED_GET,
	.ends_at_depth = true,
	.message = binance_message,
	.snapshot = binance_snapshot,
	.before = write_before,
	.item = write_lower,
	.after = write_after,
	.path = write_futures_path,
};
