// See notify.h. The socket is connected once, so that sending needs no address.
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

static int parse_unsigned(const char *text, uint64_t *number)
{
	char *end;
	unsigned long long value;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return -EINVAL;
	*number = value;
	return 0;
}

static int open_socket(const char *path, struct fault *fault)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || size < 2 || size >= sizeof(address.sun_path))
		return fault_set(fault, EXIT_USAGE,
			"NOTIFY_SOCKET: '%.120s'; give a path or @name of at most %zu bytes", path,
			sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, size);
	// '@' stands for the zero byte that begins an abstract name, whose end is the address's
	// length.
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_set(fault, EXIT_RUN_TIME, "NOTIFY_SOCKET: %s; no socket to be had",
			strerror(errno));
	if (connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) < 0) {
		fault_set(fault, EXIT_USAGE,
			"NOTIFY_SOCKET: '%s': %s; unset it or let it be a socket", path,
			strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int notify_init(struct notify *notify, const char *socket_path, const char *watchdog_usec,
	const char *watchdog_pid, struct fault *fault)
{
	struct notify made = {.socket = -1};
	uint64_t usec = 0;
	uint64_t pid;

	if (watchdog_usec != NULL && (parse_unsigned(watchdog_usec, &usec) < 0 || usec < 1000 ||
					     usec > UINT64_MAX / 1000))
		return fault_set(fault, EXIT_USAGE,
			"WATCHDOG_USEC: '%s'; give microseconds, 1000 or more", watchdog_usec);
	made.watchdog_ns = usec * 1000;
	// Set for another process of ours: then the watchdog is not meant for us
	// (sd_watchdog_enabled(3)).
	if (watchdog_pid != NULL) {
		if (parse_unsigned(watchdog_pid, &pid) < 0)
			return fault_set(fault, EXIT_USAGE, "WATCHDOG_PID: '%s'; give a process id",
				watchdog_pid);
		if (pid != (uint64_t)getpid())
			made.watchdog_ns = 0;
	}
	if (socket_path != NULL && socket_path[0] != '\0') {
		made.socket = open_socket(socket_path, fault);
		if (made.socket < 0)
			return -1;
	}
	*notify = made;
	return 0;
}

void notify_done(struct notify *notify)
{
	if (notify->socket >= 0)
		close(notify->socket);
	notify->socket = -1;
}

int notify_send(const struct notify *notify, const char *message)
{
	if (notify->socket < 0)
		return 0;
	return send(notify->socket, message, strlen(message), MSG_NOSIGNAL) < 0 ? -errno : 0;
}
