// The opening handshake: RFC 6455's own example, and each answer that must be refused.
#include "check.h"
#include "ws_handshake.h"

static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";

static const char *answer(const char *text)
{
	static struct http_head head;
	const char *fault = NULL;

	CHECK_EQUAL(http_head_parse(text, strlen(text), &head, &fault), HTTP_DONE);
	return ws_check_answer(&head, key);
}

static void the_rfcs_own_example(void)
{
	char accept[WS_ACCEPT_SIZE];

	ws_accept(key, accept);
	CHECK_TEXT(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	CHECK(answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		     "Connection: Upgrade\r\n"
		     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n") == NULL);
}

#define HEAD "HTTP/1.1 101 Yes\r\n"
#define UP "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static void each_answer_that_is_refused(void)
{
	CHECK_TEXT(answer("HTTP/1.1 403 No\r\n" UP ACCEPT "\r\n"), "does not change");
	CHECK_TEXT(answer(HEAD "Connection: Upgrade\r\n" ACCEPT "\r\n"), "Upgrade: websocket");
	CHECK_TEXT(answer(HEAD "Upgrade: websocket\r\n" ACCEPT "\r\n"), "Connection: Upgrade");
	CHECK_TEXT(answer(HEAD UP "\r\n"), "Sec-WebSocket-Accept");
	CHECK_TEXT(answer(HEAD UP "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n\r\n"),
		"Sec-WebSocket-Accept");
	CHECK_TEXT(answer(HEAD UP "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
		"Sec-WebSocket-Accept");
	CHECK_TEXT(answer(HEAD UP ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
		"permessage-deflate");
	CHECK_TEXT(answer(HEAD UP ACCEPT "Sec-WebSocket-Protocol: x\r\n\r\n"), "subprotocol");
}

static void requests_name_host_path_and_key(void)
{
	char text[512];
	int size = ws_request(text, sizeof(text), "ws.example.org:9443", "/ws/a@depth", key);

	CHECK_EQUAL(size, strlen(text));
	CHECK_TEXT(text, "GET /ws/a@depth HTTP/1.1\r\nHost: ws.example.org:9443\r\n");
	CHECK_TEXT(text, "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
	CHECK_TEXT(text, "\r\nSec-WebSocket-Version: 13\r\n");
	CHECK(memcmp(text + size - 4, "\r\n\r\n", 4) == 0);
	CHECK(ws_request(text, 64, "h", "/", key) < 0);
}

static void keys_and_masks_differ(void)
{
	static struct ws_random random;
	char one[WS_KEY_SIZE], other[WS_KEY_SIZE];
	uint32_t masks[300];
	unsigned int same = 0;

	CHECK_EQUAL(ws_key(&random, one), 0);
	CHECK_EQUAL(ws_key(&random, other), 0);
	CHECK_EQUAL(strlen(one), WS_KEY_SIZE - 1);
	CHECK(strcmp(one, other) != 0);
	for (int i = 0; i < 300; i++) {
		CHECK_EQUAL(ws_random_take(&random, (uint8_t *)&masks[i], 4), 0);
		for (int j = 0; j < i; j++)
			same += masks[i] == masks[j];
	}
	// 300 random masks share a value once in a hundred thousand runs.
	CHECK(same < 2);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"the RFC's own example", the_rfcs_own_example},
		{"each answer that is refused", each_answer_that_is_refused},
		{"requests name host, path and key", requests_name_host_path_and_key},
		{"keys and masks differ", keys_and_masks_differ},
	};

	return CHECK_RUN(cases);
}
