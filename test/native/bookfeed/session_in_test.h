// A session against an exchange in the test's own process, without a wire and without waiting: its
// time is the test's.
#ifndef TEST_SESSION_IN_TEST_H
#define TEST_SESSION_IN_TEST_H

#include "exchange.h"
#include "session_parts.h"
#include "ws_handshake.h"

static const char host[] = "exchange.test";

// What makes a book of Kraken's good.
static const char kraken_snapshot[] = "[1,{\"as\":[[\"10.20\",\"0.50000000\",\"1.5\"]],\"bs\":[["
				      "\"10.10\",\"1.00000000\",\"1.5\"]]},"
				      "\"book-1000\",\"XBT/EUR\"]";

static struct exchange *exchange;
static struct tls_context context;
static struct latency latency;
static struct session session;
static struct feed *feed;
static uint64_t now_ns;

static inline void begin_with(
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

static inline void begin(enum feed_venue venue, const char *const *names)
{
	begin_with(venue, names,
		(struct session_config){
			.stale_ms = 1000, .backoff_min_ms = 100, .backoff_max_ms = 3000});
}

static inline void end(void)
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
static inline bool heard(struct exchange_link *link, const char *text)
{
	bool found = memmem(link->heard.bytes, link->heard.size, text, strlen(text)) != NULL;

	link->heard.size = 0;
	return found;
}

static inline void pass(uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i++) {
		now_ns += NS_PER_MS;
		session_tick(&session, now_ns);
		transport_poll(&exchange->transport, 0);
	}
	exchange_run(exchange);
}

// The stream's connection, once the client has asked for it.
static inline struct exchange_link *stream_of(void)
{
	struct exchange_link *link = exchange->links;

	while (link < exchange->links + EXCHANGE_LINKS - 1 && !link->used)
		link++;
	return link;
}

static inline struct exchange_link *open_stream(void)
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
static inline void say_frame(
	struct exchange_link *link, uint8_t first, const void *payload, size_t size)
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

static inline void say_text(struct exchange_link *link, const char *text)
{
	say_frame(link, 0x80 | WS_TEXT, text, strlen(text));
}

// How many frames of a client are there; it forgets them.
static inline unsigned int count_frames(struct exchange_link *link, uint8_t opcode)
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

#endif
