// A feed in a test: what is said to it lies in memory of its exact size and padding, so that
// sanitizers see every byte that is read beyond.
#ifndef TEST_SAY_H
#define TEST_SAY_H

#include <stdlib.h>

#include "check.h"
#include "feed.h"

static struct feed_change change;

static inline struct feed *feed_of(enum feed_venue venue, const char *const *symbols, size_t count)
{
	struct feed_config config = {
		.venue = venue, .symbols = symbols, .count = count, .levels_max = 100};
	struct feed *feed = NULL;
	const char *fault = NULL;

	if (feed_new(&config, &feed, &fault) != 0)
		printf("# %s\n", fault);
	CHECK(feed != NULL);
	return feed;
}

static inline char *said(const char *text, size_t size)
{
	char *copy = malloc(size + FEED_PADDING);

	memcpy(copy, text, size);
	memset(copy + size, '"', FEED_PADDING);
	return copy;
}

static inline enum feed_verdict say_part(struct feed *feed, const char *text, size_t size)
{
	char *copy = said(text, size);
	enum feed_verdict verdict = feed_message(feed, copy, size, &change);

	free(copy);
	return verdict;
}

static inline enum feed_verdict say(struct feed *feed, const char *text)
{
	return say_part(feed, text, strlen(text));
}

static inline enum feed_verdict answer(struct feed *feed, size_t symbol, const char *body)
{
	char *copy = said(body, strlen(body));
	enum feed_verdict verdict = feed_snapshot(feed, symbol, copy, strlen(body), &change);

	free(copy);
	return verdict;
}

// The next request, which must be of that kind and contain that text.
static inline size_t expect_request(struct feed *feed, enum feed_request kind, const char *part)
{
	char text[FEED_REQUEST_SIZE] = "";
	size_t symbol = FEED_NO_SYMBOL;

	CHECK_EQUAL(feed_request(feed, text, &symbol), kind);
	CHECK_TEXT(text, part);
	return symbol;
}

// "bid quantity / ask quantity" of a good book, "-" of one that is not.
static inline const char *bests(const struct feed *feed, size_t symbol)
{
	static char text[4 * DECIMAL_TEXT_SIZE + 8];
	const struct feed_symbol *shown = feed_symbol(feed, symbol);
	const struct book *book = feed_book(feed, symbol);
	size_t size = 0;

	if (book == NULL)
		return "-";
	CHECK(book_fault(book) == NULL);
	for (int side = 0; side < BOOK_SIDES; side++) {
		struct level best = {{0}, {0}};

		book_best(book, side, &best);
		size += decimal_print(best.price.units, shown->price_decimals, text + size);
		text[size++] = ' ';
		size += decimal_print(best.quantity.units, shown->quantity_decimals, text + size);
		text[size++] = side == BOOK_BID ? '/' : '\0';
	}
	return text;
}

#define CHECK_BESTS(feed, symbol, wanted) CHECK_TEXT(bests(feed, symbol), wanted)

// Of a venue that sends its snapshots: connected and subscribed, and the first of both symbols in
// sync.
static inline struct feed *feed_in_sync(enum feed_venue venue, const char *const *symbols,
	const char *request, const char *snapshot, const char *wanted)
{
	struct feed *feed = feed_of(venue, symbols, 2);

	feed_connected(feed);
	expect_request(feed, FEED_REQUEST_SEND, request);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	CHECK_BESTS(feed, 0, wanted);
	CHECK_BESTS(feed, 1, "-");
	return feed;
}

#endif
