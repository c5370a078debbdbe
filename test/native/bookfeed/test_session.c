// How long a session takes a server for alive, and what it shows of it.
#include "session_in_test.h"

static const char *const symbols[] = {"XBT/EUR", "XMR/USD"};
static const char *const binance_symbols[] = {"BTCUSDT", "ETHUSDT"};

// A server that has nothing to say but answers is alive, however fast it answers.
static void a_quiet_server_that_answers_is_kept(void)
{
	struct exchange_link *link;
	unsigned int pings = 0;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	say_text(link, kraken_snapshot);
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

// Its pings are answered, and so are ours: only the books never come.
static void a_server_that_forgets_a_subscription(void)
{
	static const struct {
		enum feed_venue venue;
		const char *const *names;
		const char *why;
	} venues[] = {
		{FEED_KRAKEN, symbols, "no book for 4000 ms"},
		{FEED_BINANCE_SPOT, binance_symbols, "no answer for 4000 ms"},
	};

	for (size_t v = 0; v < sizeof(venues) / sizeof(venues[0]); v++) {
		struct exchange_link *link;

		begin(venues[v].venue, venues[v].names);
		link = open_stream();
		for (int i = 0; i < 9; i++) {
			CHECK_TEXT(session.why, "");
			pass(450);
			say_frame(link, 0x80 | WS_PING, "", 0);
		}
		CHECK_TEXT(session.why, venues[v].why);
		CHECK_EQUAL(session.state, SESSION_WAITING);
		end();
	}
}

// The subscription is answered, and then nothing happens at the exchange.
static void a_quiet_market_ends_nothing(void)
{
	struct exchange_link *link;

	begin(FEED_BINANCE_SPOT, binance_symbols);
	link = open_stream();
	say_text(link, "{\"result\":null,\"id\":1}");
	for (int i = 0; i < 20; i++) {
		pass(450);
		say_frame(link, 0x80 | WS_PING, "", 0);
	}
	CHECK_EQUAL(session.state, SESSION_OPEN);
	end();
}

// What the venue has refused is not asked for again and again.
static void a_server_that_refuses_everything(void)
{
	struct exchange_link *link;

	begin(FEED_KRAKEN, symbols);
	link = open_stream();
	for (size_t i = 0; i < 2; i++) {
		char text[256];

		snprintf(text, sizeof(text),
			"{\"errorMessage\":\"no such "
			"pair\",\"event\":\"subscriptionStatus\",\"pair\":"
			"\"%s\",\"status\":\"error\",\"subscription\":{\"name\":\"book\"}}",
			symbols[i]);
		say_text(link, text);
	}
	CHECK_EQUAL(session.counters.refused, 2);
	for (int i = 0; i < 20; i++) {
		pass(450);
		say_frame(link, 0x80 | WS_PING, "", 0);
	}
	CHECK_EQUAL(session.state, SESSION_OPEN);
	CHECK_TEXT(session.why, "no such pair");
	end();
}

// Nothing of TCP, of TLS, of WebSocket, or all but the end of its answer.
static void a_server_that_is_stuck_on_the_way(void)
{
	static const char *const states[] = {"connecting", "connecting", "upgrading", "upgrading"};

	for (int stage = 0; stage < 4; stage++) {
		char why[64];

		begin(FEED_KRAKEN, symbols);
		session_tick(&session, ++now_ns);
		if (stage == 1)
			transport_poll(&exchange->transport, 0);
		if (stage >= 2)
			exchange_run(exchange);
		for (int second = 0; second < 10; second++) {
			CHECK_TEXT(session.why, "");
			if (stage == 3)
				exchange_say(
					stream_of(), "HTTP/1.1 101 Go\r\nA: b\r\n" + second, 1);
			if (stage >= 2)
				exchange_run(exchange);
			now_ns += 999 * NS_PER_MS;
			session_tick(&session, now_ns);
		}
		now_ns += 100 * NS_PER_MS;
		session_tick(&session, now_ns);
		snprintf(why, sizeof(why), "exchange.test: still %s after 10 s", states[stage]);
		CHECK_TEXT(session.why, why);
		CHECK_EQUAL(transport_links(&exchange->transport), 0);
		end();
	}
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
		{"a server that forgets a subscription", a_server_that_forgets_a_subscription},
		{"a quiet market ends nothing", a_quiet_market_ends_nothing},
		{"a server that refuses everything", a_server_that_refuses_everything},
		{"a server that is stuck on the way", a_server_that_is_stuck_on_the_way},
		{"a close reason commands no terminal", a_close_reason_commands_no_terminal},
	};

	return CHECK_RUN(cases);
}
