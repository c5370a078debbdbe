// See transport_kernel.h. Sockets never block; what differs is how poll() waits.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "latency.h"
#include "transport_kernel.h"

enum {
	READ_SIZE = 65536,
	// How long the kernel polls the device before it sleeps; what its documentation suggests.
	BUSY_POLL_US = 50,
};

static struct kernel_link *kernel_link(struct link *link)
{
	return (struct kernel_link *)link;
}

static struct transport_kernel *kernel_of(struct transport *transport)
{
	return (struct transport_kernel *)transport;
}

static void release(struct kernel_link *link)
{
	close(link->socket);
	link->socket = -1;
	link->open = false;
	link->unsent = 0;
	link->link.events = NULL;
}

static void fail_link(struct kernel_link *link, const char *why)
{
	const struct link_events *events = link->link.events;
	void *owner = link->link.owner;

	release(link);
	if (events != NULL)
		events->closed(owner, why);
}

static int open_socket(const struct transport_kernel *kernel)
{
	int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;
	int busy_us = BUSY_POLL_US;

	if (made < 0)
		return -errno;
	setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	// A kernel without busy polling just sleeps.
	if (kernel->wait == KERNEL_BUSY_POLL)
		setsockopt(made, SOL_SOCKET, SO_BUSY_POLL, &busy_us, sizeof(busy_us));
	return made;
}

static struct link *kernel_connect(struct transport *transport, uint32_t ipv4, uint16_t port,
	const struct link_events *events, void *owner, int *error)
{
	struct transport_kernel *kernel = kernel_of(transport);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(ipv4),
	};
	struct kernel_link *link = kernel->links;

	while (link < kernel->links + KERNEL_LINKS_MAX && link->socket >= 0)
		link++;
	if (link == kernel->links + KERNEL_LINKS_MAX) {
		*error = -EMFILE;
		return NULL;
	}
	link->socket = open_socket(kernel);
	if (link->socket < 0) {
		*error = link->socket;
		return NULL;
	}
	if (connect(link->socket, (struct sockaddr *)&address, sizeof(address)) < 0 &&
		errno != EINPROGRESS) {
		*error = -errno;
		release(link);
		return NULL;
	}
	link->asked = false;
	link->link = (struct link){transport, events, owner};
	return &link->link;
}

// Sends what waits; false when the connection is lost.
static bool flush(struct kernel_link *link)
{
	while (link->unsent > 0) {
		ssize_t sent = send(link->socket, link->out, link->unsent, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		link->unsent -= (size_t)sent;
		memmove(link->out, link->out + sent, link->unsent);
	}
	return true;
}

static int kernel_send(struct link *base, const uint8_t *bytes, size_t size)
{
	struct kernel_link *link = kernel_link(base);

	if (size > LINK_UNSENT_MAX - link->unsent)
		return -ENOBUFS;
	memcpy(link->out + link->unsent, bytes, size);
	link->unsent += size;
	// A connection that is lost says so when it is read.
	if (link->open)
		flush(link);
	return 0;
}

static void kernel_close(struct link *base)
{
	struct kernel_link *link = kernel_link(base);

	flush(link);
	release(link);
}

static void finish_connect(struct kernel_link *link)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error != 0) {
		fail_link(link, strerror(error));
		return;
	}
	link->open = true;
	link->link.events->opened(link->link.owner);
}

static void receive(struct transport_kernel *kernel, struct kernel_link *link)
{
	ssize_t got = recv(link->socket, kernel->in, READ_SIZE, 0);

	if (got > 0) {
		kernel->transport.burst_tsc = latency_now();
		kernel->transport.tcp_tsc = kernel->transport.burst_tsc;
		link->link.events->received(link->link.owner, kernel->in, (size_t)got);
	} else if (got == 0) {
		fail_link(link, "ended by the server");
	} else if (errno != EAGAIN && errno != EINTR) {
		fail_link(link, strerror(errno));
	}
}

