// feed_kraken.c: the checksum proves each update; what fails it is subscribed anew.
#include "crc32.h"
#include "say.h"

static const char *const symbols[] = {"XBT/EUR", "XMR/USD"};

static const char snapshot[] =
	"[1,{\"as\":[[\"10.20\",\"0.50000000\",\"1618678123.481570\"],[\"10.30\",\"2.00000000\","
	"\"1.5\"]],\"bs\":[[\"10.10\",\"1.00000000\",\"1.5\"],[\"9.00\",\"3.00000000\",\"1.5\"]]},"
	"\"book-1000\",\"XBT/EUR\"]";

static struct feed *start(void)
{
	return feed_in_sync(FEED_KRAKEN, symbols,
		"{\"event\":\"subscribe\",\"pair\":[\"XBT/EUR\",\"XMR/USD\"],\"subscription\":{"
		"\"name\":\"book\",\"depth\":1000}}",
		snapshot, "10.10 1.00000000/10.20 0.50000000");
}

// The update is of one bid; the book after it as the venue writes it for its checksum.
static enum feed_verdict bid(
	struct feed *feed, const char *price, const char *quantity, const char *after)
{
	char text[512];

	snprintf(text, sizeof(text),
		"[1,{\"b\":[[\"%s\",\"%s\",\"1.5\"]],\"c\":\"%" PRIu32
		"\"},\"book-1000\",\"XBT/EUR\"]",
		price, quantity, crc32(after, strlen(after)));
	return say(feed, text);
}

#define ASKS                                                                                       \
	"102050000000"                                                                             \
	"1030200000000"

static void the_checksum_proves(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(bid(feed, "10.11", "0.70000000",
			    ASKS "101170000000"
				 "1010100000000"
				 "900300000000"),
		FEED_UPDATED);
	CHECK(change.best);
	CHECK_BESTS(feed, 0, "10.11 0.70000000");
	CHECK_EQUAL(bid(feed, "10.11", "0.00000000",
			    ASKS "1010100000000"
				 "900300000000"),
		FEED_UPDATED);
	CHECK_BESTS(feed, 0, "10.10 1.00000000");
	feed_free(feed);
}

static void an_example_of_the_venue(void)
{
	// From the guide: its ten levels a side, 974947235.
	static const char levels[] =
		"[0,{\"as\":[[\"0.05005\",\"0.00000500\",\"1\"],[\"0.05010\","
		"\"0.00000500\",\"1\"],[\"0.05015\",\"0.00000500\",\"1\"],[\"0.05020\",\"0."
		"00000500\","
		"\"1\"],[\"0.05025\",\"0.00000500\",\"1\"],[\"0.05030\",\"0.00000500\",\"1\"],"
		"[\"0.05035\",\"0.00000500\",\"1\"],[\"0.05040\",\"0.00000500\",\"1\"],[\"0."
		"05045\","
		"\"0.00000500\",\"1\"],[\"0.05050\",\"0.00000500\",\"1\"]],\"bs\":[[\"0.05000\","
		"\"0.00000400\",\"1\"],[\"0.04995\",\"0.00000500\",\"1\"],[\"0.04990\",\"0."
		"00000500\","
		"\"1\"],[\"0.04980\",\"0.00000500\",\"1\"],[\"0.04975\",\"0.00000500\",\"1\"],"
		"[\"0.04970\",\"0.00000500\",\"1\"],[\"0.04965\",\"0.00000500\",\"1\"],[\"0."
		"04960\","
		"\"0.00000500\",\"1\"],[\"0.04955\",\"0.00000500\",\"1\"],[\"0.04950\",\"0."
		"00000500\","
		"\"1\"]]},\"book-1000\",\"XBT/EUR\"]";
	struct feed *feed = start();

	CHECK_EQUAL(say(feed, levels), FEED_UPDATED);
	CHECK_EQUAL(say(feed, "[0,{\"b\":[[\"0.05000\",\"0.00000500\",\"2\"]],\"c\":\"974947235\"},"
			      "\"book-1000\",\"XBT/EUR\"]"),
		FEED_UPDATED);
	feed_free(feed);
}

