// Two symbols of Binance in a test, and what the venue says to them.
#ifndef TEST_BINANCE_H
#define TEST_BINANCE_H

#include "say.h"

static const char *const symbols[] = {"NKNUSDT", "BLZETH"};

static inline struct feed *start(enum feed_venue venue)
{
	struct feed *feed = feed_of(venue, symbols, 2);

	feed_connected(feed);
	expect_request(feed, FEED_REQUEST_SEND,
		"{\"method\":\"SUBSCRIBE\",\"params\":[\"nknusdt@depth@100ms\",\"blzeth@depth@"
		"100ms\"],\"id\":1}");
	expect_request(feed, FEED_REQUEST_NONE, "");
	return feed;
}

// Of spot; previous is only read by futures.
static inline enum feed_verdict event(struct feed *feed, unsigned int first, unsigned int last,
	unsigned int previous, const char *bids)
{
	char text[512];

	snprintf(text, sizeof(text),
		"{\"stream\":\"x\",\"data\":{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"NKNUSDT\",\"U\":"
		"%u,"
		"\"u\":%u,\"pu\":%u,\"b\":%s,\"a\":[]}}",
		first, last, previous, bids);
	return say(feed, text);
}

static const char snapshot_10[] =
	"{\"lastUpdateId\":10,\"bids\":[[\"0.35\",\"5\"],[\"0.34\",\"6\"]],"
	"\"asks\":[[\"0.36\",\"7\"]]}";

// In sync at id 10.
static inline struct feed *started(enum feed_venue venue)
{
	struct feed *feed = start(venue);
	size_t symbol;

	CHECK_EQUAL(event(feed, 9, 10, 8, "[]"), FEED_IGNORED);
	symbol = expect_request(feed, FEED_REQUEST_GET, "depth?symbol=NKNUSDT&limit=1000");
	CHECK_EQUAL(symbol, 0);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(answer(feed, symbol, snapshot_10), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.35 5/0.36 7");
	return feed;
}

// Of spot, one symbol, and its snapshot of five levels asked for, which the stream's event 10 waits
// for.
static inline struct feed *shallow(void)
{
	struct feed_config config = {
		.venue = FEED_BINANCE_SPOT, .symbols = symbols, .count = 1, .depth = 5};
	struct feed *feed;
	const char *fault;

	CHECK_EQUAL(feed_new(&config, &feed, &fault), 0);
	feed_connected(feed);
	expect_request(feed, FEED_REQUEST_SEND, "SUBSCRIBE");
	CHECK_EQUAL(event(feed, 10, 10, 0, "[]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "limit=5");
	return feed;
}

#endif
