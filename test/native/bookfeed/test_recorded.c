// The venues against what was recorded of them: after every message each book is the same as a
// plain reference book, no gap is found, and all checksums match.
#include "check.h"
#include "recorded.h"
#include "reference.h"
#include "replay.h"

enum { SYMBOLS = 10 };
static struct reference references[SYMBOLS];

// What a recording must come to.
struct expected {
	enum feed_venue venue;
	const char *file;
	const char *answers; // snapshots by HTTPS; NULL: the stream has them
	const char *symbols[SYMBOLS];
	size_t count;
	uint32_t depth;
	size_t updates; // of all books, with the events before the snapshot
};

struct run {
	const struct expected *expected;
	struct feed *feed;
	size_t verdicts[FEED_REFUSED + 1];
	bool same;
};

// The text that names the symbol, and the keys that its levels have.
static void follow(struct run *run, size_t symbol, const char *text, size_t size)
{
	static const char *const keys[BOOK_SIDES][3] = {
		{"\"b\":[", "\"bids\":[", "\"bs\":["},
		{"\"a\":[", "\"asks\":[", "\"as\":["},
	};
	struct reference *reference = &references[symbol];

	for (int side = 0; side < BOOK_SIDES; side++) {
		for (size_t i = 0; i < 3; i++)
			reference_read(reference, side, text, text + size, keys[side][i]);
		if (run->expected->venue == FEED_KRAKEN &&
			reference->count[side] > run->expected->depth)
			reference->count[side] = run->expected->depth;
	}
}

// Coinbase: [["buy","price","size"]]
static void follow_changes(size_t symbol, const char *text, size_t size)
{
	const char *at = memmem(text, size, "\"changes\":[[\"", 13);

	while (at != NULL) {
		int side;
		__int128 price;

		at = memchr(at, '[', 20);
		while (*at == '[')
			at++;
		side = at[1] == 'b' ? BOOK_BID : BOOK_ASK;
		price = reference_number(strchr(at, ',') + 2, &at);
		reference_set(&references[symbol], side, price, reference_number(at + 3, &at));
		at = at[2] == ',' ? at + 3 : NULL;
	}
}

static void compare(struct run *run, size_t symbol, const struct replay_record *record)
{
	const struct book *book = feed_book(run->feed, symbol);
	bool same = book != NULL && book_fault(book) == NULL &&
		    reference_equal(&references[symbol], book, feed_symbol(run->feed, symbol));

	if (!same && run->same)
		printf("# %s: line %zu: %s differs\n", run->expected->file, record->line,
			feed_symbol(run->feed, symbol)->name);
	run->same = run->same && same;
}

static void send(struct run *run, const struct replay_record *record)
{
	struct feed_change change;
	enum feed_verdict verdict = feed_message(run->feed, record->text, record->size, &change);

	run->verdicts[verdict]++;
	if (verdict != FEED_UPDATED)
		return;
	if (memmem(record->text, record->size, "\"changes\"", 9) != NULL)
		follow_changes(change.symbol, record->text, record->size);
	else
		follow(run, change.symbol, record->text, record->size);
	compare(run, change.symbol, record);
}

static struct run start(const struct expected *expected)
{
	struct run run = {.expected = expected, .same = true};
	struct feed_config config = {.venue = expected->venue,
		.symbols = expected->symbols,
		.count = expected->count,
		.depth = expected->depth,
		// Small, so that prices leave it.
		.window = BOOK_WINDOW_MIN};
	const char *fault;

	memset(references, 0, sizeof(references));
	CHECK_EQUAL(feed_new(&config, &run.feed, &fault), 0);
	return run;
}

static void finish(struct run *run)
{
	CHECK(run->same);
	CHECK_EQUAL(run->verdicts[FEED_RESYNC], 0);
	CHECK_EQUAL(run->verdicts[FEED_MALFORMED], 0);
	CHECK_EQUAL(run->verdicts[FEED_REFUSED], 0);
	for (size_t i = 0; i < feed_count(run->feed); i++) {
		CHECK_EQUAL(feed_symbol(run->feed, i)->state, FEED_GOOD);
		CHECK_EQUAL(feed_symbol(run->feed, i)->snapshots, 1);
		CHECK_EQUAL(feed_symbol(run->feed, i)->resyncs, 0);
	}
	feed_free(run->feed);
}

// The snapshot of a symbol, when its time has come.
static void answer(struct run *run, size_t symbol, int64_t until_ns, const struct replay *answers)
{
	struct replay from = *answers;
	struct replay_record record;
	struct feed_change change;
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "symbol=%s&", run->expected->symbols[symbol]);
	while (replay_next(&from, &record) == 1) {
		if (record.time_ns > until_ns ||
			memmem(record.url, record.url_size, wanted, strlen(wanted)) == NULL)
			continue;
		CHECK_EQUAL(feed_snapshot(run->feed, symbol, record.text, record.size, &change),
			FEED_UPDATED);
		follow(run, symbol, record.text, record.size);
		return;
	}
	// Not yet recorded at that time.
	feed_snapshot_failed(run->feed, symbol);
}

static bool is_depth(const struct replay_record *record)
{
	return memmem(record->text, record->size, "\"depthUpdate\"", 13) != NULL;
}

static size_t which(const struct run *run, const struct replay_record *record)
{
	for (size_t i = 0; i < run->expected->count; i++) {
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "\"s\":\"%s\"", run->expected->symbols[i]);
		if (memmem(record->text, record->size, wanted, strlen(wanted)) != NULL)
			return i;
	}
	return SIZE_MAX;
}