static void a_bad_checksum(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(bid(feed, "10.11", "0.70000000", "something else"), FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_CHECKSUM);
	CHECK_EQUAL(change.symbol, 0);
	CHECK_BESTS(feed, 0, "-");
	// What still comes of the old subscription must not make a book good.
	CHECK_EQUAL(bid(feed, "10.12", "0.70000000", ""), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_SEND,
		"{\"event\":\"unsubscribe\",\"pair\":[\"XBT/"
		"EUR\"],\"subscription\":{\"name\":\"book\","
		"\"depth\":1000}}");
	expect_request(feed, FEED_REQUEST_SEND, "{\"event\":\"subscribe\",\"pair\":[\"XBT/EUR\"]");
	expect_request(feed, FEED_REQUEST_NONE, "");
	CHECK_BESTS(feed, 0, "-");
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "10.10 1.00000000");
	feed_free(feed);
}

static void no_checksum(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(
		say(feed,
			"[1,{\"b\":[[\"10.11\",\"1.00000000\",\"1\"]]},\"book-1000\",\"XBT/EUR\"]"),
		FEED_RESYNC);
	CHECK_EQUAL(change.cause, FEED_CAUSE_CHECKSUM);
	CHECK_BESTS(feed, 0, "-");
	feed_free(feed);
}

static void both_sides_in_two_objects(void)
{
	static const char after[] = "102060000000"
				    "1030200000000"
				    "900300000000";
	struct feed *feed = start();
	char text[512];

	snprintf(text, sizeof(text),
		"[1,{\"a\":[[\"10.20\",\"0.60000000\",\"1\",\"r\"]]},{\"b\":[[\"10.10\",\"5."
		"00000000\","
		"\"1\"],[\"10.10\",\"0.00000000\",\"2\"]],\"c\":\"%" PRIu32
		"\"},\"book-1000\",\"XBT/EUR\"]",
		crc32(after, strlen(after)));
	CHECK_EQUAL(say(feed, text), FEED_UPDATED);
	CHECK_EQUAL(change.levels, 3);
	CHECK_BESTS(feed, 0, "9.00 3.00000000/10.20 0.60000000");
	feed_free(feed);
}

// The venue does not say that a level has fallen out of the depth.
static void cut_to_the_depth(void)
{
	struct feed_config config = {
		.venue = FEED_KRAKEN, .symbols = symbols, .count = 1, .depth = 10};
	char text[4096] = "[1,{\"as\":[],\"bs\":[";
	struct feed *feed;
	const char *fault;
	size_t size = strlen(text);
	char after[512] = "";

	CHECK_EQUAL(feed_new(&config, &feed, &fault), 0);
	for (int i = 0; i < 10; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size,
			"%s[\"1.%d\",\"1.0\",\"1\"]", i ? "," : "", 9 - i);
	snprintf(text + size, sizeof(text) - size, "]},\"book-10\",\"XBT/EUR\"]");
	CHECK_EQUAL(say(feed, text), FEED_UPDATED);
	size = (size_t)snprintf(after, sizeof(after), "2010");
	for (int i = 0; i < 9; i++)
		size += (size_t)snprintf(after + size, sizeof(after) - size, "1%d10", 9 - i);
	CHECK_EQUAL(bid(feed, "2.0", "1.0", after), FEED_UPDATED);
	CHECK_EQUAL(book_count(feed_book(feed, 0), BOOK_BID), 10);
	// 1.0 is gone: it must not come back when 2.0 goes.
	CHECK_EQUAL(bid(feed, "2.0", "0.0", after + 4), FEED_UPDATED);
	CHECK_EQUAL(book_count(feed_book(feed, 0), BOOK_BID), 9);
	feed_free(feed);
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

static void schema_faults(void)
{
	static const char *const texts[] = {"[]x", "1", "\"a\"", "",
		"[1,{\"b\":[[1,2]],\"c\":\"1\"},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"b\":[],\"c\":\"4294967296\"},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"b\":[],\"c\":1},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"b\":[],\"bs\":[],\"c\":\"1\"},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"c\":\"1\"},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"b\":[],\"c\":\"1\"},\"book-1000\"]",
		"[1,{\"b\":[],\"c\":\"1\"},\"book-1000\",\"XBT/EUR\",\"more\"]",
		"[1,{\"b\":[[\"1\",\"99999999999999999999\",\"1\"]]},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"as\":[[\"11\",\"1\",\"1\"]]},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"bs\":[]},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"\\u0062\":[],\"a\":[],\"c\":\"1\"},\"book-1000\",\"XBT/EUR\"]",
		"[1,{\"b\":[],\"c\":\"1\"},\"b\\u006fok-1000\",\"XBT/EUR\"]",
		"{\"event\":\"heartbeat\""};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct feed *feed = start();

		if (say(feed, texts[i]) != FEED_MALFORMED)
			printf("# %s\n", texts[i]);
		CHECK_BESTS(feed, 0, "-");
		CHECK(change.cause == FEED_CAUSE_MALFORMED || change.cause == FEED_CAUSE_NUMBER);
		expect_request(feed, FEED_REQUEST_SEND,
			"\"unsubscribe\",\"pair\":[\"XBT/EUR\",\"XMR/USD\"]");
		feed_free(feed);
	}
}

