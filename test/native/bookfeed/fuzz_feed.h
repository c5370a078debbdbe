// libFuzzer: one venue. The input is what a connection brings, a line each: a line is a message,
// "<" before it makes it a snapshot's body, "!" is a lost connection. After each, what is shown of
// the books must be sound.
#ifndef FUZZ_FEED_H
#define FUZZ_FEED_H

#include <stdlib.h>
#include <string.h>

#include "feed.h"

static void require(bool right)
{
	if (!right)
		abort();
}

// What is shown of a side is in order, and there if there is a best price.
static void check_depth(const struct feed *feed, size_t number, enum book_side side)
{
	struct level levels[8];
	size_t count = feed_depth(feed, number, side, levels, 8);

	require((count > 0) == (book_count(feed_book(feed, number), side) > 0));
	for (size_t i = 0; i < count; i++) {
		require(levels[i].price.units > 0 && levels[i].quantity.units > 0);
		if (i > 0)
			require(side == BOOK_BID
					? levels[i].price.units < levels[i - 1].price.units
					: levels[i].price.units > levels[i - 1].price.units);
	}
}

static void check_book(const struct feed *feed, size_t number)
{
	const struct feed_symbol *symbol = feed_symbol(feed, number);
	const struct book *book = feed_book(feed, number);
	struct level best;

	require((book != NULL) == (symbol->state == FEED_GOOD));
	require((book != NULL) == (symbol->cause == FEED_CAUSE_NONE));
	if (book == NULL)
		return;
	require(!book_crossed(book));
	for (int side = 0; side < BOOK_SIDES; side++) {
		if (book_best(book, side, &best))
			require(best.price.units > 0 && best.quantity.units > 0);
		check_depth(feed, number, side);
	}
}

static void check_books(
	const struct feed *feed, enum feed_verdict verdict, const struct feed_change *change)
{
	for (size_t i = 0; i < feed_count(feed); i++) {
		check_book(feed, i);
		require(verdict != FEED_MALFORMED || feed_book(feed, i) == NULL);
	}
	if (verdict == FEED_UPDATED)
		require(feed_book(feed, change->symbol) != NULL);
	if (verdict == FEED_RESYNC)
		require(feed_book(feed, change->symbol) == NULL &&
			change->cause != FEED_CAUSE_NONE);
}

// Every request that is wanted, as if it had been sent; whose snapshot was asked for last.
static void make_requests(struct feed *feed, size_t *asked)
{
	char text[FEED_REQUEST_SIZE];
	size_t symbol;

	for (;;) {
		enum feed_request request = feed_request(feed, text, &symbol);

		if (request == FEED_REQUEST_NONE)
			return;
		require(memchr(text, '\0', sizeof(text)) != NULL);
		if (request == FEED_REQUEST_GET)
			*asked = symbol;
	}
}

static void take(struct feed *feed, const char *line, size_t size, size_t *asked)
{
	struct feed_change change = {.symbol = FEED_NO_SYMBOL};
	enum feed_verdict verdict = FEED_IGNORED;
	bool body = size > 0 && line[0] == '<';
	char *copy = malloc(size + FEED_PADDING);

	memcpy(copy, line + body, size - body);
	memset(copy + size - body, '"', FEED_PADDING);
	if (size == 1 && line[0] == '!') {
		feed_disconnected(feed);
		feed_connected(feed);
	} else if (body) {
		verdict = feed_snapshot(feed, *asked, copy, size - 1, &change);
	} else {
		verdict = feed_message(feed, copy, size, &change);
	}
	free(copy);
	check_books(feed, verdict, &change);
	make_requests(feed, asked);
}

// The depth is the smallest of the venue, so that short inputs reach what lies beyond it.
static struct feed *fuzz_new(
	enum feed_venue venue, const char *const *symbols, size_t count, uint32_t depth)
{
	struct feed_config config = {.venue = venue,
		.symbols = symbols,
		.count = count,
		.depth = depth,
		.window = BOOK_WINDOW_MIN,
		.levels_max = 32};
	struct feed *feed = NULL;
	const char *fault;

	require(feed_new(&config, &feed, &fault) == 0);
	return feed;
}

static void fuzz_connection(struct feed *feed, const uint8_t *bytes, size_t size)
{
	static unsigned int runs;
	const char *at = (const char *)bytes, *end = at + size;
	size_t asked = 0;

	feed_disconnected(feed);
	feed_connected(feed);
	make_requests(feed, &asked);
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));

		if (line_end == NULL)
			line_end = end;
		take(feed, at, (size_t)(line_end - at), &asked);
		at = line_end + 1;
	}
	// All of a book takes longer than most inputs.
	if (runs++ % 64 != 0)
		return;
	for (size_t i = 0; i < feed_count(feed); i++)
		if (feed_book(feed, i) != NULL)
			require(book_fault(feed_book(feed, i)) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
