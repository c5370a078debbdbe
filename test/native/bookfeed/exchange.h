// An exchange in the test's own process: a transport that is two buffers a connection, and a TLS
// server at its other end that does what the test says. No socket, no clock.
#ifndef TEST_EXCHANGE_H
#define TEST_EXCHANGE_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "check.h"
#include "tls.h"

enum { EXCHANGE_LINKS = 8, EXCHANGE_BYTES = 1 << 20 };

struct exchange_bytes {
	size_t size;
	uint8_t bytes[EXCHANGE_BYTES];
};

struct exchange_link {
	struct link link; // the client's end
	bool used;
	bool open;
	bool ended;                 // by the exchange, once `down` is delivered
	int fault;                  // what the client's next send comes to, if not 0
	struct exchange_bytes up;   // sent by the client
	struct exchange_bytes down; // not delivered to it yet
	SSL *ssl;
	struct exchange_bytes heard; // what `up` was in clear
};

struct exchange {
	struct transport transport;
	size_t cut; // bytes that are delivered at once
	unsigned int connects;
	SSL_CTX *context;
	char ca_file[32];
	struct exchange_link links[EXCHANGE_LINKS];
};

static inline void exchange_append(struct exchange_bytes *to, const void *bytes, size_t size)
{
	if (size > sizeof(to->bytes) - to->size)
		abort();
	memcpy(to->bytes + to->size, bytes, size);
	to->size += size;
}

static inline struct link *exchange_connect(struct transport *transport, uint32_t ipv4,
	uint16_t port, const struct link_events *events, void *owner, int *error)
{
	struct exchange *exchange = (struct exchange *)transport;
	struct exchange_link *link = exchange->links;

	(void)ipv4;
	(void)port;
	while (link < exchange->links + EXCHANGE_LINKS && link->used)
		link++;
	if (link == exchange->links + EXCHANGE_LINKS) {
		*error = -EMFILE;
		return NULL;
	}
	SSL_free(link->ssl);
	memset(link, 0, sizeof(*link));
	link->link = (struct link){transport, events, owner};
	link->used = true;
	link->ssl = SSL_new(exchange->context);
	SSL_set_bio(link->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(link->ssl);
	exchange->connects++;
	return &link->link;
}

static inline int exchange_send(struct link *base, const uint8_t *bytes, size_t size)
{
	struct exchange_link *link = (struct exchange_link *)base;

	if (link->fault != 0)
		return link->fault;
	exchange_append(&link->up, bytes, size);
	return 0;
}

static inline void exchange_close(struct link *base)
{
	((struct exchange_link *)base)->used = false;
}

static inline void exchange_deliver(struct exchange *exchange, struct exchange_link *link)
{
	size_t at = 0;

	if (!link->open) {
		link->open = true;
		link->link.events->opened(link->link.owner);
	}
	while (link->used && at < link->down.size) {
		size_t left = link->down.size - at;
		size_t some = exchange->cut < left ? exchange->cut : left;

		at += some;
		link->link.events->received(link->link.owner, link->down.bytes + at - some, some);
	}
	link->down.size = 0;
	if (!link->used || !link->ended)
		return;
	link->used = false;
	link->link.events->closed(link->link.owner, "ended by the server");
}

static inline void exchange_poll(struct transport *transport, uint64_t wait_ns)
{
	struct exchange *exchange = (struct exchange *)transport;

	(void)wait_ns;
	for (size_t i = 0; i < EXCHANGE_LINKS; i++)
		if (exchange->links[i].used)
			exchange_deliver(exchange, &exchange->links[i]);
}

static inline unsigned int exchange_links(const struct transport *transport)
{
	unsigned int count = 0;

	for (size_t i = 0; i < EXCHANGE_LINKS; i++)
		count += ((const struct exchange *)transport)->links[i].used;
	return count;
}

// What TLS of the exchange wants sent goes on its way.
static inline void exchange_flush(struct exchange_link *link)
{
	char *bytes;
	long size = BIO_get_mem_data(SSL_get_wbio(link->ssl), &bytes);

	exchange_append(&link->down, bytes, (size_t)size);
	(void)BIO_reset(SSL_get_wbio(link->ssl));
}

// The exchange's TLS takes what the client has sent.
static inline void exchange_hear(struct exchange_link *link)
{
	int got;

	BIO_write(SSL_get_rbio(link->ssl), link->up.bytes, (int)link->up.size);
	link->up.size = 0;
	while ((got = SSL_read(link->ssl, link->heard.bytes + link->heard.size,
			(int)(sizeof(link->heard.bytes) - link->heard.size))) > 0)
		link->heard.size += (size_t)got;
	ERR_clear_error();
	exchange_flush(link);
}

static inline void exchange_say(struct exchange_link *link, const void *bytes, size_t size)
{
	CHECK_EQUAL(SSL_write(link->ssl, bytes, (int)size), size);
	exchange_flush(link);
}

// Both ends in turn, until nothing is on its way.
static inline void exchange_run(struct exchange *exchange)
{
	for (int i = 0; i < 12; i++) {
		transport_poll(&exchange->transport, 0);
		for (size_t at = 0; at < EXCHANGE_LINKS; at++)
			if (exchange->links[at].ssl != NULL && exchange->links[at].up.size > 0)
				exchange_hear(&exchange->links[at]);
	}
}

static inline X509 *exchange_certificate(EVP_PKEY *key, const char *host)
{
	X509 *made = X509_new();
	X509_NAME *name = X509_get_subject_name(made);
	char text[128];
	X509_EXTENSION *extension;

	snprintf(text, sizeof(text), "DNS:%s", host);
	X509_set_version(made, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
	X509_gmtime_adj(X509_getm_notBefore(made), -3600);
	X509_gmtime_adj(X509_getm_notAfter(made), 3600);
	X509_NAME_add_entry_by_txt(
		name, "O", MBSTRING_ASC, (const unsigned char *)"a test", -1, -1, 0);
	X509_set_issuer_name(made, name);
	X509_set_pubkey(made, key);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
	X509_add_ext(made, extension, -1);
	X509_EXTENSION_free(extension);
	X509_sign(made, key, EVP_sha256());
	return made;
}

static const struct transport_ops exchange_ops = {
	.name = "exchange",
	.connect = exchange_connect,
	.send = exchange_send,
	.close = exchange_close,
	.poll = exchange_poll,
	.links = exchange_links,
};

// An exchange whose certificate is of that host, and signed by itself: ca_file has it.
static inline struct exchange *exchange_new(const char *host)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = exchange_certificate(key, host);
	FILE *out;

	exchange->transport.ops = &exchange_ops;
	exchange->cut = SIZE_MAX;
	snprintf(exchange->ca_file, sizeof(exchange->ca_file), "/tmp/exchange-XXXXXX");
	out = fdopen(mkstemp(exchange->ca_file), "w");
	PEM_write_X509(out, certificate);
	fclose(out);
	exchange->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(exchange->context, certificate);
	SSL_CTX_use_PrivateKey(exchange->context, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return exchange;
}

static inline void exchange_free(struct exchange *exchange)
{
	for (size_t i = 0; i < EXCHANGE_LINKS; i++)
		SSL_free(exchange->links[i].ssl);
	SSL_CTX_free(exchange->context);
	unlink(exchange->ca_file);
	free(exchange);
}

#endif
