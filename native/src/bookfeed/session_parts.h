// Between the files of the session: states and connection in session.c, what an open stream brings
// in session_open.c, snapshots in session_snapshot.c.
#ifndef BOOKFEED_SESSION_PARTS_H
#define BOOKFEED_SESSION_PARTS_H

#include "counter.h"
#include "session.h"

#define NS_PER_MS UINT64_C(1000000)

// What a server that shows some life has for a whole message, or for a first book, so that it
// neither keeps books good nor us waiting by a message that never ends.
static inline uint64_t session_patience_ns(const struct session *session)
{
	return UINT64_C(4) * session->config.stale_ms * NS_PER_MS;
}

// Gives the connection up, with the reason, and waits before the next attempt.
void session_fail(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

int session_send(struct session *session, enum ws_opcode opcode, const void *payload, size_t size);

// Sends a close frame with that code.
void session_send_close(struct session *session, uint16_t code);

// Takes what TLS has, in whatever state.
void session_readable(void *owner);

// Makes the feed's requests, as far as their pace allows.
void session_serve_requests(struct session *session);

extern const struct fetch_events session_fetch_events;

#endif
