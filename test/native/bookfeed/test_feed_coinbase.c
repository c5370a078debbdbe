// feed_coinbase.c: a snapshot, changes, and what must not be taken for them.
#include "say.h"

static const char *const symbols[] = {"BTC-USD", "SKL-GBP"};

static const char snapshot[] = "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"100."
			       "5\",\"1\"],[\"101\",\"2\"]],"
			       "\"bids\":[[\"100\",\"0.25\"],[\"99.5\",\"3\"]]}";

static const char subscribed[] = "{\"type\":\"subscriptions\",\"channels\":[{\"name\":"
				 "\"level2_50\",\"product_ids\":[\"SKL-GBP\",\"BTC-USD\"]}]}";
static const char unsubscribed[] = "{\"type\":\"subscriptions\",\"channels\":[{\"name\":"
				   "\"level2_50\",\"product_ids\":[\"SKL-GBP\"]}]}";

static struct feed *start(void)
{
	return feed_in_sync(FEED_COINBASE, symbols,
		"{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\",\"SKL-GBP\"],\"channels\":["
		"\"level2_batch\"]}",
		snapshot, "100.0 0.25/100.5 1.00");
}

static enum feed_verdict changes(struct feed *feed, const char *list)
{
	char text[512];

	snprintf(text, sizeof(text),
		"{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":%s,\"time\":\"x\"}",
		list);
	return say(feed, text);
}

static void changes_in_order(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(
		changes(feed, "[[\"buy\",\"100.1\",\"4\"],[\"sell\",\"100.5\",\"0.0\"],[\"buy\","
			      "\"100.1\",\"5\"]]"),
		FEED_UPDATED);
	CHECK_EQUAL(change.levels, 3);
	CHECK_BESTS(feed, 0, "100.1 5.00/101.0 2.00");
	feed_free(feed);
}

// Decimals come as they are needed.
static void finer_numbers(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(changes(feed, "[[\"sell\",\"100.4321\",\"0.00000001\"]]"), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "100.0000 0.25000000/100.4321 0.00000001");
	CHECK_EQUAL(changes(feed, "[[\"sell\",\"100.432\",\"1.0\"]]"), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "100.0000 0.25000000/100.4320 1.00000000");
	CHECK_EQUAL(changes(feed, "[[\"sell\",\"101\",\"90000000000\"]]"), FEED_UPDATED);
	CHECK_EQUAL(changes(feed, "[[\"sell\",\"102\",\"0.000000001\"]]"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_NUMBER);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void changes_before_the_snapshot(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(
		say(feed, "{\"type\":\"l2update\",\"product_id\":\"SKL-GBP\",\"changes\":[[\"buy\","
			  "\"1\",\"1\"]]}"),
		FEED_IGNORED);
	CHECK_BESTS(feed, 1, "-");
	feed_free(feed);
}

static void another_snapshot_replaces(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(
		say(feed,
			"{\"bids\":[[\"7\",\"1\"]],\"asks\":[],\"product_id\":\"BTC-USD\",\"type\":"
			"\"snapshot\"}"),
		FEED_UPDATED);
	CHECK_BESTS(feed, 0, "7 1/0 0");
	CHECK_EQUAL(book_count(feed_book(feed, 0), BOOK_ASK), 0);
	feed_free(feed);
}

static void crossed(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.5\",\"1\"]]"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_CROSSED);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.5\",\"0\"]]"), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "-");
	expect_request(feed, FEED_REQUEST_SEND,
		"{\"type\":\"unsubscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level2_"
		"batch\"]}");
	expect_request(
		feed, FEED_REQUEST_SEND, "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"]");
	feed_free(feed);
}

static void a_snapshot_crosses_the_unsubscription(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.5\",\"1\"]]"), FEED_RESYNC);
	CHECK_EQUAL(say(feed, subscribed), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_SEND, "\"unsubscribe\"");
	CHECK_EQUAL(say(feed, snapshot), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\"");
	expect_request(feed, FEED_REQUEST_NONE, "");
	CHECK_EQUAL(say(feed, snapshot), FEED_IGNORED);
	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.1\",\"1\"]]"), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(say(feed, unsubscribed), FEED_IGNORED);
	CHECK_EQUAL(say(feed, subscribed), FEED_IGNORED);
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "100.0 0.25/100.5 1.00");
	expect_request(feed, FEED_REQUEST_NONE, "");
	feed_free(feed);
}

// The next subscription may have to wait for its turn.
static void a_snapshot_comes_between_the_subscriptions(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(say(feed, subscribed), FEED_IGNORED);
	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.5\",\"1\"]]"), FEED_RESYNC);
	expect_request(feed, FEED_REQUEST_SEND, "\"unsubscribe\"");
	CHECK_EQUAL(say(feed, unsubscribed), FEED_IGNORED);
	CHECK_EQUAL(say(feed, snapshot), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "-");
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\"");
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	feed_free(feed);
}

// The subscription goes on as long as nobody ended it.
static void a_snapshot_comes_before_the_unsubscription(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.5\",\"1\"]]"), FEED_RESYNC);
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "100.0 0.25/100.5 1.00");
	expect_request(feed, FEED_REQUEST_NONE, "");
	feed_free(feed);
}

