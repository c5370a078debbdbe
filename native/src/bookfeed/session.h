// One exchange's stream from connect to book: resolve, TCP, TLS, WebSocket, subscriptions,
// messages, snapshots, and all of it again when it breaks. One thread; the counters may be read by
// any.
#ifndef BOOKFEED_SESSION_H
#define BOOKFEED_SESSION_H

#include "feed.h"
#include "fetch.h"
#include "latency.h"
#include "ws.h"
#include "ws_handshake.h"

enum {
	SESSION_MESSAGE_MAX = 16 * 1024 * 1024,
	SESSION_WHY_SIZE = 256,
};

enum session_state {
	SESSION_WAITING, // for the back-off's end
	SESSION_RESOLVING,
	SESSION_CONNECTING, // TCP and TLS
	SESSION_UPGRADING,  // to WebSocket
	SESSION_OPEN,
	SESSION_STOPPED,
	SESSION_STATES,
};

struct session_config {
	struct target stream;
	struct target snapshot;
	const char *path;
	uint32_t stale_ms;       // silence after which a connection is given up
	uint32_t backoff_min_ms; // before the first new attempt; doubles with each
	uint32_t backoff_max_ms;
};

// By the session's thread alone; read them by counter_read().
struct session_counters {
	uint64_t messages; // text messages
	uint64_t bytes;    // of them
	uint64_t updates;  // messages that changed a book
	uint64_t resyncs;  // books that were good and had to be given up, by sequence or checksum
	uint64_t malformed;
	uint64_t refused;
	uint64_t snapshots;
	uint64_t snapshot_failures;
	uint64_t connects;    // WebSocket handshakes that succeeded
	uint64_t disconnects; // open connections that ended
	uint64_t failures;    // attempts to connect that came to nothing
	uint64_t pings;       // answered
};

struct session {
	struct session_config config;
	struct feed *feed;
	struct transport *transport;
	const struct tls_context *context;
	struct latency *latency;
	enum session_state state;
	struct session_counters counters;
	struct tls tls;
	struct ws_reader reader;
	struct ws_random random;
	struct resolve resolve;
	struct fetch fetch;
	size_t fetch_symbol;
	uint32_t fetch_failures; // in a row
	uint64_t fetch_after_ns; // none before
	uint64_t asked_ns;       // until when the requests made so far would last at their pace
	bool requests_due;       // the feed may want something that could not be asked for yet
	uint32_t failures;       // in a row
	unsigned int turn;       // which of the host's addresses is next
	uint64_t now_ns;         // of the last tick
	uint64_t deadline_ns;    // of the state
	uint64_t opened_ns;      // when the stream began
	uint64_t heard_ns;       // when the server was last heard
	uint64_t whole_ns;       // when a message or control frame of it was last whole
	uint64_t message_ns;     // when a message last came
	uint64_t pinged_ns;      // when we last asked whether it lives
	uint64_t book_by_ns; // when a subscription must have brought a book, or an answer; 0: it
			     // need not
	uint8_t *memory;
	char key[WS_KEY_SIZE];
	char why[SESSION_WHY_SIZE]; // the last thing that went wrong; "" at first
};

// 0, or -ENOMEM. The feed's endpoint fills what config leaves empty.
int session_init(struct session *session, const struct session_config *config, struct feed *feed,
	struct transport *transport, const struct tls_context *context, struct latency *latency);
void session_done(struct session *session);

// What time alone brings about; call it about every millisecond, between polls of the transport.
void session_tick(struct session *session, uint64_t now_ns);

// Says good-bye to the server; no more is begun.
void session_stop(struct session *session);

const char *session_state_name(enum session_state state);

// Symbols whose book is good.
size_t session_good(const struct session *session);

#endif
