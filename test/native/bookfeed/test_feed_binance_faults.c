// feed_binance.c: messages and snapshots that are not what they should be.
#include "binance.h"

static void hostile_numbers(void)
{
	static const struct {
		const char *bids;
		enum feed_verdict verdict;
		enum feed_cause cause;
	} texts[] = {
		{"[[\"99999999999999999999\",\"1\"]]", FEED_RESYNC, FEED_CAUSE_NUMBER},
		{"[[\"0\",\"1\"]]", FEED_RESYNC, FEED_CAUSE_NUMBER},
		{"[[\"4000000000000000000\",\"1\"]]", FEED_RESYNC, FEED_CAUSE_NUMBER},
		{"[[\"0.1\",\"1e9\"]]", FEED_MALFORMED, FEED_CAUSE_MALFORMED},
		{"[[\"-0.1\",\"1\"]]", FEED_MALFORMED, FEED_CAUSE_MALFORMED},
		{"[[0.1,1]]", FEED_MALFORMED, FEED_CAUSE_MALFORMED},
		{"{}", FEED_MALFORMED, FEED_CAUSE_MALFORMED},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct feed *feed = started(FEED_BINANCE_SPOT);

		CHECK_EQUAL(event(feed, 11, 11, 0, texts[i].bids), texts[i].verdict);
		CHECK_EQUAL(change.cause, texts[i].cause);
		CHECK_BESTS(feed, 0, "-");
		expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
		feed_free(feed);
	}
}

static void more_levels_than_allowed(void)
{
	struct feed *feed = started(FEED_BINANCE_SPOT);
	char text[8192];
	size_t size = (size_t)snprintf(text, sizeof(text),
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":11,\"u\":11,\"b\":[");

	for (int i = 0; i < 101; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s[\"0.%d\",\"1\"]",
			i ? "," : "", 1000 + i);
	snprintf(text + size, sizeof(text) - size, "],\"a\":[]}");
	CHECK_EQUAL(say(feed, text), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_FULL);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void cut_at_every_byte(void)
{
	static const char text[] = "{\"data\":{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":11,"
				   "\"u\":11,\"b\":[[\"0.35\","
				   "\"1\"]],\"a\":[[\"0.37\",\"0\"]]}}";

	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		struct feed *feed = started(FEED_BINANCE_SPOT);

		CHECK_EQUAL(say_part(feed, text, size), FEED_MALFORMED);
		CHECK_BESTS(feed, 0, "-");
		feed_free(feed);
	}
}

static void schema_faults(void)
{
	static const char *const texts[] = {
		"{\"e\":\"depthUpdate\",\"U\":11,\"u\":11,\"b\":[],\"a\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"u\":11,\"b\":[],\"a\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":11,\"b\":[],\"a\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":11,\"u\":11,\"a\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":11,\"u\":11,\"b\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":12,\"u\":11,\"b\":[],\"a\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":11,\"u\":18446744073709551615,"
		"\"b\":[],"
		"\"a\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":9,\"U\":11,\"u\":11,\"b\":[],\"a\":"
		"[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"NKNUSDT\",\"U\":11,\"u\":11,\"b\":[],\"b\":[],"
		"\"a\":[]}",
		"{\"e\":\"depthUpdate\",\"s\":\"A\",\"s\":\"NKNUSDT\",\"U\":11,\"u\":11,\"b\":[],"
		"\"a\":[]}",
		"[]", "1", "{} {}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct feed *feed = started(FEED_BINANCE_SPOT);

		CHECK_EQUAL(say(feed, texts[i]), FEED_MALFORMED);
		CHECK_BESTS(feed, 0, "-");
		feed_free(feed);
	}
}

static void other_messages(void)
{
	static const char *const texts[] = {"{\"stream\":\"nknusdt@bookTicker\",\"data\":{\"u\":99,"
					    "\"s\":\"NKNUSDT\",\"b\":\"0.9\","
					    "\"B\":\"1\",\"a\":\"0.1\",\"A\":\"2\"}}",
		"{\"e\":\"aggTrade\",\"s\":\"NKNUSDT\",\"a\":15683430,\"p\":\"0.35\",\"m\":false}",
		"{\"e\":\"depthUpdate\",\"s\":\"OTHER\",\"U\":1,\"u\":1,\"b\":[],\"a\":[]}",
		"{\"result\":null,\"id\":1}", "{}"};
	struct feed *feed = started(FEED_BINANCE_SPOT);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_EQUAL(say(feed, texts[i]), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "0.35 5/0.36 7");
	// Keys in another order, an escape in the name, space.
	CHECK_EQUAL(
		say(feed, " { \"a\" : [ ] , \"b\" : [ [ \"0.35\" , \"4\" ] ] , \"u\" : 11 ,"
			  " \"U\" : 11 , \"s\" : \"\\u004eKNUSDT\" , \"e\" : \"depthUpdate\" } "),
		FEED_UPDATED);
	CHECK_BESTS(feed, 0, "0.35 4/0.36 7");
	feed_free(feed);
}

// A symbol whose subscription waits for its turn must not get a snapshot without a stream.
static void a_fault_before_the_subscription(void)
{
	struct feed *feed = feed_of(FEED_BINANCE_SPOT, symbols, 2);

	feed_connected(feed);
	CHECK_EQUAL(say(feed, "not JSON"), FEED_MALFORMED);
	expect_request(feed, FEED_REQUEST_SEND, "SUBSCRIBE");
	expect_request(feed, FEED_REQUEST_NONE, "");
	feed_free(feed);
}

// What the event was that could not be read is not known: a snapshot from before it is no book.
static void a_snapshot_from_before_a_fault(void)
{
	static const char *const bids[] = {"[[\"0.35\",\"99999999999999999999\"]]", "[[]]"};

	for (size_t i = 0; i < sizeof(bids) / sizeof(bids[0]); i++) {
		struct feed *feed = started(FEED_BINANCE_SPOT);

		event(feed, 11, 11, 0, bids[i]);
		expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
		CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_IGNORED);
		CHECK_BESTS(feed, 0, "-");
		CHECK_EQUAL(event(feed, 12, 12, 0, "[]"), FEED_RESYNC);
		CHECK_EQUAL(change.cause, FEED_CAUSE_GAP);
		CHECK_BESTS(feed, 0, "-");
		feed_free(feed);
	}
}

