// One HTTPS GET at a time over any transport: how snapshots come.
#ifndef BOOKFEED_FETCH_H
#define BOOKFEED_FETCH_H

#include "http.h"
#include "resolve.h"
#include "tls.h"

// Where to connect to, and what to call it.
struct target {
	char host[256]; // in the certificate, the handshake and the name to resolve
	uint16_t port;
	uint32_t ipv4;         // host order; 0: resolve the host
	uint16_t connect_port; // where to connect really; 0: port
};

uint16_t target_port(const struct target *target);

// "host" or "host:port", as a Host header has it.
void target_text(const struct target *target, char *text, size_t size);

enum fetch_phase { FETCH_IDLE, FETCH_RESOLVING, FETCH_CONNECTING, FETCH_READING };

struct fetch;

struct fetch_events {
	// reader has status and body, until the next fetch_begin(). why: NULL, or what went wrong.
	void (*finished)(void *owner, const char *why);
};

struct fetch {
	struct tls tls;
	struct http_reader reader;
	struct resolve resolve;
	struct transport *transport;
	const struct tls_context *context;
	const struct target *target;
	const struct fetch_events *events;
	void *owner;
	char *buffer;
	size_t capacity;
	enum fetch_phase phase;
	unsigned int turn;
	uint64_t deadline_ns;
	char path[4096];
	char reason[TLS_REASON_SIZE];
};

// capacity bounds head and body; buffer must have the padding that the body's reader wants.
void fetch_init(struct fetch *fetch, struct transport *transport, const struct tls_context *context,
	const struct target *target, char *buffer, size_t capacity,
	const struct fetch_events *events, void *owner);

// Begins; the outcome comes by finished(), from fetch_tick() or the transport's poll.
void fetch_begin(struct fetch *fetch, const char *path, uint64_t now_ns);
void fetch_tick(struct fetch *fetch, uint64_t now_ns);

// Gives up without an event.
void fetch_cancel(struct fetch *fetch);

#endif
