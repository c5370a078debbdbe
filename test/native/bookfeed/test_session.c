// A session against an exchange that plays false, without a wire and without waiting: its time is
// the test's.
#include "exchange.h"
#include "session_parts.h"
#include "ws_handshake.h"

#define NS_PER_MS UINT64_C(1000000)

static const char host[] = "exchange.test";
static const char *const symbols[] = {"XBT/EUR", "XMR/USD"};
static const char *const binance_symbols[] = {"NKNUSDT", "BLZETH"};

static struct exchange *exchange;
static struct tls_context context;
static struct latency latency;
static struct session session;
static struct feed *feed;
static uint64_t now_ns;

static void begin_with(
	enum feed_venue venue, const char *const *names, struct session_config config)
{
	const struct feed_config of_feed = {.venue = venue, .symbols = names, .count = 2};
	char reason[TLS_REASON_SIZE];
	const char *fault;

	exchange = exchange_new(host);
	CHECK_EQUAL(tls_context_init(&context, exchange->ca_file, reason), 0);
	CHECK_EQUAL(feed_new(&of_feed, &feed, &fault), 0);
	CHECK_EQUAL(latency_init(&latency, false), 0);
	snprintf(config.stream.host, sizeof(config.stream.host), "%s", host);
	config.stream.ipv4 = 1;
	config.stream.port = 443;
	config.snapshot = config.stream;
	now_ns = 1000 * NS_PER_MS;
	CHECK_EQUAL(
		session_init(&session, &config, feed, &exchange->transport, &context, &latency), 0);
}

static void begin(enum feed_venue venue, const char *const *names)
{
	begin_with(venue, names,
		(struct session_config){
			.stale_ms = 1000, .backoff_min_ms = 100, .backoff_max_ms = 3000});
}

static void end(void)
{
	session_stop(&session);
	CHECK_EQUAL(transport_links(&exchange->transport), 0);
	session_done(&session);
	latency_done(&latency);
	feed_free(feed);
	tls_context_done(&context);
	exchange_free(exchange);
}

// What the exchange has heard since this was last asked is forgotten.
static bool heard(struct exchange_link *link, const char *text)
{
	bool found = memmem(link->heard.bytes, link->heard.size, text, strlen(text)) != NULL;

	link->heard.size = 0;
	return found;
}

static void pass(uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i++) {
		now_ns += NS_PER_MS;
		session_tick(&session, now_ns);
		transport_poll(&exchange->transport, 0);
	}
	exchange_run(exchange);
}

// The stream's connection, once the client has asked for it.
static struct exchange_link *stream_of(void)
{
	struct exchange_link *link = exchange->links;

	while (link < exchange->links + EXCHANGE_LINKS - 1 && !link->used)
		link++;
	return link;
}

static struct exchange_link *open_stream(void)
{
	char answer[256], accept[WS_ACCEPT_SIZE];
	struct exchange_link *link;

	session_tick(&session, ++now_ns);
	exchange_run(exchange);
	link = stream_of();
	CHECK(heard(link, "Upgrade: websocket\r\n"));
	ws_accept(session.key, accept);
	exchange_say(link, answer,
		(size_t)snprintf(answer, sizeof(answer),
			"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			"Sec-WebSocket-Accept: %s\r\n\r\n",
			accept));
	exchange_run(exchange);
	CHECK_EQUAL(session.state, SESSION_OPEN);
	link->heard.size = 0;
	return link;
}

// One unmasked frame of at most 125 bytes, or of as many as fit 16 bits.
static void say_frame(struct exchange_link *link, uint8_t first, const void *payload, size_t size)
{
	uint8_t frame[4096];
	size_t header = size < 126 ? 2 : 4;

	frame[0] = first;
	frame[1] = size < 126 ? (uint8_t)size : 126;
	frame[2] = (uint8_t)(size >> 8);
	frame[3] = (uint8_t)size;
	memcpy(frame + header, payload, size);
	exchange_say(link, frame, header + size);
	exchange_run(exchange);
}

static void say_text(struct exchange_link *link, const char *text)
{
	say_frame(link, 0x80 | WS_TEXT, text, strlen(text));
}

