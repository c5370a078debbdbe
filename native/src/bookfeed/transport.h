// TCP connections, whoever makes them: the kernel's sockets or lwIP on a DPDK port. Everything runs
// in the one thread that calls transport_poll(), and events come only from inside that call.
#ifndef BOOKFEED_TRANSPORT_H
#define BOOKFEED_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

struct transport;

// What becomes of a connection. Each may close it; no event follows that.
struct link_events {
	void (*opened)(void *owner);
	// The bytes are the transport's, and good until the function returns.
	void (*received)(void *owner, const uint8_t *bytes, size_t size);
	// Ended by the peer or by a fault; the link is gone.
	void (*closed)(void *owner, const char *why);
};

// The part of a connection that all transports share. `events` is NULL once it was closed.
struct link {
	struct transport *transport;
	const struct link_events *events;
	void *owner;
};

enum { LINK_UNSENT_MAX = 65536 }; // what a link keeps when the peer takes nothing

struct transport_ops {
	const char *name;
	// Begins to connect; NULL with *error a negative errno when that is not possible.
	struct link *(*connect)(struct transport *transport, uint32_t ipv4, uint16_t port,
		const struct link_events *events, void *owner, int *error);
	int (*send)(struct link *link, const uint8_t *bytes, size_t size);
	void (*close)(struct link *link);
	void (*poll)(struct transport *transport, uint64_t wait_ns);
	unsigned int (*links)(const struct transport *transport);
};

struct transport {
	const struct transport_ops *ops;
	// When the bytes now delivered were taken from the wire, and when TCP handed them on.
	uint64_t burst_tsc;
	uint64_t tcp_tsc;
};

// Addresses are in host order.
static inline struct link *transport_connect(struct transport *transport, uint32_t ipv4,
	uint16_t port, const struct link_events *events, void *owner, int *error)
{
	return transport->ops->connect(transport, ipv4, port, events, owner, error);
}

// Takes all of it or, with a negative errno, nothing.
static inline int link_send(struct link *link, const uint8_t *bytes, size_t size)
{
	return link->transport->ops->send(link, bytes, size);
}

// What was sent still goes out; the link must not be used again.
static inline void link_close(struct link *link)
{
	link->transport->ops->close(link);
}

// Does what is due, and calls the events. A transport that blocks waits so long for more, others
// return at once.
static inline void transport_poll(struct transport *transport, uint64_t wait_ns)
{
	transport->ops->poll(transport, wait_ns);
}

// How many connections there are, those included that are only being closed.
static inline unsigned int transport_links(const struct transport *transport)
{
	return transport->ops->links(transport);
}

#endif
