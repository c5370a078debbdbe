// A TLS connection over any transport: OpenSSL with memory BIOs, so that it sees bytes and never a
// socket. The server's chain and host name are always verified.
#ifndef BOOKFEED_TLS_H
#define BOOKFEED_TLS_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "transport.h"

enum { TLS_REASON_SIZE = 192 };

struct tls_context {
	SSL_CTX *ssl;
};

// ca_file: PEM file of the only CAs to believe; NULL: the system's store. reason: why it failed.
int tls_context_init(
	struct tls_context *context, const char *ca_file, char reason[TLS_REASON_SIZE]);
void tls_context_done(struct tls_context *context);

struct tls_events {
	void (*opened)(void *owner);                  // the handshake is done, the server verified
	void (*readable)(void *owner);                // take it by tls_read() until that says 0
	void (*closed)(void *owner, const char *why); // by the peer or a fault; the link is closed
};

struct tls {
	SSL *ssl; // NULL: closed
	BIO *in;  // what came from the wire
	BIO *out; // what must go there
	struct link *link;
	const struct tls_events *events;
	void *owner;
	bool open;
	bool ended;        // the peer has said that nothing follows
	uint64_t read_tsc; // when the last tls_read() returned
	char reason[TLS_REASON_SIZE];
};

// Connects and begins the handshake. Returns 0, or a negative errno with tls->reason.
int tls_open(struct tls *tls, const struct tls_context *context, struct transport *transport,
	uint32_t ipv4, uint16_t port, const char *host, const struct tls_events *events,
	void *owner);

// Decrypted bytes; 0: no more for now; negative: the connection is of no more use (tls->reason).
int tls_read(struct tls *tls, void *out, size_t capacity);

// Encrypts and sends all of it; 0 or a negative errno.
int tls_send(struct tls *tls, const void *bytes, size_t size);

// Says good-bye and closes. No event follows. Harmless when it is closed already.
void tls_close(struct tls *tls);

#endif