// How many frames of a client are there; it forgets them.
static unsigned int count_frames(struct exchange_link *link, uint8_t opcode)
{
	const uint8_t *bytes = link->heard.bytes;
	unsigned int count = 0;
	size_t at = 0;

	while (at + 2 <= link->heard.size) {
		size_t size = bytes[at + 1] & 0x7f;

		count += (bytes[at] & 0x0f) == opcode;
		at += size == 126 ? 8 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]) : 6 + size;
	}
	link->heard.size = 0;
	return count;
}

// A server that has nothing to say but answers is alive, however fast it answers.
static void a_quiet_server_that_answers_is_kept(void)
{
	struct exchange_link *link;
	unsigned int pings = 0;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	for (int i = 0; i < 100 && session.state == SESSION_OPEN; i++) {
		unsigned int asked;

		pass(50);
		asked = count_frames(link, WS_PING);
		pings += asked;
		if (asked > 0)
			say_frame(link, 0x80 | WS_PONG, "alive?", 6);
	}
	CHECK_TEXT(session.why, "");
	CHECK_EQUAL(session.state, SESSION_OPEN);
	CHECK(pings >= 8 && pings <= 11);
	end();
}

// The answer is there before the clock of the session has moved on.
static void an_answer_within_the_same_tick_counts(void)
{
	struct exchange_link *link;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	for (int i = 0; i < 6; i++) {
		now_ns += 500 * NS_PER_MS;
		session_tick(&session, now_ns);
		exchange_run(exchange);
		CHECK_EQUAL(count_frames(link, WS_PING), 1);
		say_frame(link, 0x80 | WS_PONG, "alive?", 6);
	}
	CHECK_TEXT(session.why, "");
	CHECK_EQUAL(session.state, SESSION_OPEN);
	end();
}

static void silence_ends_it(void)
{
	struct exchange_link *link;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	pass(999);
	CHECK_EQUAL(session.state, SESSION_OPEN);
	CHECK_EQUAL(count_frames(link, WS_PING), 1);
	pass(2);
	CHECK_TEXT(session.why, "nothing heard for 1000 ms");
	end();
}

// A message that never ends is no sign of life: its books would be shown as good for ever.
static void a_message_that_drips_ends_it(void)
{
	const uint8_t header[] = {0x80 | WS_TEXT, 126, 0xff, 0xff};
	struct exchange_link *link;
	int drops = 0;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	exchange_say(link, header, sizeof(header));
	while (drops < 1000 && session.state == SESSION_OPEN) {
		exchange_say(link, " ", 1);
		pass(100);
		drops++;
	}
	CHECK_TEXT(session.why, "no whole message for 4000 ms");
	CHECK(drops >= 39 && drops <= 41);
	end();
}

// What makes a book of Kraken's good.
static const char kraken_snapshot[] = "[1,{\"as\":[[\"10.20\",\"0.50000000\",\"1.5\"]],\"bs\":[["
				      "\"10.10\",\"1.00000000\",\"1.5\"]]},"
				      "\"book-1000\",\"XBT/EUR\"]";

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
	// 10 s: one each 100 ms, and and those in hand.
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

// What a server says is shown on a terminal, which must not obey it.
static void a_close_reason_commands_no_terminal(void)
{
	static const char payload[] = "\x03\xe8"
				      "a\033[2Jb\nc\xc2\x9b"
				      "d";
	struct exchange_link *link;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	say_frame(link, 0x80 | WS_CLOSE, payload, sizeof(payload) - 1);
	CHECK_TEXT(session.why, "closed by the server: 1000 a?[2Jb?c??d");
	CHECK_EQUAL(count_frames(link, WS_CLOSE), 1);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"a quiet server that answers is kept", a_quiet_server_that_answers_is_kept},
		{"an answer within the same tick counts", an_answer_within_the_same_tick_counts},
		{"silence ends it", silence_ends_it},
		{"a message that drips ends it", a_message_that_drips_ends_it},
		{"nonsense is not answered each time", nonsense_is_not_answered_each_time},
		{"gaps one after another are paced", gaps_one_after_another_are_paced},
		{"a server that ends each connection is left alone longer",
			a_server_that_ends_each_connection_is_left_alone_longer},
		{"a close reason commands no terminal", a_close_reason_commands_no_terminal},
	};

	return CHECK_RUN(cases);
}
