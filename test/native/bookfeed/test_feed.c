// feed*.c: what is the same at all venues: configuration, names, requests.
#include <errno.h>

#include "say.h"

static void venues_have_names(void)
{
	for (int venue = 0; venue < FEED_VENUES; venue++) {
		enum feed_venue found = FEED_VENUES;

		CHECK_EQUAL(feed_venue_parse(feed_venue_name(venue), &found), 0);
		CHECK_EQUAL(found, venue);
	}
	enum feed_venue found = FEED_KRAKEN;
	CHECK_EQUAL(feed_venue_parse("mtgox", &found), -EINVAL);
	CHECK_EQUAL(found, FEED_KRAKEN);
	for (int cause = 0; cause < FEED_CAUSES; cause++)
		CHECK(feed_cause_name(cause)[0] != '\0');
}

static void endpoints(void)
{
	static const char *const name[] = {"BTC-USD"}, *const other[] = {"BTCUSDT"};
	struct feed *feed = feed_of(FEED_COINBASE, name, 1);
	struct feed_endpoint endpoint;

	feed_endpoint(feed, &endpoint);
	CHECK_TEXT(endpoint.host, "coinbase.com");
	CHECK_EQUAL(endpoint.port, 443);
	CHECK(endpoint.snapshot_host == NULL);
	feed_free(feed);
	feed = feed_of(FEED_BINANCE_FUTURES, other, 1);
	feed_endpoint(feed, &endpoint);
	CHECK_TEXT(endpoint.snapshot_host, "fapi.binance.com");
	CHECK_TEXT(endpoint.path, "/public/stream");
	feed_free(feed);
}

static void refused_configurations(void)
{
	static const char *const good[] = {"BTCUSDT"}, *const lower[] = {"btcusdt"},
				 *const empty[] = {""}, *const twice[] = {"A", "B", "A"},
				 *const quote[] = {"BTC\"USDT"},
				 *const large[] = {"ABCDEFGHIJKLMNOPQRSTUVWX"};
	static const struct {
		struct feed_config config;
		const char *fault;
	} configs[] = {
		{{FEED_BINANCE_SPOT, good, 0, 0, 0, 0}, "1 to 1024 symbols"},
		{{FEED_BINANCE_SPOT, good, 1025, 0, 0, 0}, "1 to 1024 symbols"},
		{{FEED_BINANCE_SPOT, good, 1, 999, 0, 0}, "5, 10, 20, 50, 100, 500, 1000 or 5000"},
		{{FEED_BINANCE_FUTURES, good, 1, 5000, 0, 0}, "500 or 1000"},
		{{FEED_KRAKEN, good, 1, 50, 0, 0}, "10, 25, 100, 500 or 1000"},
		{{FEED_COINBASE, good, 1, 1000, 0, 0}, "leave the depth out"},
		{{FEED_BINANCE_SPOT, good, 1, 0, 5000, 0}, "power of two"},
		{{FEED_BINANCE_SPOT, good, 1, 0, 1 << 21, 0}, "power of two"},
		{{FEED_BINANCE_SPOT, lower, 1, 0, 0, 0}, "capitals"},
		{{FEED_BINANCE_SPOT, quote, 1, 0, 0, 0}, "capitals"},
		{{FEED_BINANCE_SPOT, empty, 1, 0, 0, 0}, "1 to 23"},
		{{FEED_BINANCE_SPOT, large, 1, 0, 0, 0}, "1 to 23"},
		{{FEED_BINANCE_SPOT, twice, 3, 0, 0, 0}, "twice"},
	};

	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		struct feed *feed = NULL;
		const char *fault = NULL;

		CHECK_EQUAL(feed_new(&configs[i].config, &feed, &fault), -EINVAL);
		CHECK(feed == NULL);
		if (fault != NULL)
			CHECK_TEXT(fault, configs[i].fault);
		else
			CHECK(fault != NULL);
	}
}

