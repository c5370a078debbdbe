// See ws_handshake.h. SHA-1 and base64 are OpenSSL's.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "ws_handshake.h"

int ws_random_take(struct ws_random *random, uint8_t *out, size_t size)
{
	if (random->left < size) {
		ssize_t got = getrandom(random->pool, sizeof(random->pool), 0);

		if (got < (ssize_t)size)
			return got < 0 ? -errno : -EAGAIN;
		random->left = (size_t)got;
	}
	random->left -= size;
	memcpy(out, random->pool + random->left, size);
	return 0;
}

int ws_key(struct ws_random *random, char key[WS_KEY_SIZE])
{
	uint8_t bytes[16];
	int ret = ws_random_take(random, bytes, sizeof(bytes));

	if (ret == 0)
		EVP_EncodeBlock((unsigned char *)key, bytes, sizeof(bytes));
	return ret;
}

void ws_accept(const char *key, char accept[WS_ACCEPT_SIZE])
{
	// The GUID is the protocol's own (RFC 6455, 1.3).
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[WS_KEY_SIZE + sizeof(guid)];
	unsigned int size = 0;

	snprintf(text, sizeof(text), "%s%s", key, guid);
	EVP_Digest(text, strlen(text), digest, &size, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)accept, digest, (int)size);
}

int ws_request(char *out, size_t capacity, const char *host, const char *path, const char *key)
{
	int size = snprintf(out, capacity,
		"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
		"User-Agent: dpdk-rig bookfeed\r\n\r\n",
		path, host, key);

	return size < (int)capacity ? size : -ENOBUFS;
}

const char *ws_check_answer(const struct http_head *head, const char *key)
{
	const struct http_slice *given = http_find(head, "sec-websocket-accept");
	char accept[WS_ACCEPT_SIZE];

	if (head->status != 101)
		return "the server does not change to WebSocket";
	if (!http_has_token(head, "upgrade", "websocket"))
		return "an answer without Upgrade: websocket";
	if (!http_has_token(head, "connection", "upgrade"))
		return "an answer without Connection: Upgrade";
	ws_accept(key, accept);
	if (given == NULL || given->size != strlen(accept) ||
		memcmp(given->text, accept, given->size) != 0)
		return "a Sec-WebSocket-Accept that does not belong to our key";
	if (http_find(head, "sec-websocket-extensions") != NULL)
		return "an extension (such as permessage-deflate) that was not asked for";
	if (http_find(head, "sec-websocket-protocol") != NULL)
		return "a subprotocol that was not asked for";
	return NULL;
}
