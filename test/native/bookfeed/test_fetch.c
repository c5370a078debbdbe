// A snapshot's way: answers whole, cut, endless and slow, and what becomes of each.
#include "exchange.h"
#include "fetch.h"

enum { CAPACITY = 5000 };

static const char host[] = "exchange.test";
static const uint64_t ns_per_s = 1000 * 1000 * 1000;

static struct exchange *exchange;
static struct exchange_link *far;
static struct tls_context context;
static struct target target;
static struct fetch fetch;
static char *buffer;
static unsigned int finished;
static char why[TLS_REASON_SIZE];

static void on_finished(void *owner, const char *reason)
{
	CHECK(owner == &fetch);
	finished++;
	snprintf(why, sizeof(why), "%s", reason == NULL ? "" : reason);
}

static const struct fetch_events events = {on_finished};

static void begin(void)
{
	char reason[TLS_REASON_SIZE];

	exchange = exchange_new(host);
	far = &exchange->links[0];
	CHECK_EQUAL(tls_context_init(&context, exchange->ca_file, reason), 0);
	target = (struct target){.port = 443, .ipv4 = 1};
	snprintf(target.host, sizeof(target.host), "%s", host);
	// Of its exact size, so that a sanitizer sees each byte beyond.
	buffer = malloc(CAPACITY);
	fetch_init(
		&fetch, &exchange->transport, &context, &target, buffer, CAPACITY, &events, &fetch);
	finished = 0;
}

static void end(void)
{
	fetch_cancel(&fetch);
	CHECK_EQUAL(transport_links(&exchange->transport), 0);
	free(buffer);
	tls_context_done(&context);
	exchange_free(exchange);
}

static void ask(void)
{
	why[0] = '\0';
	fetch_begin(&fetch, "/depth?limit=1000", 0);
	exchange_run(exchange);
	CHECK(memmem(far->heard.bytes, far->heard.size, "GET /depth?limit=1000 HTTP/1.1\r\n", 32) !=
		NULL);
	CHECK(memmem(far->heard.bytes, far->heard.size, "\r\nHost: exchange.test\r\n", 23) != NULL);
}

static void answer(const char *text)
{
	exchange_say(far, text, strlen(text));
	exchange_run(exchange);
}

static void bid_farewell(void)
{
	SSL_shutdown(far->ssl);
	exchange_flush(far);
	exchange_run(exchange);
}

static void break_off(void)
{
	far->ended = true;
	exchange_run(exchange);
}

static void check_body(const char *body)
{
	CHECK_EQUAL(finished, 1);
	CHECK_TEXT(why, "");
	CHECK_EQUAL(fetch.reader.body_size, strlen(body));
	CHECK(memcmp(buffer + fetch.reader.body, body, strlen(body)) == 0);
	CHECK_EQUAL(fetch.phase, FETCH_IDLE);
}

static void whole_answers(void)
{
	static const char *const texts[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbook",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		"chunked\r\n\r\n1\r\nb\r\n3\r\nook\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\nbook",
	};

	for (size_t i = 0; i < 6; i++) {
		begin();
		exchange->cut = i < 3 ? SIZE_MAX : 1;
		ask();
		answer(texts[i % 3]);
		CHECK_EQUAL(finished, i % 3 != 2);
		if (i % 3 == 2)
			bid_farewell();
		check_body("book");
		end();
	}
}

// An attacker can end a connection, but cannot say good-bye in the server's name.
static void answers_that_are_cut(void)
{
	static const struct {
		const char *text;
		void (*end)(void);
		const char *why;
	} rows[] = {
		{"", break_off, "unannounced"},
		{"", bid_farewell, "ends too early"},
		{"HTTP/1.1 200 OK\r\nConte", bid_farewell, "ends too early"},
		{"HTTP/1.1 200 OK\r\n\r\nboo", break_off, "unannounced"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nboo", break_off, "unannounced"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nboo", bid_farewell, "ends too early"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nboo\r\n", bid_farewell,
			"ends too early"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", break_off,
			"unannounced"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		ask();
		if (rows[i].text[0] != '\0')
			answer(rows[i].text);
		CHECK_EQUAL(finished, 0);
		rows[i].end();
		CHECK_EQUAL(finished, 1);
		CHECK_TEXT(why, rows[i].why);
		end();
	}
}

static void answers_that_are_none(void)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{"HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n",
			"HTTP status 302"},
		{"HTTP/1.1 418 Banned\r\nContent-Length: 2\r\n\r\n{}", "HTTP status 418"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", "over the size allowed"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n",
			"over the size allowed"},
		{"\x15\x03\x01", "not HTTP/1.1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		ask();
		answer(rows[i].text);
		CHECK_EQUAL(finished, 1);
		CHECK_TEXT(why, rows[i].why);
		end();
	}
}

// Heads, bodies and trailers without end: memory is bounded by the buffer, time by the deadline.
static void answers_without_end(void)
{
	static const char *const pieces[] = {
		"HTTP/1.1 100 Wait\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n",
		"X: y\r\n",
	};

	for (size_t i = 0; i < 2; i++) {
		begin();
		ask();
		answer(pieces[i]);
		for (int sent = 0; sent < 1000 && finished == 0; sent++)
			answer(pieces[i]);
		CHECK_EQUAL(finished, 1);
		CHECK_TEXT(why, "over the size allowed");
		end();
	}
	begin();
	ask();
	answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
	for (uint64_t second = 0; second < 10; second++) {
		for (int sent = 0; sent < 100; sent++)
			answer(pieces[2]);
		fetch_tick(&fetch, second * ns_per_s);
		CHECK_EQUAL(finished, 0);
	}
	fetch_tick(&fetch, 10 * ns_per_s);
	CHECK_EQUAL(finished, 1);
	CHECK_TEXT(why, "no answer within 10 s");
	end();
}

static void given_up_at_each_point(void)
{
	for (int turns = 0; turns < 6; turns++) {
		begin();
		fetch_begin(&fetch, "/", 0);
		for (int i = 0; i < turns; i++) {
			transport_poll(&exchange->transport, 0);
			if (far->up.size > 0)
				exchange_hear(far);
		}
		fetch_cancel(&fetch);
		exchange_run(exchange);
		CHECK_EQUAL(finished, 0);
		end();
	}
}

static void one_after_another(void)
{
	begin();
	for (int i = 0; i < 100; i++) {
		finished = 0;
		ask();
		answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbook");
		check_body("book");
	}
	CHECK_EQUAL(exchange->connects, 100);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"whole answers", whole_answers},
		{"answers that are cut", answers_that_are_cut},
		{"answers that are none", answers_that_are_none},
		{"answers without end", answers_without_end},
		{"given up at each point", given_up_at_each_point},
		{"one after another", one_after_another},
	};

	return CHECK_RUN(cases);
}
