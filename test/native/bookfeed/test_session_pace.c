// How often a session asks and connects when the exchange plays false: venues ban who asks too
// often.
#include "session_in_test.h"

static const char *const symbols[] = {"XBT/EUR", "XMR/USD"};
static const char *const binance_symbols[] = {"NKNUSDT", "BLZETH"};

// A server that sends nonsense is asked for new books a few times at once, then less and less.
static void nonsense_is_not_answered_each_time(void)
{
	struct exchange_link *link;
	unsigned int requests = 0;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	say_text(link, kraken_snapshot);
	CHECK_EQUAL(session_good(&session), 1);
	for (int i = 0; i < 1000; i++) {
		say_text(link, "nonsense");
		CHECK_EQUAL(session_good(&session), 0);
		pass(10);
		requests += count_frames(link, WS_TEXT);
	}
	// 10 s: one each 100 ms, and those in hand.
	CHECK(requests >= 100 && requests <= 110);
	CHECK_EQUAL(session.counters.malformed, 1000);
	// And it is asked for again as soon as it may be.
	pass(200);
	say_text(link, kraken_snapshot);
	CHECK_EQUAL(session_good(&session), 1);
	end();
}

static void say_event(struct exchange_link *link, unsigned int first)
{
	char text[256];

	snprintf(text, sizeof(text),
		"{\"stream\":\"x\",\"data\":{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"NKNUSDT\",\"U\":"
		"%u,"
		"\"u\":%u,\"b\":[],\"a\":[]}}",
		first, first);
	say_text(link, text);
}

// Answers the snapshots that are asked for on other connections than the stream's; how many.
static unsigned int answer_snapshots(struct exchange_link *stream, unsigned int last)
{
	unsigned int count = 0;

	for (struct exchange_link *link = exchange->links; link < exchange->links + EXCHANGE_LINKS;
		link++) {
		char body[128], text[512];

		if (link == stream || !link->used || !heard(link, "GET /api/v3/depth"))
			continue;
		snprintf(body, sizeof(body),
			"{\"lastUpdateId\":%u,\"bids\":[[\"0.35\",\"5\"]],\"asks\":[[\"0.36\","
			"\"7\"]]}",
			last);
		exchange_say(link, text,
			(size_t)snprintf(text, sizeof(text),
				"HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
				body));
		exchange_run(exchange);
		count++;
	}
	return count;
}

// Each snapshot is good, and each is followed by a gap: as fast as the way there and back allows,
// such a loop would end in a ban.
static void gaps_one_after_another_are_paced(void)
{
	struct exchange_link *link;
	unsigned int last = 10, snapshots = 0;

	begin(FEED_BINANCE_SPOT, binance_symbols);
	link = open_stream();
	for (int i = 0; i < 1000; i++) {
		say_event(link, last);
		pass(5);
		snapshots += answer_snapshots(link, last);
		pass(5);
		last += 2; // one is missing
	}
	CHECK(snapshots >= 100 && snapshots <= 112);
	CHECK(session.counters.resyncs >= 90);
	CHECK_EQUAL(session.counters.snapshot_failures, 0);
	end();
}

// Books that are good for a moment do not make a server good that ends each connection.
static void a_server_that_ends_each_connection_is_left_alone_longer(void)
{
	uint64_t wait_ms = 0;

	begin(FEED_KRAKEN, symbols);
	for (int i = 0; i < 6; i++) {
		struct exchange_link *link = open_stream();

		say_text(link, kraken_snapshot);
		CHECK_EQUAL(session_good(&session), 1);
		link->ended = true;
		exchange_run(exchange);
		CHECK_EQUAL(session_good(&session), 0);
		CHECK_EQUAL(session.state, SESSION_WAITING);
		wait_ms = (session.deadline_ns - session.now_ns) / NS_PER_MS;
		now_ns = session.deadline_ns;
	}
	CHECK(wait_ms >= 2250 && wait_ms <= 3000);
	// One that lasts is a new beginning.
	struct exchange_link *link = open_stream();

	for (int i = 0; i < 40; i++) {
		pass(100);
		say_text(link, kraken_snapshot);
	}
	link->ended = true;
	exchange_run(exchange);
	wait_ms = (session.deadline_ns - session.now_ns) / NS_PER_MS;
	CHECK(wait_ms >= 75 && wait_ms <= 100);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"nonsense is not answered each time", nonsense_is_not_answered_each_time},
		{"gaps one after another are paced", gaps_one_after_another_are_paced},
		{"a server that ends each connection is left alone longer",
			a_server_that_ends_each_connection_is_left_alone_longer},
	};

	return CHECK_RUN(cases);
}
