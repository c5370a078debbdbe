// feed_binance.c: snapshots and events in every order that a network can bring them in.
#include "binance.h"

static void a_book_begins(void)
{
	struct feed *feed = started(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 11, 12, 0, "[[\"0.35\",\"0\"],[\"0.345\",\"2.5\"]]"), FEED_UPDATED);
	CHECK_EQUAL(change.symbol, 0);
	CHECK_EQUAL(change.levels, 2);
	CHECK(change.best);
	CHECK_BESTS(feed, 0, "0.345 2.5/0.360 7.0");
	CHECK_EQUAL(event(feed, 13, 13, 0, "[[\"0.30\",\"1\"]]"), FEED_UPDATED);
	CHECK(!change.best);
	CHECK_EQUAL(feed_symbol(feed, 0)->updates, 2);
	CHECK_BESTS(feed, 1, "-");
	feed_free(feed);
}

static void events_wait_for_the_snapshot(void)
{
	struct feed *feed = start(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 8, 9, 0, "[[\"0.35\",\"99\"]]"), FEED_IGNORED);
	// The snapshot's last id lies within this one.
	CHECK_EQUAL(event(feed, 10, 12, 0, "[[\"0.35\",\"8\"]]"), FEED_IGNORED);
	CHECK_EQUAL(event(feed, 13, 14, 0, "[[\"0.355\",\"9\"]]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	expect_request(feed, FEED_REQUEST_NONE, "");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.355 9/0.360 7");
	CHECK_EQUAL(feed_symbol(feed, 0)->updates, 2);
	CHECK_EQUAL(event(feed, 15, 15, 0, "[[\"0.355\",\"0\"]]"), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.350 8/0.360 7");
	feed_free(feed);
}

static void a_snapshot_older_than_the_stream(void)
{
	struct feed *feed = start(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 12, 13, 0, "[[\"0.35\",\"8\"]]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_OLD_SNAPSHOT);
	CHECK_EQUAL(feed_symbol(feed, 0)->cause, FEED_CAUSE_OLD_SNAPSHOT);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(event(feed, 14, 14, 0, "[]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(
		answer(feed, 0,
			"{\"asks\":[],\"bids\":[[\"0.31\",\"1\"]],\"lastUpdateId\":11,\"x\":[1]}"),
		FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.35 8");
	feed_free(feed);
}

static void a_snapshot_newer_than_all_events(void)
{
	struct feed *feed = start(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 3, 4, 0, "[[\"0.99\",\"8\"]]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_UPDATED);
	CHECK_EQUAL(event(feed, 5, 10, 0, "[[\"0.35\",\"99\"]]"), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "0.35 5");
	CHECK_EQUAL(event(feed, 11, 11, 0, "[[\"0.35\",\"4\"]]"), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.35 4");
	feed_free(feed);
}

// Answered to before the symbol's first event: whether the stream began in time is not known yet.
static void a_snapshot_before_the_first_event(void)
{
	static const struct {
		unsigned int first, last;
		enum feed_verdict verdict;
		const char *bests;
	} events[] = {
		{10, 11, FEED_UPDATED, "0.35 4/0.36 7"},
		{8, 10, FEED_UPDATED, "0.35 5/0.36 7"},
		{12, 12, FEED_RESYNC, "-"},
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct feed *feed = start(FEED_BINANCE_SPOT);

		CHECK_EQUAL(say(feed, "{\"result\":null,\"id\":1}"), FEED_IGNORED);
		expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
		expect_request(feed, FEED_REQUEST_GET, "BLZETH");
		CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_IGNORED);
		CHECK_BESTS(feed, 0, "-");
		CHECK_EQUAL(say(feed, "{\"result\":null,\"id\":2}"), FEED_IGNORED);
		expect_request(feed, FEED_REQUEST_NONE, "");
		CHECK_EQUAL(event(feed, events[i].first, events[i].last, 0, "[[\"0.35\",\"4\"]]"),
			events[i].verdict);
		CHECK_BESTS(feed, 0, events[i].bests);
		CHECK_EQUAL(feed_symbol(feed, 0)->resyncs, 0);
		feed_free(feed);
	}
}

static void a_gap(void)
{
	struct feed *feed = started(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 11, 12, 0, "[]"), FEED_UPDATED);
	CHECK_EQUAL(event(feed, 14, 15, 0, "[[\"0.33\",\"3\"]]"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_GAP);
	CHECK_EQUAL(change.symbol, 0);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(feed_symbol(feed, 0)->resyncs, 1);
	// The event after the gap waits for the snapshot like any other.
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(
		answer(feed, 0, "{\"lastUpdateId\":14,\"bids\":[[\"0.32\",\"1\"]],\"asks\":[]}"),
		FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.33 3");
	CHECK_EQUAL(event(feed, 16, 16, 0, "[]"), FEED_UPDATED);
	// Once an event has joined, one that comes again is a fault of the stream.
	CHECK_EQUAL(event(feed, 16, 16, 0, "[]"), FEED_RESYNC);
	feed_free(feed);
}

static void a_gap_right_after_the_snapshot(void)
{
	struct feed *feed = started(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 12, 13, 0, "[]"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_GAP);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void a_gap_among_waiting_events(void)
{
	struct feed *feed = start(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 8, 9, 0, "[]"), FEED_IGNORED);
	CHECK_EQUAL(event(feed, 10, 11, 0, "[]"), FEED_IGNORED);
	CHECK_EQUAL(event(feed, 13, 13, 0, "[[\"0.33\",\"3\"]]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_RESYNC);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void futures_follow_the_previous_id(void)
{
	struct feed *feed = started(FEED_BINANCE_FUTURES);

	// Ids are the exchange's, not the symbol's: they leave room.
	CHECK_EQUAL(event(feed, 20, 25, 10, "[[\"0.35\",\"3\"]]"), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.35 3");
	CHECK_EQUAL(event(feed, 31, 35, 25, "[[\"0.35\",\"4\"]]"), FEED_UPDATED);
	CHECK_EQUAL(event(feed, 36, 37, 34, "[[\"0.35\",\"5\"]]"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_GAP);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void futures_join_within_an_event(void)
{
	struct feed *feed = start(FEED_BINANCE_FUTURES);

	CHECK_EQUAL(event(feed, 5, 9, 4, "[[\"0.35\",\"99\"]]"), FEED_IGNORED);
	CHECK_EQUAL(event(feed, 9, 12, 9, "[[\"0.35\",\"8\"]]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "/fapi/v1/depth?symbol=NKNUSDT&limit=1000");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.35 8");
	feed_free(feed);
	feed = started(FEED_BINANCE_FUTURES);
	CHECK_EQUAL(event(feed, 20, 25, 11, "[]"), FEED_RESYNC);
	feed_free(feed);
}

static void disconnected(void)
{
	struct feed *feed = started(FEED_BINANCE_SPOT);

	feed_disconnected(feed);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(feed_symbol(feed, 0)->cause, FEED_CAUSE_DISCONNECTED);
	expect_request(feed, FEED_REQUEST_NONE, "");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "-");
	feed_connected(feed);
	expect_request(feed, FEED_REQUEST_SEND, "\"id\":2");
	CHECK_EQUAL(say(feed, "{\"result\":null,\"id\":2}"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(expect_request(feed, FEED_REQUEST_GET, "BLZETH"), 1);
	feed_snapshot_failed(feed, 0);
	CHECK_EQUAL(expect_request(feed, FEED_REQUEST_GET, "NKNUSDT"), 0);
	feed_free(feed);
}

static void the_best_price_leaves_the_snapshot(void)
{
	struct level levels[5];
	struct feed *feed = shallow();

	CHECK_EQUAL(
		answer(feed, 0,
			"{\"lastUpdateId\":10,\"bids\":[[\"9\",\"1\"],[\"8\",\"1\"],[\"7\",\"1\"],"
			"[\"6\",\"1\"],[\"5\",\"1\"]],\"asks\":[[\"10\",\"1\"]]}"),
		FEED_UPDATED);
	CHECK_EQUAL(event(feed, 11, 11, 0,
			    "[[\"9\",\"0\"],[\"8\",\"0\"],[\"7\",\"0\"],[\"6\",\"0\"],[\"4.5\","
			    "\"3\"]]"),
		FEED_UPDATED);
	CHECK_BESTS(feed, 0, "5.0 1");
	// 4.5 is in the book, but nobody knows whether it is the second best.
	CHECK_EQUAL(book_count(feed_book(feed, 0), BOOK_BID), 2);
	CHECK_EQUAL(feed_depth(feed, 0, BOOK_BID, levels, 5), 1);
	CHECK_EQUAL(levels[0].price.units, 50);
	CHECK_EQUAL(feed_depth(feed, 0, BOOK_ASK, levels, 5), 1);
	// Between 5 and 4.5 there may be levels that nobody has told of.
	CHECK_EQUAL(event(feed, 12, 12, 0, "[[\"5\",\"0\"]]"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_DEPTH);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void crossed(void)
{
	struct feed *feed = started(FEED_BINANCE_SPOT);

	CHECK_EQUAL(event(feed, 11, 11, 0, "[[\"0.36\",\"1\"]]"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_CROSSED);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

// More events than are kept: a snapshot from before them must not be taken.
static void too_many_waiting_events(void)
{
	struct feed *feed = start(FEED_BINANCE_SPOT);

	for (unsigned int i = 10; i < 5000; i++)
		CHECK_EQUAL(event(feed, i, i, 0, "[[\"0.35\",\"1\"]]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_OLD_SNAPSHOT);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(
		answer(feed, 0, "{\"lastUpdateId\":4998,\"bids\":[],\"asks\":[]}"), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.35 1");
	feed_free(feed);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"a book begins", a_book_begins},
		{"events wait for the snapshot", events_wait_for_the_snapshot},
		{"a snapshot older than the stream", a_snapshot_older_than_the_stream},
		{"a snapshot newer than all events", a_snapshot_newer_than_all_events},
		{"a snapshot before the first event", a_snapshot_before_the_first_event},
		{"a gap", a_gap},
		{"a gap right after the snapshot", a_gap_right_after_the_snapshot},
		{"a gap among waiting events", a_gap_among_waiting_events},
		{"futures follow the previous id", futures_follow_the_previous_id},
		{"futures join within an event", futures_join_within_an_event},
		{"disconnected", disconnected},
		{"the best price leaves the snapshot", the_best_price_leaves_the_snapshot},
		{"crossed", crossed},
		{"too many waiting events", too_many_waiting_events},
	};

	return CHECK_RUN(cases);
}
