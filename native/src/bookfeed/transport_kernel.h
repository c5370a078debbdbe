// The kernel's TCP: the peer that lwip is measured against, and what works everywhere.
#ifndef BOOKFEED_TRANSPORT_KERNEL_H
#define BOOKFEED_TRANSPORT_KERNEL_H

#include <stdbool.h>

#include "transport.h"

enum kernel_wait {
	KERNEL_BLOCK,     // sleeps until something comes
	KERNEL_SPIN,      // asks again and again
	KERNEL_BUSY_POLL, // sleeps, after the kernel has polled the device for a while
};

enum { KERNEL_LINKS_MAX = 8 };

struct kernel_link {
	struct link link;
	int socket; // -1: free
	bool open;
	bool asked; // the last poll() asked for it
	size_t unsent;
	uint8_t *out; // LINK_UNSENT_MAX bytes
};

struct transport_kernel {
	struct transport transport;
	enum kernel_wait wait;
	struct kernel_link links[KERNEL_LINKS_MAX];
	uint8_t *in;
};

// 0 or a negative errno.
int transport_kernel_init(struct transport_kernel *kernel, enum kernel_wait wait);
void transport_kernel_done(struct transport_kernel *kernel);

#endif
