// What the server sends: the answer to our handshake, then messages and control frames.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plain_text.h"
#include "session_parts.h"

int session_send(struct session *session, enum ws_opcode opcode, const void *payload, size_t size)
{
	uint8_t frame[FEED_REQUEST_SIZE + WS_HEADER_MAX];
	uint8_t mask[4];
	int ret = size > FEED_REQUEST_SIZE ? -EMSGSIZE
					   : ws_random_take(&session->random, mask, sizeof(mask));

	if (ret == 0)
		ret = tls_send(&session->tls, frame, ws_frame(frame, opcode, payload, size, mask));
	if (ret < 0)
		session_fail(session, "send: %s", strerror(-ret));
	return ret;
}

void session_send_close(struct session *session, uint16_t code)
{
	const uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};

	session_send(session, WS_CLOSE, payload, sizeof(payload));
}

static const char *cause_of(const struct feed_change *change)
{
	return feed_cause_name(change->cause);
}

static void note_trouble(
	struct session *session, enum feed_verdict verdict, const struct feed_change *change)
{
	const char *name = change->symbol == FEED_NO_SYMBOL
				   ? "the stream"
				   : feed_symbol(session->feed, change->symbol)->name;

	if (verdict == FEED_RESYNC)
		counter_add(&session->counters.resyncs, 1);
	else if (verdict == FEED_MALFORMED)
		counter_add(&session->counters.malformed, 1);
	else
		counter_add(&session->counters.refused, 1);
	if (verdict == FEED_REFUSED)
		snprintf(session->why, sizeof(session->why), "%s: refused: %s", name,
			feed_refusal(session->feed));
	else
		snprintf(session->why, sizeof(session->why), "%s: %s", name, cause_of(change));
}

static void take_text(struct session *session, const struct ws_message *message)
{
	struct latency_stamps stamps = {
		.burst = session->transport->burst_tsc,
		.tcp = session->transport->tcp_tsc,
		.tls = session->tls.read_tsc,
		.ws = latency_now(),
	};
	struct feed_change change;
	enum feed_verdict verdict =
		feed_message(session->feed, (const char *)message->bytes, message->size, &change);

	stamps.book = latency_now();
	session->message_ns = session->now_ns;
	counter_add(&session->counters.messages, 1);
	counter_add(&session->counters.bytes, message->size);
	if (verdict == FEED_UPDATED) {
		counter_add(&session->counters.updates, 1);
		stamps.json = change.read_tsc;
		latency_add(session->latency, &stamps);
		// A server that ends each connection soon is no better for the books it gave.
		if (session->now_ns - session->opened_ns >=
			session->config.backoff_max_ms * NS_PER_MS)
			session->failures = 0;
		return;
	}
	if (verdict != FEED_IGNORED)
		note_trouble(session, verdict, &change);
	session_serve_requests(session);
}

// A peer's close is answered by the same code, and ends the connection.
static void take_close(struct session *session, const struct ws_message *message)
{
	char reason[WS_CONTROL_MAX + 1];

	plain_text(reason, message->bytes, message->size);
	session_send_close(session,
		message->code == WS_CODE_NO_STATUS ? (uint16_t)WS_CODE_NORMAL : message->code);
	if (session->state == SESSION_OPEN)
		session_fail(session, "closed by the server: %u %s", message->code, reason);
}

static void take_message(struct session *session, const struct ws_message *message)
{
	switch (message->opcode) {
	case WS_TEXT:
	case WS_BINARY:
		take_text(session, message);
		break;
	case WS_PING:
		counter_add(&session->counters.pings, 1);
		session_send(session, WS_PONG, message->bytes, message->size);
		break;
	case WS_CLOSE:
		take_close(session, message);
		break;
	case WS_PONG:
	case WS_CONTINUATION:
		break;
	}
}

static void take_messages(struct session *session)
{
	enum ws_verdict verdict = WS_MORE;
	struct ws_message message;

	session->heard_ns = session->now_ns;
	while (session->state == SESSION_OPEN &&
		(verdict = ws_reader_next(&session->reader, &message)) == WS_MESSAGE) {
		session->whole_ns = session->now_ns;
		take_message(session, &message);
	}
	if (session->state != SESSION_OPEN || verdict != WS_BROKEN)
		return;
	session_send_close(session, session->reader.code);
	if (session->state == SESSION_OPEN)
		session_fail(session, "WebSocket: %s", session->reader.fault);
}

static void open_session(struct session *session)
{
	session->state = SESSION_OPEN;
	session->opened_ns = session->now_ns;
	session->heard_ns = session->now_ns;
	session->whole_ns = session->now_ns;
	session->pinged_ns = 0;
	session->asked_ns = 0;
	session->book_by_ns = 0;
	session->fetch_failures = 0;
	session->fetch_after_ns = 0;
	counter_add(&session->counters.connects, 1);
	feed_connected(session->feed);
	session_serve_requests(session);
}

// What follows the head in the same bytes is the first of the stream.
static void take_upgrade(struct session *session)
{
	struct ws_reader *reader = &session->reader;
	struct http_head head;
	const char *fault = NULL;
	enum http_verdict verdict =
		http_head_parse((const char *)reader->buffer, reader->end, &head, &fault);

	if (verdict == HTTP_MORE)
		return;
	if (verdict == HTTP_DONE)
		fault = ws_check_answer(&head, session->key);
	if (fault != NULL) {
		session_fail(session, "WebSocket handshake: %s%s", fault,
			verdict == HTTP_DONE && head.status == 429 ? " (429, too many requests)"
								   : "");
		return;
	}
	reader->end -= head.size;
	memmove(reader->buffer, reader->buffer + head.size, reader->end);
	open_session(session);
}

void session_readable(void *owner)
{
	struct session *session = owner;

	while (session->state == SESSION_UPGRADING || session->state == SESSION_OPEN) {
		size_t room;
		uint8_t *place = ws_reader_room(&session->reader, &room);
		int got = tls_read(&session->tls, place, room);

		if (got == 0)
			return;
		if (got < 0) {
			session_fail(session, "%s", session->tls.reason);
			return;
		}
		ws_reader_filled(&session->reader, (size_t)got);
		if (session->state == SESSION_UPGRADING)
			take_upgrade(session);
		if (session->state == SESSION_OPEN)
			take_messages(session);
	}
}
