// TLS over two buffers: who is believed, how a connection ends, and what a server may do with it
// while it lasts.
#include "exchange.h"

static const char host[] = "exchange.test";

static struct exchange *exchange;
static struct tls_context context;
static struct tls tls;
static struct exchange_link *far; // the exchange's end
static unsigned int opens, closes;
static int last_read; // what the last tls_read() said
static char got[4096];
static size_t got_size;
static char why[TLS_REASON_SIZE];
static bool close_when_opened;

static void on_opened(void *owner)
{
	CHECK(owner == &tls);
	opens++;
	// What a verified handshake leaves behind would be taken for a fault of the next call.
	CHECK_EQUAL(ERR_peek_error(), 0);
	if (close_when_opened)
		tls_close(&tls);
}

static void on_readable(void *owner)
{
	while ((last_read = tls_read(owner, got + got_size, sizeof(got) - got_size)) > 0)
		got_size += (size_t)last_read;
}

static void on_closed(void *owner, const char *reason)
{
	(void)owner;
	closes++;
	snprintf(why, sizeof(why), "%s", reason);
}

static const struct tls_events events = {on_opened, on_readable, on_closed};

static void begin(const char *certified)
{
	char reason[TLS_REASON_SIZE];

	exchange = exchange_new(certified);
	CHECK_EQUAL(tls_context_init(&context, exchange->ca_file, reason), 0);
	far = &exchange->links[0];
	opens = closes = 0;
	got_size = 0;
	why[0] = '\0';
	last_read = 0;
	close_when_opened = false;
}

static void open_tls(void)
{
	CHECK_EQUAL(tls_open(&tls, &context, &exchange->transport, 1, 443, host, &events, &tls), 0);
	exchange_run(exchange);
}

static void end(void)
{
	tls_close(&tls);
	CHECK_EQUAL(transport_links(&exchange->transport), 0);
	CHECK_EQUAL(ERR_peek_error(), 0);
	tls_context_done(&context);
	exchange_free(exchange);
}

static void check_both_ways(void)
{
	size_t before = far->heard.size;

	got_size = 0;
	exchange_say(far, "from afar", 9);
	CHECK_EQUAL(tls_send(&tls, "from here", 9), 0);
	exchange_run(exchange);
	CHECK_EQUAL(got_size, 9);
	CHECK(memcmp(got, "from afar", 9) == 0);
	CHECK_EQUAL(far->heard.size - before, 9);
}

static void both_ways_in_any_pieces(void)
{
	const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

	for (size_t i = 0; i < 4; i++) {
		begin(host);
		SSL_CTX_set_max_proto_version(exchange->context, versions[i / 2]);
		exchange->cut = i % 2 == 0 ? SIZE_MAX : 1;
		open_tls();
		CHECK_EQUAL(opens, 1);
		CHECK_TEXT(SSL_get_servername(far->ssl, TLSEXT_NAMETYPE_host_name), host);
		check_both_ways();
		check_both_ways();
		end();
		CHECK_EQUAL(closes, 0);
	}
}

