// The feed's requests: what it wants sent, and the snapshots that it wants fetched, one at a time.
#include <stdio.h>
#include <string.h>

#include "session_parts.h"

// Requests at once beyond one for each symbol, before they are paced.
enum { REQUESTS_IN_HAND = 4 };

// A server that is asked again at once after a failure answers with a ban.
static void wait_before_next(struct session *session)
{
	uint32_t shift = session->fetch_failures < 5 ? session->fetch_failures : 5;

	session->fetch_failures++;
	session->fetch_after_ns =
		session->now_ns + ((uint64_t)session->config.backoff_min_ms << shift) * NS_PER_MS;
}

static void on_finished(void *owner, const char *why)
{
	struct session *session = owner;
	struct http_reader *reader = &session->fetch.reader;
	struct feed_change change;
	enum feed_verdict verdict;

	if (session->state != SESSION_OPEN)
		return;
	session->requests_due = true;
	if (why != NULL) {
		counter_add(&session->counters.snapshot_failures, 1);
		snprintf(session->why, sizeof(session->why), "snapshot of %s: %s",
			feed_symbol(session->feed, session->fetch_symbol)->name, why);
		feed_snapshot_failed(session->feed, session->fetch_symbol);
		wait_before_next(session);
		return;
	}
	counter_add(&session->counters.snapshots, 1);
	verdict = feed_snapshot(session->feed, session->fetch_symbol, reader->buffer + reader->body,
		reader->body_size, &change);
	// Ignored: it is held until an event proves it.
	if (verdict == FEED_UPDATED || verdict == FEED_IGNORED) {
		session->fetch_failures = 0;
		return;
	}
	snprintf(session->why, sizeof(session->why), "snapshot of %s: %s",
		feed_symbol(session->feed, session->fetch_symbol)->name,
		feed_cause_name(change.cause));
	wait_before_next(session);
}

const struct fetch_events session_fetch_events = {.finished = on_finished};

// Whether the pace allows another request: one for each symbol at once, then as many as attempts to
// connect. A stream that spoils each new book at once would otherwise have us banned.
static bool pace_allows(const struct session *session)
{
	uint64_t in_hand = feed_count(session->feed) + REQUESTS_IN_HAND - 1;

	return session->asked_ns <=
	       session->now_ns + in_hand * session->config.backoff_min_ms * NS_PER_MS;
}

static void count_request(struct session *session)
{
	if (session->asked_ns < session->now_ns)
		session->asked_ns = session->now_ns;
	session->asked_ns += session->config.backoff_min_ms * NS_PER_MS;
}

void session_serve_requests(struct session *session)
{
	char text[FEED_REQUEST_SIZE];
	enum feed_request request = FEED_REQUEST_SEND;
	size_t symbol;

	session->requests_due = false;
	while (session->state == SESSION_OPEN && request == FEED_REQUEST_SEND) {
		// A GET counts as made once it was asked for, so none is while none can be made.
		if (session->fetch.phase != FETCH_IDLE ||
			session->now_ns < session->fetch_after_ns || !pace_allows(session)) {
			session->requests_due = true;
			return;
		}
		request = feed_request(session->feed, text, &symbol);
		if (request != FEED_REQUEST_NONE)
			count_request(session);
		if (request == FEED_REQUEST_SEND) {
			session->book_by_ns = session->now_ns + session_patience_ns(session);
			session_send(session, WS_TEXT, text, strlen(text));
		} else if (request == FEED_REQUEST_GET) {
			session->fetch_symbol = symbol;
			fetch_begin(&session->fetch, text, session->now_ns);
		}
	}
}
