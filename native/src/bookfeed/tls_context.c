// Whom to believe, and which versions of TLS to speak. See tls.h.
#include <errno.h>
#include <stdio.h>

#include <openssl/err.h>

#include "tls.h"

static int refuse(struct tls_context *context, char reason[TLS_REASON_SIZE], const char *what)
{
	char text[128];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	snprintf(reason, TLS_REASON_SIZE, "%s: %s", what, text);
	ERR_clear_error();
	tls_context_done(context);
	return -EINVAL;
}

int tls_context_init(struct tls_context *context, const char *ca_file, char reason[TLS_REASON_SIZE])
{
	context->ssl = SSL_CTX_new(TLS_client_method());
	if (context->ssl == NULL)
		return refuse(context, reason, "OpenSSL");
	SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
	if (ca_file == NULL ? SSL_CTX_set_default_verify_paths(context->ssl) != 1
			    : SSL_CTX_load_verify_file(context->ssl, ca_file) != 1)
		return refuse(context, reason, ca_file == NULL ? "the system's CAs" : ca_file);
	return 0;
}

void tls_context_done(struct tls_context *context)
{
	SSL_CTX_free(context->ssl);
	context->ssl = NULL;
}
