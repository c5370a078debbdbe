// See endpoint.h.
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "endpoint.h"
#include "parse.h"

enum { BACKLOG = 8 };

int endpoint_parse(const char *text, struct endpoint *endpoint)
{
	const char *colon = strrchr(text, ':');
	struct in_addr address;
	char host[16];
	uint32_t port;

	if (text[0] == '/') {
		if (strlen(text) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return -ENAMETOOLONG;
		*endpoint = (struct endpoint){.path = text};
		return 0;
	}
	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	if (inet_pton(AF_INET, host, &address) != 1 || ntohl(address.s_addr) >> 24 != 127 ||
		parse_number(colon + 1, 1, 65535, &port) < 0)
		return -EINVAL;
	*endpoint = (struct endpoint){.ipv4 = ntohl(address.s_addr), .port = (uint16_t)port};
	return 0;
}

static int listen_at(int family, const void *address, socklen_t size)
{
	int one = 1;
	int made = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (made < 0)
		return -errno;
	if (family == AF_INET)
		setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(made, address, size) < 0 || listen(made, BACKLOG) < 0) {
		int error = errno;

		close(made);
		return -error;
	}
	return made;
}

// Whether the socket file is what a program left that has ended.
static int is_stale(const struct sockaddr_un *address)
{
	int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int stale = connect(made, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		    errno == ECONNREFUSED;

	close(made);
	return stale;
}

int endpoint_listen(const struct endpoint *endpoint)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in loopback = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(endpoint->ipv4),
		.sin_port = htons(endpoint->port),
	};
	int made;

	if (endpoint->path == NULL)
		return listen_at(AF_INET, &loopback, sizeof(loopback));
	strncpy(local.sun_path, endpoint->path, sizeof(local.sun_path) - 1);
	made = listen_at(AF_UNIX, &local, sizeof(local));
	if (made == -EADDRINUSE && is_stale(&local) && unlink(local.sun_path) == 0)
		made = listen_at(AF_UNIX, &local, sizeof(local));
	return made;
}
