// Where a local program listens: a unix socket's path, or an address of this machine alone.
#ifndef POLLCORE_ENDPOINT_H
#define POLLCORE_ENDPOINT_H

#include <stdint.h>

struct endpoint {
	const char *path; // NULL: ipv4 and port count
	uint32_t ipv4;    // host byte order, of 127.0.0.0/8
	uint16_t port;    // 0: none
};

// "/run/pollcore.sock" or "127.0.0.1:9500". A negative errno for all else: what can be reached from
// elsewhere must not be opened by an option. text must outlive *endpoint.
int endpoint_parse(const char *text, struct endpoint *endpoint);

// A socket that listens there, with close-on-exec; a negative errno on failure. An old socket file
// is replaced when nobody listens on it.
int endpoint_listen(const struct endpoint *endpoint);

#endif
