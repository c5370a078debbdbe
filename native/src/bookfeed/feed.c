// A feed from its configuration to its end, and the states of its books: what is the same at all
// venues.
#include "feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cycles.h"
#include "feed_inside.h"
#include "plain_text.h"

static const struct feed_rules *const venues[FEED_VENUES] = {
	[FEED_BINANCE_SPOT] = &feed_binance_spot,
	[FEED_BINANCE_FUTURES] = &feed_binance_futures,
	[FEED_KRAKEN] = &feed_kraken,
	[FEED_COINBASE] = &feed_coinbase,
};

const struct feed_rules *feed_rules_of(enum feed_venue venue)
{
	return venues[venue];
}

const char *feed_venue_name(enum feed_venue venue)
{
	return venues[venue]->name;
}

int feed_venue_parse(const char *name, enum feed_venue *venue)
{
	for (int i = 0; i < FEED_VENUES; i++)
		if (strcmp(name, venues[i]->name) == 0) {
			*venue = i;
			return 0;
		}
	return -EINVAL;
}

const char *feed_cause_name(enum feed_cause cause)
{
	static const char *const names[FEED_CAUSES] = {
		[FEED_CAUSE_NONE] = "none",
		[FEED_CAUSE_START] = "start",
		[FEED_CAUSE_DISCONNECTED] = "disconnected",
		[FEED_CAUSE_GAP] = "gap",
		[FEED_CAUSE_OLD_SNAPSHOT] = "old-snapshot",
		[FEED_CAUSE_CHECKSUM] = "checksum",
		[FEED_CAUSE_CROSSED] = "crossed",
		[FEED_CAUSE_MALFORMED] = "malformed",
		[FEED_CAUSE_NUMBER] = "number",
		[FEED_CAUSE_FULL] = "full",
		[FEED_CAUSE_DEPTH] = "depth",
		[FEED_CAUSE_REFUSED] = "refused",
	};

	return names[cause];
}

void feed_endpoint(const struct feed *feed, struct feed_endpoint *endpoint)
{
	*endpoint = feed->rules->endpoint;
}

size_t feed_count(const struct feed *feed)
{
	return feed->count;
}

const struct feed_symbol *feed_symbol(const struct feed *feed, size_t symbol)
{
	return &feed->symbols[symbol].shown;
}

const struct book *feed_book(const struct feed *feed, size_t symbol)
{
	const struct symbol *one = &feed->symbols[symbol];

	return one->shown.state == FEED_GOOD ? one->book : NULL;
}

const char *feed_refusal(const struct feed *feed)
{
	return feed->refusal;
}

size_t feed_number(const struct feed *feed, const struct symbol *symbol)
{
	return (size_t)(symbol - feed->symbols);
}

static void lose(struct symbol *symbol, enum feed_cause cause)
{
	symbol->shown.resyncs += symbol->shown.state == FEED_GOOD;
	symbol->shown.state = FEED_WAITING;
	symbol->shown.cause = cause;
	symbol->held = false;
	if (symbol->pending != NULL)
		pending_clear(symbol->pending);
}

enum feed_verdict feed_spoil(
	struct feed *feed, struct symbol *symbol, enum feed_cause cause, struct feed_change *change)
{
	lose(symbol, cause);
	// What is not subscribed yet gets all that it needs by being so; nothing else may come
	// first.
	if (symbol->need != FEED_NEED_SUBSCRIBE)
		symbol->need = feed->rules->need_of_fault;
	*change = (struct feed_change){.symbol = feed_number(feed, symbol), .cause = cause};
	return FEED_RESYNC;
}

enum feed_verdict feed_spoil_all(
	struct feed *feed, enum feed_cause cause, struct feed_change *change)
{
	for (size_t i = 0; i < feed->count; i++) {
		feed_spoil(feed, &feed->symbols[i], cause, change);
		feed->symbols[i].newest = 0;
	}
	*change = (struct feed_change){.symbol = FEED_NO_SYMBOL, .cause = cause};
	return FEED_MALFORMED;
}

enum feed_cause feed_cause_of(int fault)
{
	switch (fault) {
	case -ERANGE:
		return FEED_CAUSE_NUMBER;
	case -ENOSPC:
		return FEED_CAUSE_FULL;
	default:
		return FEED_CAUSE_MALFORMED;
	}
}

