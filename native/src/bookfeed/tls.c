// See tls.h.
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "latency.h"
#include "tls.h"

static void set_reason(struct tls *tls, const char *what)
{
	unsigned long error = ERR_get_error();
	long verified = SSL_get_verify_result(tls->ssl);
	const char *text = ERR_reason_error_string(error);

	if (verified != X509_V_OK)
		text = X509_verify_cert_error_string(verified);
	snprintf(tls->reason, sizeof(tls->reason), "%s: %s%s", what,
		verified != X509_V_OK ? "certificate: " : "", text == NULL ? "not said why" : text);
	ERR_clear_error();
}

static void release(struct tls *tls)
{
	SSL_free(tls->ssl);
	// What stays in OpenSSL's queue would be taken for a fault of another connection.
	ERR_clear_error();
	tls->ssl = NULL;
	tls->link = NULL;
	tls->open = false;
}

static void fail(struct tls *tls, const char *why)
{
	if (tls->link != NULL)
		link_close(tls->link);
	release(tls);
	tls->events->closed(tls->owner, why);
}

// Hands the transport what OpenSSL wants sent.
static int flush(struct tls *tls)
{
	char *bytes;
	long size = BIO_get_mem_data(tls->out, &bytes);
	int ret = 0;

	if (size > 0) {
		ret = link_send(tls->link, (const uint8_t *)bytes, (size_t)size);
		BIO_reset(tls->out);
	}
	return ret;
}

// False: it has failed, and the owner was told.
static bool shake_hands(struct tls *tls)
{
	int done = SSL_do_handshake(tls->ssl);
	int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, done);
	// Also an alert that tells the server what we did not like of it.
	int ret = flush(tls);

	if (error == SSL_ERROR_WANT_READ && ret == 0)
		return true;
	if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
		set_reason(tls, "TLS handshake");
		fail(tls, tls->reason);
		return false;
	}
	if (ret < 0) {
		fail(tls, strerror(-ret));
		return false;
	}
	tls->open = true;
	tls->events->opened(tls->owner);
	return tls->ssl != NULL;
}

static void on_opened(void *owner)
{
	shake_hands(owner);
}

static void on_received(void *owner, const uint8_t *bytes, size_t size)
{
	struct tls *tls = owner;

	if (BIO_write(tls->in, bytes, (int)size) != (int)size) {
		fail(tls, "TLS: out of memory");
		return;
	}
	if (!tls->open && (!shake_hands(tls) || !tls->open))
		return;
	tls->events->readable(tls->owner);
}

static void on_closed(void *owner, const char *why)
{
	struct tls *tls = owner;

	tls->link = NULL;
	// Without a farewell the end may be an attacker's: the caller must not take it for whole.
	if (tls->open && !tls->ended)
		snprintf(tls->reason, sizeof(tls->reason), "connection: %s, unannounced", why);
	else
		snprintf(tls->reason, sizeof(tls->reason), "connection: %s", why);
	fail(tls, tls->reason);
}

static const struct link_events link_events = {
	.opened = on_opened,
	.received = on_received,
	.closed = on_closed,
};

// A host that is an address has no name to send, and its certificate names the address.
static bool set_host(struct tls *tls, const char *host)
{
	struct in_addr address;

	if (inet_pton(AF_INET, host, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), host) == 1;
	SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(tls->ssl, host) == 1 && SSL_set_tlsext_host_name(tls->ssl, host) == 1;
}

static int prepare(struct tls *tls, const struct tls_context *context, const char *host)
{
	static const unsigned char alpn[] = "\x08http/1.1";

	tls->ssl = SSL_new(context->ssl);
	if (tls->ssl == NULL)
		return -ENOMEM;
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (tls->in == NULL || tls->out == NULL) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		return -ENOMEM;
	}
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	SSL_set_connect_state(tls->ssl);
	SSL_set_alpn_protos(tls->ssl, alpn, sizeof(alpn) - 1);
	return set_host(tls, host) ? 0 : -EINVAL;
}

int tls_open(struct tls *tls, const struct tls_context *context, struct transport *transport,
	uint32_t ipv4, uint16_t port, const char *host, const struct tls_events *events,
	void *owner)
{
	int ret;

	memset(tls, 0, sizeof(*tls));
	tls->events = events;
	tls->owner = owner;
	ret = prepare(tls, context, host);
	if (ret == 0)
		tls->link = transport_connect(transport, ipv4, port, &link_events, tls, &ret);
	if (tls->link != NULL)
		return 0;
	snprintf(tls->reason, sizeof(tls->reason), "connect: %s", strerror(-ret));
	release(tls);
	return ret;
}

int tls_read(struct tls *tls, void *out, size_t capacity)
{
	int got, ret;

	if (tls->ssl == NULL)
		return -ENOTCONN;
	got = SSL_read(tls->ssl, out, capacity > INT32_MAX ? INT32_MAX : (int)capacity);
	tls->read_tsc = latency_now();
	if (got > 0)
		return got;
	switch (SSL_get_error(tls->ssl, got)) {
	case SSL_ERROR_WANT_READ:
		// Such as the refusal to negotiate again.
		ret = flush(tls);
		if (ret < 0)
			snprintf(tls->reason, sizeof(tls->reason), "send: %s", strerror(-ret));
		return ret;
	case SSL_ERROR_ZERO_RETURN:
		tls->ended = true;
		snprintf(tls->reason, sizeof(tls->reason), "ended by the server");
		return -EPIPE;
	default:
		set_reason(tls, "TLS");
		// An alert tells the server why.
		flush(tls);
		return -EPROTO;
	}
}

int tls_send(struct tls *tls, const void *bytes, size_t size)
{
	if (tls->ssl == NULL || !tls->open)
		return -ENOTCONN;
	if (SSL_write(tls->ssl, bytes, (int)size) != (int)size) {
		set_reason(tls, "TLS");
		return -EPROTO;
	}
	return flush(tls);
}

void tls_close(struct tls *tls)
{
	if (tls->ssl == NULL)
		return;
	if (tls->open && SSL_shutdown(tls->ssl) >= 0)
		flush(tls);
	if (tls->link != NULL)
		link_close(tls->link);
	release(tls);
}
