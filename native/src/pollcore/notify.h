// systemd's notification protocol (sd_notify(3)) without libsystemd: one datagram a message.
#ifndef POLLCORE_NOTIFY_H
#define POLLCORE_NOTIFY_H

#include <stdint.h>

#include "fault.h"

struct notify {
	int socket;           // -1: nobody listens
	uint64_t watchdog_ns; // how often the manager wants to hear WATCHDOG=1; 0: never
};

// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as the environment has them; NULL means
// unset. A value that makes no sense is a fault of usage.
int notify_init(struct notify *notify, const char *socket_path, const char *watchdog_usec,
	const char *watchdog_pid, struct fault *fault);
void notify_done(struct notify *notify);

// Sends "READY=1", "WATCHDOG=1" or the like. Returns 0 also when nobody listens, a negative errno
// when sending fails. Never blocks.
int notify_send(const struct notify *notify, const char *message);

#endif
