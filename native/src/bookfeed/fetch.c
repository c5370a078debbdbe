// See fetch.h.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fetch.h"

// A snapshot takes a few round trips and some hundred kilobytes; what takes longer is stuck.
#define FETCH_TIMEOUT_NS (UINT64_C(10) * 1000 * 1000 * 1000)

enum { HTTPS_PORT = 443 };

uint16_t target_port(const struct target *target)
{
	return target->connect_port != 0 ? target->connect_port : target->port;
}

void target_text(const struct target *target, char *text, size_t size)
{
	if (target->port == HTTPS_PORT)
		snprintf(text, size, "%s", target->host);
	else
		snprintf(text, size, "%s:%u", target->host, target->port);
}

static void finish(struct fetch *fetch, const char *why)
{
	fetch_cancel(fetch);
	fetch->events->finished(fetch->owner, why);
}

static void on_opened(void *owner)
{
	struct fetch *fetch = owner;
	char request[sizeof(fetch->path) + 512];
	char host[sizeof(fetch->target->host) + 8];
	int ret;

	target_text(fetch->target, host, sizeof(host));
	// An own connection each time: snapshots are rare, and a kept one would have to be watched.
	ret = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n"
		"Accept-Encoding: identity\r\nConnection: close\r\n"
		"User-Agent: dpdk-rig bookfeed\r\n\r\n",
		fetch->path, host);
	ret = tls_send(&fetch->tls, request, (size_t)ret);
	if (ret < 0)
		finish(fetch, strerror(-ret));
	else
		fetch->phase = FETCH_READING;
}

static void take_answer(struct fetch *fetch, enum http_verdict verdict)
{
	if (verdict == HTTP_BROKEN) {
		finish(fetch, fetch->reader.fault);
	} else if (verdict == HTTP_DONE && fetch->reader.status != 200) {
		snprintf(fetch->reason, sizeof(fetch->reason), "HTTP status %d",
			fetch->reader.status);
		finish(fetch, fetch->reason);
	} else if (verdict == HTTP_DONE) {
		finish(fetch, NULL);
	}
}

static void on_readable(void *owner)
{
	struct fetch *fetch = owner;
	enum http_verdict verdict = HTTP_MORE;

	while (fetch->phase == FETCH_READING && verdict == HTTP_MORE) {
		size_t room;
		char *place = http_reader_room(&fetch->reader, &room);
		int got = room == 0 ? -EMSGSIZE : tls_read(&fetch->tls, place, room);

		if (got == 0)
			return;
		if (got > 0) {
			http_reader_filled(&fetch->reader, (size_t)got);
			verdict = http_reader_next(&fetch->reader);
		} else if (fetch->tls.ended) {
			verdict = http_reader_ended(&fetch->reader);
		} else {
			finish(fetch,
				room == 0 ? "an answer over the size allowed" : fetch->tls.reason);
			return;
		}
		take_answer(fetch, verdict);
	}
}

static void on_closed(void *owner, const char *why)
{
	finish(owner, why);
}

static const struct tls_events tls_events = {
	.opened = on_opened,
	.readable = on_readable,
	.closed = on_closed,
};

void fetch_init(struct fetch *fetch, struct transport *transport, const struct tls_context *context,
	const struct target *target, char *buffer, size_t capacity,
	const struct fetch_events *events, void *owner)
{
	memset(fetch, 0, sizeof(*fetch));
	fetch->transport = transport;
	fetch->context = context;
	fetch->target = target;
	fetch->buffer = buffer;
	fetch->capacity = capacity;
	fetch->events = events;
	fetch->owner = owner;
}

static void connect_to(struct fetch *fetch, uint32_t ipv4)
{
	fetch->phase = FETCH_CONNECTING;
	if (tls_open(&fetch->tls, fetch->context, fetch->transport, ipv4,
		    target_port(fetch->target), fetch->target->host, &tls_events, fetch) < 0)
		finish(fetch, fetch->tls.reason);
}

void fetch_begin(struct fetch *fetch, const char *path, uint64_t now_ns)
{
	snprintf(fetch->path, sizeof(fetch->path), "%s", path);
	http_reader_init(&fetch->reader, fetch->buffer, fetch->capacity);
	fetch->deadline_ns = now_ns + FETCH_TIMEOUT_NS;
	fetch->phase = FETCH_RESOLVING;
	if (fetch->target->ipv4 != 0)
		connect_to(fetch, fetch->target->ipv4);
	else if (resolve_ask(&fetch->resolve, fetch->target->host) < 0)
		finish(fetch, "the resolver takes no question");
}

void fetch_tick(struct fetch *fetch, uint64_t now_ns)
{
	uint32_t ipv4;
	const char *why;
	int ret;

	if (fetch->phase == FETCH_IDLE)
		return;
	if (now_ns >= fetch->deadline_ns) {
		finish(fetch, "no answer within 10 s");
		return;
	}
	if (fetch->phase != FETCH_RESOLVING)
		return;
	ret = resolve_answer(&fetch->resolve, fetch->turn, &ipv4, &why);
	if (ret < 0) {
		finish(fetch, why);
	} else if (ret > 0) {
		fetch->turn++;
		connect_to(fetch, ipv4);
	}
}

void fetch_cancel(struct fetch *fetch)
{
	fetch->phase = FETCH_IDLE;
	resolve_cancel(&fetch->resolve);
	tls_close(&fetch->tls);
}