static void who_is_not_believed(void)
{
	begin("exchange.test.evil");
	open_tls();
	CHECK_EQUAL(opens, 0);
	CHECK_TEXT(why, "certificate: hostname mismatch");
	// The server is told: an alert, fatal, bad certificate.
	CHECK(far->up.size > 0 || far->heard.size > 0 || SSL_get_shutdown(far->ssl) != 0);
	end();
	// A part of a label is no wildcard.
	begin("ex*.test");
	open_tls();
	CHECK_TEXT(why, "certificate: hostname mismatch");
	end();
	begin(host);
	SSL_CTX_set_security_level(exchange->context, 0);
	SSL_CTX_set_min_proto_version(exchange->context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(exchange->context, TLS1_1_VERSION);
	open_tls();
	CHECK_EQUAL(opens, 0);
	CHECK_TEXT(why, "protocol version");
	end();
}

// OpenSSL takes an empty name for the wish to check none.
static void no_name_is_no_wish_to_check_none(void)
{
	begin("anybody.test");
	CHECK_EQUAL(
		tls_open(&tls, &context, &exchange->transport, 1, 443, "", &events, &tls), -EINVAL);
	CHECK_EQUAL(exchange->connects, 0);
	end();
}

static void an_end_with_and_without_farewell(void)
{
	begin(host);
	open_tls();
	exchange_say(far, "whole", 5);
	SSL_shutdown(far->ssl);
	exchange_flush(far);
	exchange_run(exchange);
	CHECK_EQUAL(got_size, 5);
	CHECK_EQUAL(last_read, -EPIPE);
	CHECK(tls.ended);
	CHECK_TEXT(tls.reason, "ended by the server");
	end();

	begin(host);
	open_tls();
	exchange_say(far, "cut", 3);
	far->ended = true;
	exchange_run(exchange);
	CHECK_EQUAL(got_size, 3);
	CHECK_EQUAL(closes, 1);
	CHECK(!tls.ended);
	CHECK_TEXT(why, "unannounced");
	end();

	begin(host);
	CHECK_EQUAL(tls_open(&tls, &context, &exchange->transport, 1, 443, host, &events, &tls), 0);
	far->ended = true;
	exchange_run(exchange);
	CHECK_TEXT(why, "connection: ended by the server");
	CHECK_EQUAL(opens, 0);
	end();
}

static void keys_that_change(void)
{
	begin(host);
	open_tls();
	for (int i = 0; i < 3; i++) {
		CHECK_EQUAL(SSL_key_update(far->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		CHECK_EQUAL(SSL_do_handshake(far->ssl), 1);
		exchange_flush(far);
		check_both_ways();
	}
	end();
}

// TLS 1.2's renegotiation is refused, and what was agreed goes on.
static void no_second_negotiation(void)
{
	begin(host);
	SSL_CTX_set_max_proto_version(exchange->context, TLS1_2_VERSION);
	open_tls();
	CHECK_EQUAL(SSL_renegotiate(far->ssl), 1);
	SSL_do_handshake(far->ssl);
	exchange_flush(far);
	transport_poll(&exchange->transport, 0);
	CHECK_EQUAL(closes, 0);
	CHECK_EQUAL(last_read, 0);
	CHECK(far->up.size > 0);
	end();
}

static void a_record_that_was_tampered_with(void)
{
	begin(host);
	open_tls();
	exchange_say(far, "sound", 5);
	far->down.bytes[far->down.size - 1] ^= 1;
	transport_poll(&exchange->transport, 0);
	CHECK_EQUAL(last_read, -EPROTO);
	CHECK_EQUAL(got_size, 0);
	CHECK_TEXT(tls.reason, "TLS: ");
	// Who sent it is told by an alert, so that its log says why.
	CHECK(far->up.size > 0);
	CHECK(tls_read(&tls, got, sizeof(got)) < 0);
	end();
}

static void a_transport_that_takes_no_more(void)
{
	begin(host);
	SSL_CTX_set_max_proto_version(exchange->context, TLS1_2_VERSION);
	open_tls();
	far->fault = -ENOBUFS;
	CHECK_EQUAL(tls_send(&tls, "from here", 9), -ENOBUFS);
	// Reading must answer too, here an offer to negotiate again.
	CHECK_EQUAL(SSL_renegotiate(far->ssl), 1);
	SSL_do_handshake(far->ssl);
	exchange_flush(far);
	transport_poll(&exchange->transport, 0);
	CHECK_EQUAL(last_read, -ENOBUFS);
	CHECK_TEXT(tls.reason, "No buffer space");
	end();

	begin(host);
	CHECK_EQUAL(tls_open(&tls, &context, &exchange->transport, 1, 443, host, &events, &tls), 0);
	far->fault = -ENOBUFS;
	exchange_run(exchange);
	CHECK_EQUAL(closes, 1);
	CHECK_TEXT(why, "No buffer space");
	end();
}

static void closed_by_its_own_event(void)
{
	begin(host);
	close_when_opened = true;
	open_tls();
	CHECK_EQUAL(opens, 1);
	CHECK_EQUAL(closes, 0);
	CHECK_EQUAL(tls_send(&tls, "from here", 9), -ENOTCONN);
	CHECK_EQUAL(tls_read(&tls, got, sizeof(got)), -ENOTCONN);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"both ways in any pieces", both_ways_in_any_pieces},
		{"who is not believed", who_is_not_believed},
		{"no name is no wish to check none", no_name_is_no_wish_to_check_none},
		{"an end with and without farewell", an_end_with_and_without_farewell},
		{"keys that change", keys_that_change},
		{"no second negotiation", no_second_negotiation},
		{"a record that was tampered with", a_record_that_was_tampered_with},
		{"a transport that takes no more", a_transport_that_takes_no_more},
		{"closed by its own event", closed_by_its_own_event},
	};

	return CHECK_RUN(cases);
}