enum feed_verdict feed_refuse(struct feed *feed, struct symbol *symbol, const char *text,
	size_t size, struct feed_change *change)
{
	size_t count = size < sizeof(feed->refusal) ? size : sizeof(feed->refusal) - 1;

	plain_text(feed->refusal, text, count);
	*change = (struct feed_change){.symbol = FEED_NO_SYMBOL, .cause = FEED_CAUSE_REFUSED};
	if (symbol != NULL) {
		lose(symbol, FEED_CAUSE_REFUSED);
		symbol->need = FEED_NEED_NONE;
		change->symbol = feed_number(feed, symbol);
	}
	return FEED_REFUSED;
}

static void read_bests(const struct symbol *symbol, struct level bests[BOOK_SIDES])
{
	for (int side = 0; side < BOOK_SIDES; side++) {
		bests[side] = (struct level){{0}, {0}};
		book_best(symbol->book, side, &bests[side]);
	}
}

static uint32_t level_count(const struct feed_levels *levels)
{
	return (uint32_t)(levels->count[BOOK_BID] + levels->count[BOOK_ASK]);
}

enum feed_verdict feed_take_update(struct feed *feed, struct symbol *symbol,
	const struct feed_levels *levels, struct feed_change *change)
{
	struct level before[BOOK_SIDES], after[BOOK_SIDES];
	uint64_t read_tsc = cycles_now();
	enum feed_cause cause;

	read_bests(symbol, before);
	cause = feed_apply(symbol, levels);
	if (cause == FEED_CAUSE_NONE && feed->rules->prove != NULL)
		cause = feed->rules->prove(feed, symbol);
	if (cause == FEED_CAUSE_NONE)
		cause = feed_doubt(symbol);
	if (cause != FEED_CAUSE_NONE)
		return feed_spoil(feed, symbol, cause, change);
	read_bests(symbol, after);
	symbol->shown.updates++;
	*change = (struct feed_change){
		.symbol = feed_number(feed, symbol),
		.levels = level_count(levels),
		.best = memcmp(before, after, sizeof(before)) != 0,
		.read_tsc = read_tsc,
	};
	return FEED_UPDATED;
}

enum feed_verdict feed_take_snapshot(
	struct feed *feed, struct symbol *symbol, struct feed_change *change)
{
	uint64_t read_tsc = cycles_now();
	enum feed_cause cause = feed_load(feed, symbol, &feed->parsed);

	if (cause == FEED_CAUSE_NONE)
		cause = feed_doubt(symbol);
	if (cause != FEED_CAUSE_NONE)
		return feed_spoil(feed, symbol, cause, change);
	feed_show(symbol);
	symbol->shown.snapshots++;
	// One that crossed an unsubscription does not spare the subscription that is to follow it.
	if (symbol->need != FEED_NEED_SUBSCRIBE)
		symbol->need = FEED_NEED_NONE;
	*change = (struct feed_change){
		.symbol = feed_number(feed, symbol),
		.levels = level_count(&feed->parsed),
		.best = true,
		.read_tsc = read_tsc,
	};
	return FEED_UPDATED;
}

enum feed_verdict feed_message(
	struct feed *feed, const char *text, size_t size, struct feed_change *change)
{
	struct json json;

	*change = (struct feed_change){.symbol = FEED_NO_SYMBOL};
	feed->parsed.count[BOOK_BID] = 0;
	feed->parsed.count[BOOK_ASK] = 0;
	json_open(&json, text, size);
	return feed->rules->message(feed, &json, change);
}

enum feed_verdict feed_snapshot(
	struct feed *feed, size_t symbol, const char *body, size_t size, struct feed_change *change)
{
	struct symbol *one = &feed->symbols[symbol];
	struct json json;

	*change = (struct feed_change){.symbol = symbol};
	if (one->need != FEED_NEED_ANSWER)
		return FEED_IGNORED;
	feed->parsed.count[BOOK_BID] = 0;
	feed->parsed.count[BOOK_ASK] = 0;
	one->need = FEED_NEED_GET;
	json_open(&json, body, size);
	return feed->rules->snapshot(feed, one, &json, change);
}

void feed_snapshot_failed(struct feed *feed, size_t symbol)
{
	if (feed->symbols[symbol].need == FEED_NEED_ANSWER)
		feed->symbols[symbol].need = FEED_NEED_GET;
}

void feed_connected(struct feed *feed)
{
	for (size_t i = 0; i < feed->count; i++) {
		feed->symbols[i].need = FEED_NEED_SUBSCRIBE;
		feed->symbols[i].newest = 0;
		feed->symbols[i].leaving = 0;
		feed->symbols[i].left = 0;
	}
	feed->answered = feed->requests;
}

void feed_disconnected(struct feed *feed)
{
	for (size_t i = 0; i < feed->count; i++) {
		lose(&feed->symbols[i], FEED_CAUSE_DISCONNECTED);
		feed->symbols[i].need = FEED_NEED_NONE;
	}
}