// What a symbol's stream had before its snapshot goes into the reference after it, unless the
// snapshot has it already.
static uint64_t id_of(const struct replay_record *record, const char *key)
{
	const char *at = memmem(record->text, record->size, key, strlen(key));

	return at == NULL ? 0 : strtoull(at + strlen(key), NULL, 10);
}

struct early {
	struct replay_record records[64];
	size_t count;
};

static void follow_early(struct run *run, size_t symbol, const struct early *early, uint64_t id)
{
	bool futures = run->expected->venue == FEED_BINANCE_FUTURES;

	for (size_t i = 0; i < early->count; i++)
		if (id_of(&early->records[i], "\"u\":") >= id + !futures)
			follow(run, symbol, early->records[i].text, early->records[i].size);
}

static uint64_t snapshot_id(const struct replay *answers, const char *symbol)
{
	struct replay from = *answers;
	struct replay_record record;
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "symbol=%s&", symbol);
	while (replay_next(&from, &record) == 1)
		if (memmem(record.url, record.url_size, wanted, strlen(wanted)) != NULL)
			return id_of(&record, "\"lastUpdateId\":");
	return 0;
}

static void with_snapshots(const struct expected *expected)
{
	static struct early early[SYMBOLS];
	struct run run = start(expected);
	struct replay stream, answers;
	struct replay_record record;
	size_t depths = 0, symbol = 0, old = 0;
	char text[FEED_REQUEST_SIZE];

	memset(early, 0, sizeof(early));
	CHECK_EQUAL(recorded_open(expected->file, &stream), 0);
	CHECK_EQUAL(recorded_open(expected->answers, &answers), 0);
	feed_connected(run.feed);
	CHECK_EQUAL(feed_request(run.feed, text, &symbol), FEED_REQUEST_SEND);
	while (replay_next(&stream, &record) == 1) {
		if (record.kind != REPLAY_RECEIVED)
			continue;
		if (is_depth(&record)) {
			symbol = which(&run, &record);
			depths++;
			if (feed_book(run.feed, symbol) == NULL)
				early[symbol].records[early[symbol].count++] = record;
			else
				old += id_of(&record, "\"u\":") <
				       snapshot_id(&answers, expected->symbols[symbol]);
		}
		send(&run, &record);
		while (feed_request(run.feed, text, &symbol) == FEED_REQUEST_GET) {
			answer(&run, symbol, record.time_ns, &answers);
			if (feed_book(run.feed, symbol) == NULL)
				break;
			follow_early(&run, symbol, &early[symbol],
				snapshot_id(&answers, expected->symbols[symbol]));
			compare(&run, symbol, &record);
		}
	}
	CHECK_EQUAL(depths, expected->updates);
	for (size_t i = 0; i < expected->count; i++)
		depths -= early[i].count;
	// A snapshot can be newer than what the stream brings after it.
	CHECK_EQUAL(run.verdicts[FEED_UPDATED], depths - old);
	finish(&run);
	replay_close(&stream);
	replay_close(&answers);
}

static void by_stream(const struct expected *expected)
{
	struct run run = start(expected);
	struct replay stream;
	struct replay_record record;

	CHECK_EQUAL(recorded_open(expected->file, &stream), 0);
	feed_connected(run.feed);
	while (replay_next(&stream, &record) == 1)
		if (record.kind == REPLAY_RECEIVED)
			send(&run, &record);
	CHECK_EQUAL(run.verdicts[FEED_UPDATED], expected->updates + expected->count);
	finish(&run);
	replay_close(&stream);
}

static void binance(void)
{
	with_snapshots(&(struct expected){FEED_BINANCE_SPOT, "BINANCE.ws.1.0", "BINANCE.http.0.0",
		{"NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"}, 4, 1000, 177});
}

static void binance_futures(void)
{
	with_snapshots(&(struct expected){FEED_BINANCE_FUTURES, "BINANCE_FUTURES.ws.1.0",
		"BINANCE_FUTURES.http.0.0", {"SUSHIUSDT", "AKROUSDT", "KEEPUSDT", "CTKUSDT"}, 4,
		1000, 764});
}

static void kraken(void)
{
	by_stream(&(struct expected){FEED_KRAKEN, "KRAKEN.ws.50.0", NULL,
		{"WAVES/EUR", "XMR/USD", "KSM/XBT", "GRT/ETH", "SC/EUR", "ETH/CHF", "OCEAN/XBT",
			"OMG/USD", "XBT/CHF", "ADA/XBT"},
		10, 1000, 4269});
}

static void coinbase(void)
{
	by_stream(&(struct expected){FEED_COINBASE, "COINBASE.ws.28.0", NULL,
		{"SKL-USD", "SKL-BTC", "BAND-GBP", "NMR-EUR", "BAND-BTC", "YFI-BTC", "DASH-BTC",
			"NU-GBP", "CRV-EUR", "SKL-GBP"},
		10, 0, 9719});
}

int main(void)
{
	static const struct check_case cases[] = {
		{"binance: 177 events, no gap, equal after each", binance},
		{"binance-futures: 764 events, no gap, equal after each", binance_futures},
		{"kraken: 4269 checksums, equal after each", kraken},
		{"coinbase: 9719 updates, equal after each", coinbase},
	};

	return recorded_missing() ? recorded_skip() : CHECK_RUN(cases);
}
