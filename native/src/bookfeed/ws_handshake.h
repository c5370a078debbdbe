// The request that turns an HTTP connection into a WebSocket, the check of its answer, and the
// random bytes that both key and masks come from.
#ifndef BOOKFEED_WS_HANDSHAKE_H
#define BOOKFEED_WS_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"

enum { WS_KEY_SIZE = 25, WS_ACCEPT_SIZE = 29 }; // base64 with its final zero

// Masks must be unpredictable (RFC 6455, 10.3), so they come from the kernel, a pool at a time.
struct ws_random {
	uint8_t pool[1024];
	size_t left;
};

// Writes size (at most 16) random bytes; 0 or a negative errno.
int ws_random_take(struct ws_random *random, uint8_t *out, size_t size);

int ws_key(struct ws_random *random, char key[WS_KEY_SIZE]);

// The answer that proves that the server has read this key.
void ws_accept(const char *key, char accept[WS_ACCEPT_SIZE]);

// Writes the request; its size, or -ENOBUFS.
int ws_request(char *out, size_t capacity, const char *host, const char *path, const char *key);

// NULL when the answer to a request with this key is right; else what is wrong with it.
const char *ws_check_answer(const struct http_head *head, const char *key);

#endif