static void other_messages(void)
{
	static const char *const texts[] = {"{\"event\":\"heartbeat\"}",
		"{\"channelID\":1,\"channelName\":\"book-1000\",\"event\":\"subscriptionStatus\","
		"\"pair\":\"XBT/EUR\",\"status\":\"subscribed\",\"subscription\":{\"depth\":1000,"
		"\"name\":\"book\"}}",
		"{\"connectionID\":17843232920108168701,\"event\":\"systemStatus\",\"status\":"
		"\"online\"}",
		"[2,{\"a\":[\"5525.4\",1,\"1.0\"],\"b\":[\"5525.1\",1,\"1.0\"],\"c\":[\"1\",\"2\"]}"
		","
		"\"ticker\",\"XBT/EUR\"]",
		"[3,[[\"5541.2\",\"0.15\",\"1534614057.3\",\"s\",\"l\",\"\"]],\"trade\",\"XBT/"
		"EUR\"]",
		"[1,{\"b\":[],\"c\":\"1\"},\"book-1000\",\"ETH/EUR\"]", "[]"};
	struct feed *feed = start();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_EQUAL(say(feed, texts[i]), FEED_IGNORED);
	CHECK_BESTS(feed, 0, "10.10 1.00000000");
	feed_free(feed);
}

static const char unsubscribed[] = "{\"event\":\"subscriptionStatus\",\"status\":"
				   "\"unsubscribed\",\"pair\":\"XBT/EUR\"}";

static void the_venue_ends_a_subscription(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(say(feed, unsubscribed), FEED_RESYNC);
	CHECK_BESTS(feed, 0, "-");
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\",\"pair\":[\"XBT/EUR\"]");
	expect_request(feed, FEED_REQUEST_NONE, "");
	CHECK_EQUAL(say(feed, unsubscribed), FEED_IGNORED);
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	feed_free(feed);
}

// A snapshot that was under way when its subscription was given up is none to stay with.
static void a_snapshot_crosses_the_unsubscription(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(say(feed, "not JSON"), FEED_MALFORMED);
	expect_request(feed, FEED_REQUEST_SEND, "\"unsubscribe\"");
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\"");
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	CHECK_EQUAL(say(feed, unsubscribed), FEED_RESYNC);
	CHECK_BESTS(feed, 0, "-");
	expect_request(feed, FEED_REQUEST_NONE, "");
	CHECK_EQUAL(say(feed, snapshot), FEED_UPDATED);
	CHECK_BESTS(feed, 0, "10.10 1.00000000");
	feed_free(feed);
}

static void refused(void)
{
	struct feed *feed = start();

	CHECK_EQUAL(
		say(feed, "{\"errorMessage\":\"Currency pair not supported XMR/USD\",\"event\":"
			  "\"subscriptionStatus\",\"pair\":\"XMR\\/USD\",\"status\":\"error\"}"),
		FEED_REFUSED);
	CHECK_EQUAL(change.symbol, 1);
	CHECK_TEXT(feed_refusal(feed), "not supported");
	CHECK_EQUAL(feed_symbol(feed, 1)->cause, FEED_CAUSE_REFUSED);
	CHECK_BESTS(feed, 0, "10.10 1.00000000");
	CHECK_EQUAL(say(feed, "{\"event\":\"error\",\"errorMessage\":\"Exceeded msg rate\"}"),
		FEED_REFUSED);
	CHECK_EQUAL(change.symbol, FEED_NO_SYMBOL);
	feed_free(feed);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"the checksum proves", the_checksum_proves},
		{"an example of the venue", an_example_of_the_venue},
		{"a bad checksum", a_bad_checksum},
		{"no checksum", no_checksum},
		{"both sides in two objects", both_sides_in_two_objects},
		{"cut to the depth", cut_to_the_depth},
		{"cut at every byte", cut_at_every_byte},
		{"schema faults", schema_faults},
		{"other messages", other_messages},
		{"the venue ends a subscription", the_venue_ends_a_subscription},
		{"a snapshot crosses the unsubscription", a_snapshot_crosses_the_unsubscription},
		{"refused", refused},
	};

	return CHECK_RUN(cases);
}