// Names that share their first or last letters, and more of them than one request holds.
static void many_symbols(void)
{
	enum { COUNT = 300 };
	static char names[COUNT][FEED_NAME_SIZE];
	const char *symbols[COUNT];
	struct feed_config config = {.venue = FEED_COINBASE,
		.symbols = symbols,
		.count = COUNT,
		.window = BOOK_WINDOW_MIN,
		.levels_max = 10};
	char text[FEED_REQUEST_SIZE], message[256];
	size_t asked = 0, requests = 0, symbol;
	struct feed *feed;
	const char *fault;

	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), i % 2 ? "SAMESAME%zu-USD" : "%zuSAME-USDT", i);
		symbols[i] = names[i];
	}
	CHECK_EQUAL(feed_new(&config, &feed, &fault), 0);
	feed_connected(feed);
	while (feed_request(feed, text, &symbol) == FEED_REQUEST_SEND) {
		CHECK(strlen(text) < sizeof(text));
		CHECK_TEXT(text, "],\"channels\":[\"level2_batch\"]}");
		for (const char *at = text; (at = strstr(at, "SAME-USDT\"")) != NULL; at++)
			asked++;
		for (const char *at = text; (at = strstr(at, "\"SAMESAME")) != NULL; at++)
			asked++;
		requests++;
	}
	CHECK_EQUAL(asked, COUNT);
	CHECK(requests > 1 && requests < 6);
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(message, sizeof(message),
			"{\"type\":\"snapshot\",\"product_id\":\"%.23s\",\"asks\":[],\"bids\":[[\"%"
			"zu\",\"1\"]]}",
			names[i], i + 1);
		CHECK_EQUAL(say(feed, message), FEED_UPDATED);
		CHECK_EQUAL(change.symbol, i);
	}
	for (size_t i = 0; i < COUNT; i++) {
		struct level best = {{0}, {0}};

		CHECK(book_best(feed_book(feed, i), BOOK_BID, &best));
		CHECK_EQUAL(best.price.units, i + 1);
	}
	CHECK_EQUAL(
		say(feed, "{\"type\":\"snapshot\",\"product_id\":\"SAMESAME1-USDT\",\"asks\":[],"
			  "\"bids\":[]}"),
		FEED_IGNORED);
	CHECK_EQUAL(
		say(feed, "{\"type\":\"snapshot\",\"product_id\":\"\",\"asks\":[],\"bids\":[]}"),
		FEED_IGNORED);
	feed_free(feed);
}

// What the venue says is shown, but cannot drive a terminal.
static void a_refusal_is_printable(void)
{
	static const char *const name[] = {"BTC-USD"};
	struct feed *feed = feed_of(FEED_COINBASE, name, 1);
	char text[1024] = "{\"type\":\"error\",\"message\":\"\xC3\xA9\x7F";
	size_t size = strlen(text);

	CHECK_TEXT(feed_refusal(feed), "");
	memset(text + size, 'x', 500);
	memcpy(text + size + 500, "\"}", 3);
	CHECK_EQUAL(say(feed, text), FEED_REFUSED);
	CHECK(strlen(feed_refusal(feed)) < 200);
	for (const char *at = feed_refusal(feed); *at != '\0'; at++)
		CHECK(*at >= ' ' && *at <= '~');
	CHECK_TEXT(feed_refusal(feed), "???xxx");
	feed_free(feed);
}

// Of a symbol that was refused: the venue has nothing to end, which is no answer to what follows.
static void an_unsubscription_is_refused(void)
{
	static const char *const name[] = {"XBT/EUR"};
	static const char refusal[] = "{\"event\":\"subscriptionStatus\",\"pair\":\"XBT/EUR\","
				      "\"status\":\"error\",\"errorMessage\":\"no\"}";
	struct feed *feed = feed_of(FEED_KRAKEN, name, 1);

	feed_connected(feed);
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\"");
	CHECK_EQUAL(say(feed, refusal), FEED_REFUSED);
	CHECK_EQUAL(say(feed, "not JSON"), FEED_MALFORMED);
	expect_request(feed, FEED_REQUEST_SEND, "\"unsubscribe\"");
	CHECK_EQUAL(say(feed, refusal), FEED_IGNORED);
	expect_request(feed, FEED_REQUEST_SEND, "\"subscribe\"");
	CHECK_EQUAL(say(feed, refusal), FEED_REFUSED);
	expect_request(feed, FEED_REQUEST_NONE, "");
	feed_free(feed);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"venues have names", venues_have_names},
		{"endpoints", endpoints},
		{"configurations that are refused", refused_configurations},
		{"many symbols", many_symbols},
		{"a refusal is printable", a_refusal_is_printable},
		{"an unsubscription is refused", an_unsubscription_is_refused},
	};

	return CHECK_RUN(cases);
}