// An error is an answer too; what answers nothing is counted for nothing, nor is what an earlier
// connection left open.
static void answers_are_counted(void)
{
	struct feed *feed = start();

	for (int i = 0; i < 3; i++)
		CHECK_EQUAL(say(feed, subscribed), FEED_IGNORED);
	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.5\",\"1\"]]"), FEED_RESYNC);
	expect_request(feed, FEED_REQUEST_SEND, "\"unsubscribe\"");
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\"");
	CHECK_EQUAL(say(feed, snapshot), FEED_IGNORED);
	CHECK_EQUAL(say(feed, "{\"type\":\"error\",\"message\":\"x\"}"), FEED_REFUSED);
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.5\",\"1\"]]"), FEED_RESYNC);
	expect_request(feed, FEED_REQUEST_SEND, "\"unsubscribe\"");
	feed_disconnected(feed);
	feed_connected(feed);
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\"");
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	feed_free(feed);
}

static void disconnected(void)
{
	struct feed *feed = start();

	feed_disconnected(feed);
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(changes(feed, "[[\"buy\",\"100.1\",\"1\"]]"), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "-");
	expect_request(feed, FEED_REQUEST_NONE, "");
	feed_connected(feed);
	expect_request(feed, FEED_REQUEST_SEND, "SKL-GBP");
	feed_free(feed);
}

static void faults(void)
{
	static const char *const lists[] = {"[[\"hold\",\"100.1\",\"1\"]]", "[[\"buy\",\"100.1\"]]",
		"[[\"buy\",100.1,\"1\"]]", "[[\"buy\",\"100.1\",\"1\",\"2\"]]", "[\"buy\"]", "{}",
		"[[\"buy\",\"100.1\",\"-1\"]]", "[[\"buy\",\"1e2\",\"1\"]]", "[[]]"};
	static const char *const texts[] = {"", "[]", "{\"type\":\"snapshot\"}",
		"{\"type\":\"l2update\",\"product_id\":\"BTC-USD\"}", "{\"type\":1}",
		"{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[],\"bids\":[]}",
		// What says which kind it is cannot be read, or is said twice.
		"{\"product_id\":\"BTC-USD\",\"changes\":[]}",
		"{\"\\u0074ype\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[]}",
		"{\"type\":\"l2upd\\u0061te\",\"product_id\":\"BTC-USD\",\"changes\":[]}",
		"{\"type\":\"l2update\",\"type\":\"ticker\",\"product_id\":\"BTC-USD\",\"changes\":"
		"[]}",
		"{\"type\":\"l2update\",\"product_id\":\"SKL-GBP\",\"product_id\":\"BTC-USD\","
		"\"changes\":[]}",
		"{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[],\"changes\":[]}",
		"{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"bids\":[],\"bids\":[],"
		"\"asks\":[]}"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct feed *feed = start();

		CHECK_EQUAL(changes(feed, lists[i]), FEED_MALFORMED);
		CHECK_BESTS(feed, 0, "-");
		feed_free(feed);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct feed *feed = start();

		CHECK_EQUAL(say(feed, texts[i]), FEED_MALFORMED);
		CHECK_BESTS(feed, 0, "-");
		feed_free(feed);
	}
}

static void cut_at_every_byte(void)
{
	for (size_t size = 0; size < sizeof(snapshot) - 1; size++) {
		struct feed *feed = start();

		CHECK_EQUAL(say_part(feed, snapshot, size), FEED_MALFORMED);
		CHECK_BESTS(feed, 0, "-");
		feed_free(feed);
	}
}

static void other_messages(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(say(feed, "{\"type\":\"subscriptions\",\"channels\":[{\"name\":\"level2\"}]}"),
		FEED_IGNORED);
	CHECK_EQUAL(say(feed, "{\"type\":\"ticker\",\"product_id\":\"BTC-USD\",\"price\":\"1\"}"),
		FEED_IGNORED);
	CHECK_EQUAL(say(feed, "{\"type\":\"snapshot\",\"product_id\":\"ETH-USD\",\"asks\":[],"
			      "\"bids\":[]}"),
		FEED_IGNORED);
	CHECK_EQUAL(
		say(feed, "{\"type\":\"error\",\"message\":\"Failed to subscribe\",\"reason\":\"no "
			  "such product\"}"),
		FEED_REFUSED);
	CHECK_TEXT(feed_refusal(feed), "no such product");
	CHECK_BESTS(feed, 0, "100.0 0.25");
	feed_free(feed);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"changes in order", changes_in_order},
		{"finer numbers", finer_numbers},
		{"changes before the snapshot", changes_before_the_snapshot},
		{"another snapshot replaces", another_snapshot_replaces},
		{"crossed", crossed},
		{"a snapshot crosses the unsubscription", a_snapshot_crosses_the_unsubscription},
		{"a snapshot comes between the subscriptions",
			a_snapshot_comes_between_the_subscriptions},
		{"a snapshot comes before the unsubscription",
			a_snapshot_comes_before_the_unsubscription},
		{"answers are counted", answers_are_counted},
		{"disconnected", disconnected},
		{"faults", faults},
		{"cut at every byte", cut_at_every_byte},
		{"other messages", other_messages},
	};

	return CHECK_RUN(cases);
}