// Above what the bound of the snapshot can be at the finer scale there can be no bid.
static void a_finer_scale_than_the_bound_has(void)
{
	struct feed *feed = shallow();

	CHECK_EQUAL(answer(feed, 0,
			    "{\"lastUpdateId\":10,\"bids\":[[\"1000000000000000005\",\"1\"],"
			    "[\"1000000000000000004\",\"1\"],[\"1000000000000000003\",\"1\"],"
			    "[\"1000000000000000002\",\"1\"],[\"1000000000000000001\",\"1\"]],"
			    "\"asks\":[]}"),
		FEED_UPDATED);
	CHECK_EQUAL(event(feed, 11, 11, 0,
			    "[[\"1000000000000000005\",\"0\"],[\"1000000000000000004\",\"0\"],"
			    "[\"1000000000000000003\",\"0\"],[\"1000000000000000002\",\"0\"],"
			    "[\"1000000000000000001\",\"0\"],[\"0.1\",\"1\"]]"),
		FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_DEPTH);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void refused(void)
{
	struct feed *feed = started(FEED_BINANCE_SPOT);

	CHECK_EQUAL(say(feed, "{\"error\":{\"code\":2,\"msg\":\"bad\tstream\"},\"id\":1}"),
		FEED_MALFORMED);
	CHECK_EQUAL(say(feed, "{\"error\":{\"code\":2,\"msg\":\"bad stream\"},\"id\":1}"),
		FEED_REFUSED);
	CHECK_TEXT(feed_refusal(feed), "bad stream");
	CHECK_EQUAL(change.symbol, FEED_NO_SYMBOL);
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(answer(feed, 0, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}"), FEED_REFUSED);
	CHECK_EQUAL(change.symbol, 0);
	CHECK_TEXT(feed_refusal(feed), "Invalid symbol.");
	CHECK_EQUAL(event(feed, 11, 11, 0, "[]"), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_GET, "BLZETH");
	expect_request(feed, FEED_REQUEST_NONE, "");
	feed_free(feed);
}

static void broken_snapshots(void)
{
	static const char *const texts[] = {"", "<html>", "{}", "[]",
		"{\"lastUpdateId\":10,\"bids\":[]}",
		"{\"lastUpdateId\":-1,\"bids\":[],\"asks\":[]}", "{\"bids\":[],\"asks\":[]}",
		"{\"lastUpdateId\":10,\"bids\":[],\"asks\":[]} x",
		"{\"lastUpdateId\":10,\"bids\":[],\"bids\":[],\"asks\":[]}",
		"{\"lastUpdateId\":10,\"bids\":[[\"1\",\"1\"]],\"asks\":[[\"1\",\"1\"]]}"};
	struct feed *feed = start(FEED_BINANCE_SPOT);

	event(feed, 9, 10, 0, "[]");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
		CHECK_EQUAL(answer(feed, 0, texts[i]), FEED_RESYNC);
		CHECK_BESTS(feed, 0, "-");
	}
	// The event that waited is lost, but not what it said of the stream's age.
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(answer(feed, 0, "{\"lastUpdateId\":9,\"bids\":[],\"asks\":[]}"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_OLD_SNAPSHOT);
	CHECK_BESTS(feed, 0, "-");
	expect_request(feed, FEED_REQUEST_GET, "NKNUSDT");
	CHECK_EQUAL(answer(feed, 0, snapshot_10), FEED_UPDATED);
	feed_free(feed);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"hostile numbers", hostile_numbers},
		{"more levels than allowed", more_levels_than_allowed},
		{"cut at every byte", cut_at_every_byte},
		{"schema faults", schema_faults},
		{"other messages", other_messages},
		{"a fault before the subscription", a_fault_before_the_subscription},
		{"a snapshot from before a fault", a_snapshot_from_before_a_fault},
		{"a finer scale than the bound has", a_finer_scale_than_the_bound_has},
		{"refused", refused},
		{"broken snapshots", broken_snapshots},
	};

	return CHECK_RUN(cases);
}