// Returns at once where the transport spins: the sockets are asked themselves.
static void wait_for_events(struct transport_kernel *kernel, struct pollfd *polled, int wait_ms)
{
	for (size_t i = 0; i < KERNEL_LINKS_MAX; i++) {
		struct kernel_link *link = &kernel->links[i];
		bool writing = link->socket >= 0 && (!link->open || link->unsent > 0);

		link->asked = true;
		polled[i] = (struct pollfd){
			.fd = link->socket,
			.events = (short)(POLLIN | (writing ? POLLOUT : 0)),
		};
	}
	if (poll(polled, KERNEL_LINKS_MAX, wait_ms) < 0)
		memset(polled, 0, KERNEL_LINKS_MAX * sizeof(*polled));
}

static void serve(struct transport_kernel *kernel, struct kernel_link *link, short ready)
{
	if (!link->open) {
		if ((ready & (POLLOUT | POLLERR | POLLHUP)) != 0)
			finish_connect(link);
		return;
	}
	if ((ready & POLLOUT) != 0)
		flush(link);
	if ((ready & (POLLIN | POLLERR | POLLHUP)) != 0)
		receive(kernel, link);
}

// An open connection with nothing to send needs no poll() before its recv().
static void spin(struct transport_kernel *kernel)
{
	for (size_t i = 0; i < KERNEL_LINKS_MAX; i++) {
		struct kernel_link *link = &kernel->links[i];
		struct pollfd one = {.fd = link->socket, .events = POLLIN | POLLOUT};

		if (link->socket < 0)
			continue;
		if (link->open && link->unsent == 0)
			receive(kernel, link);
		else if (poll(&one, 1, 0) > 0)
			serve(kernel, link, one.revents);
	}
}

static void kernel_poll(struct transport *transport, uint64_t wait_ns)
{
	struct transport_kernel *kernel = kernel_of(transport);
	struct pollfd polled[KERNEL_LINKS_MAX];

	if (kernel->wait == KERNEL_SPIN) {
		spin(kernel);
		return;
	}
	wait_for_events(kernel, polled, (int)((wait_ns + 999999) / 1000000));
	for (size_t i = 0; i < KERNEL_LINKS_MAX; i++) {
		// An event of one may have closed another, or opened one in its place.
		if (kernel->links[i].socket >= 0 && kernel->links[i].asked)
			serve(kernel, &kernel->links[i], polled[i].revents);
	}
}

static unsigned int kernel_links(const struct transport *transport)
{
	const struct transport_kernel *kernel = (const struct transport_kernel *)transport;
	unsigned int count = 0;

	for (size_t i = 0; i < KERNEL_LINKS_MAX; i++)
		count += kernel->links[i].socket >= 0;
	return count;
}

static const struct transport_ops kernel_ops = {
	.name = "kernel",
	.connect = kernel_connect,
	.send = kernel_send,
	.close = kernel_close,
	.poll = kernel_poll,
	.links = kernel_links,
};

int transport_kernel_init(struct transport_kernel *kernel, enum kernel_wait wait)
{
	uint8_t *memory = malloc(READ_SIZE + KERNEL_LINKS_MAX * (size_t)LINK_UNSENT_MAX);

	memset(kernel, 0, sizeof(*kernel));
	if (memory == NULL)
		return -ENOMEM;
	kernel->transport.ops = &kernel_ops;
	kernel->wait = wait;
	kernel->in = memory;
	for (size_t i = 0; i < KERNEL_LINKS_MAX; i++) {
		kernel->links[i].socket = -1;
		kernel->links[i].out = memory + READ_SIZE + i * LINK_UNSENT_MAX;
	}
	return 0;
}

void transport_kernel_done(struct transport_kernel *kernel)
{
	for (size_t i = 0; i < KERNEL_LINKS_MAX; i++) {
		if (kernel->links[i].socket >= 0)
			kernel_close(&kernel->links[i].link);
	}
	free(kernel->in);
	kernel->in = NULL;
}
