// The states of a session and the way from one to the next. See session.h.
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_parts.h"

// For TCP, TLS and WebSocket together: some round trips, or a machine that is not there.
#define CONNECT_TIMEOUT_NS (10000 * NS_PER_MS)

static const char *const names[SESSION_STATES] = {
	[SESSION_WAITING] = "waiting",
	[SESSION_RESOLVING] = "resolving",
	[SESSION_CONNECTING] = "connecting",
	[SESSION_UPGRADING] = "upgrading",
	[SESSION_OPEN] = "open",
	[SESSION_STOPPED] = "stopped",
};

const char *session_state_name(enum session_state state)
{
	return names[state];
}

size_t session_good(const struct session *session)
{
	size_t count = 0;

	for (size_t i = 0; i < feed_count(session->feed); i++)
		count += feed_symbol(session->feed, i)->state == FEED_GOOD;
	return count;
}

// Doubles with each failure in a row; up to a quarter less by chance, so that many clients of a
// server that was down do not come back as one.
static uint64_t backoff_ns(struct session *session)
{
	uint32_t shift = session->failures < 16 ? session->failures : 16;
	uint64_t wait = (uint64_t)session->config.backoff_min_ms << shift;
	uint16_t chance = 0;

	if (wait > session->config.backoff_max_ms)
		wait = session->config.backoff_max_ms;
	ws_random_take(&session->random, (uint8_t *)&chance, sizeof(chance));
	return wait * NS_PER_MS - wait * NS_PER_MS / 4 * chance / UINT16_MAX;
}

void session_fail(struct session *session, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(session->why, sizeof(session->why), format, args);
	va_end(args);
	if (session->state == SESSION_OPEN)
		counter_add(&session->counters.disconnects, 1);
	else
		counter_add(&session->counters.failures, 1);
	session->state = SESSION_WAITING;
	session->deadline_ns = session->now_ns + backoff_ns(session);
	session->failures++;
	fetch_cancel(&session->fetch);
	resolve_cancel(&session->resolve);
	tls_close(&session->tls);
	feed_disconnected(session->feed);
}

static void send_upgrade(struct session *session)
{
	char request[sizeof(session->fetch.path) + 1024];
	char host[sizeof(session->config.stream.host) + 8];
	int size;

	target_text(&session->config.stream, host, sizeof(host));
	size = ws_key(&session->random, session->key);
	if (size == 0)
		size = ws_request(
			request, sizeof(request), host, session->config.path, session->key);
	if (size > 0)
		size = tls_send(&session->tls, request, (size_t)size);
	if (size < 0)
		session_fail(session, "WebSocket request: %s", strerror(-size));
}

static void on_opened(void *owner)
{
	struct session *session = owner;

	session->state = SESSION_UPGRADING;
	send_upgrade(session);
}

static void on_closed(void *owner, const char *why)
{
	session_fail(owner, "%s", why);
}

static const struct tls_events tls_events = {
	.opened = on_opened,
	.readable = session_readable,
	.closed = on_closed,
};

static void begin_connect(struct session *session, uint32_t ipv4)
{
	session->state = SESSION_CONNECTING;
	ws_reader_init(&session->reader, session->memory, SESSION_MESSAGE_MAX + WS_SLACK);
	if (tls_open(&session->tls, session->context, session->transport, ipv4,
		    target_port(&session->config.stream), session->config.stream.host, &tls_events,
		    session) < 0)
		session_fail(session, "%s", session->tls.reason);
}

static void begin(struct session *session)
{
	session->state = SESSION_RESOLVING;
	session->deadline_ns = session->now_ns + CONNECT_TIMEOUT_NS;
	if (session->config.stream.ipv4 != 0)
		begin_connect(session, session->config.stream.ipv4);
	else if (resolve_ask(&session->resolve, session->config.stream.host) < 0)
		session_fail(session, "the resolver takes no question");
}

static void tick_resolving(struct session *session)
{
	const char *why = NULL;
	uint32_t ipv4;
	int ret = resolve_answer(&session->resolve, session->turn, &ipv4, &why);

	if (ret < 0) {
		session_fail(session, "%s: %s; check the resolver, or give --connect",
			session->config.stream.host, why);
	} else if (ret > 0) {
		session->turn++;
		begin_connect(session, ipv4);
	}
}

// Nothing to lose, and still something to hope for: what the venue has refused does not come.
static bool waits_for_every_book(const struct session *session)
{
	bool hopes = false;

	for (size_t i = 0; i < feed_count(session->feed); i++) {
		const struct feed_symbol *symbol = feed_symbol(session->feed, i);

		if (symbol->state == FEED_GOOD)
			return false;
		hopes = hopes || symbol->cause != FEED_CAUSE_REFUSED;
	}
	return hopes;
}

// A subscription that a living server has forgotten is made again on a new connection. Where books
// come by a GET, that of a quiet symbol may wait long for the stream, but not for an answer.
static void check_for_books(struct session *session)
{
	uint64_t patience_ms = session_patience_ns(session) / NS_PER_MS;
	struct feed_endpoint endpoint;

	if (session->book_by_ns == 0 || session->now_ns < session->book_by_ns)
		return;
	session->book_by_ns = 0;
	feed_endpoint(session->feed, &endpoint);
	if (endpoint.snapshot_host == NULL && waits_for_every_book(session))
		session_fail(session, "no book for %" PRIu64 " ms", patience_ms);
	else if (endpoint.snapshot_host != NULL && session->message_ns < session->opened_ns)
		session_fail(session, "no answer for %" PRIu64 " ms", patience_ms);
}

// A silent server is asked by a ping at half of the time, and given up at the end of it. Its answer
// may come before the clock is read again.
static void tick_open(struct session *session)
{
	uint64_t stale_ns = session->config.stale_ms * NS_PER_MS;
	uint64_t silent_ns = session->now_ns - session->heard_ns;

	if (silent_ns >= stale_ns) {
		session_fail(session, "nothing heard for %" PRIu32 " ms", session->config.stale_ms);
		return;
	}
	if (session->now_ns - session->whole_ns >= session_patience_ns(session)) {
		session_fail(session, "no whole message for %" PRIu64 " ms",
			session_patience_ns(session) / NS_PER_MS);
		return;
	}
	if (silent_ns >= stale_ns / 2 && session->pinged_ns <= session->heard_ns) {
		session->pinged_ns = session->now_ns;
		session_send(session, WS_PING, "alive?", 6);
	}
	if (session->state == SESSION_OPEN)
		check_for_books(session);
	if (session->state == SESSION_OPEN && session->requests_due)
		session_serve_requests(session);
}

void session_tick(struct session *session, uint64_t now_ns)
{
	session->now_ns = now_ns;
	fetch_tick(&session->fetch, now_ns);
	switch (session->state) {
	case SESSION_WAITING:
		if (now_ns >= session->deadline_ns)
			begin(session);
		break;
	case SESSION_RESOLVING:
		tick_resolving(session);
		break;
	case SESSION_OPEN:
		tick_open(session);
		return;
	default:
		break;
	}
	if ((session->state == SESSION_RESOLVING || session->state == SESSION_CONNECTING ||
		    session->state == SESSION_UPGRADING) &&
		now_ns >= session->deadline_ns)
		session_fail(session, "%s: still %s after 10 s", session->config.stream.host,
			session_state_name(session->state));
}

void session_stop(struct session *session)
{
	if (session->state == SESSION_OPEN)
		session_send_close(session, WS_CODE_NORMAL);
	session->state = SESSION_STOPPED;
	fetch_cancel(&session->fetch);
	resolve_cancel(&session->resolve);
	tls_close(&session->tls);
	feed_disconnected(session->feed);
}

static void fill_target(struct target *target, const char *host, uint16_t port)
{
	if (target->host[0] != '\0' || host == NULL)
		return;
	snprintf(target->host, sizeof(target->host), "%s", host);
	target->port = port;
}

int session_init(struct session *session, const struct session_config *config, struct feed *feed,
	struct transport *transport, const struct tls_context *context, struct latency *latency)
{
	const size_t part = SESSION_MESSAGE_MAX + WS_SLACK + FEED_PADDING;
	struct feed_endpoint endpoint;

	memset(session, 0, sizeof(*session));
	session->config = *config;
	session->feed = feed;
	session->transport = transport;
	session->context = context;
	session->latency = latency;
	feed_endpoint(feed, &endpoint);
	fill_target(&session->config.stream, endpoint.host, endpoint.port);
	fill_target(&session->config.snapshot, endpoint.snapshot_host, endpoint.snapshot_port);
	if (session->config.path == NULL)
		session->config.path = endpoint.path;
	// Pages that no message reaches are never touched.
	session->memory = calloc(2, part);
	if (session->memory == NULL)
		return -ENOMEM;
	fetch_init(&session->fetch, transport, context, &session->config.snapshot,
		(char *)session->memory + part, SESSION_MESSAGE_MAX, &session_fetch_events,
		session);
	return 0;
}

void session_done(struct session *session)
{
	free(session->memory);
	session->memory = NULL;
}
