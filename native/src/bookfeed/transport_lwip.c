// See transport_lwip.h. lwIP's raw interface: its callbacks run inside netif_lwip_poll() and
// sys_check_timeouts(), so inside transport_poll().
#include <errno.h>
#include <string.h>

#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

#include "latency.h"
#include "netif_lwip.h"
#include "transport_lwip.h"

enum {
	TICKS_PER_S = 1000,
	// Two ticks of TCP_SLOW_INTERVAL: 100 ms at the least, since the first may end at once.
	RTO_FLOOR = 2,
	RTO_SHIFT_MAX = 6,
};

static struct transport_lwip *lwip_of(struct transport *transport)
{
	return (struct transport_lwip *)transport;
}

static struct lwip_link *lwip_link(struct link *link)
{
	return (struct lwip_link *)link;
}

static const char *why(err_t error)
{
	switch (error) {
	case ERR_RST:
		return "Connection reset by peer";
	case ERR_ABRT:
		return "given up: no answer";
	case ERR_CLSD:
		return "ended by the server";
	default:
		return lwip_strerr(error);
	}
}

// The pcb is lwIP's own again, or gone.
static void forget(struct lwip_link *link)
{
	if (link->pcb != NULL) {
		tcp_arg(link->pcb, NULL);
		tcp_recv(link->pcb, NULL);
		tcp_err(link->pcb, NULL);
	}
	link->pcb = NULL;
	link->open = false;
	link->link.events = NULL;
}

// What was sent still goes out. Without memory for the FIN just now, lwIP closes it later; a peer
// that never ends its half must give way to the next connection.
static void leave(struct tcp_pcb *pcb)
{
	tcp_setprio(pcb, TCP_PRIO_MIN);
	tcp_close(pcb);
}

static void fail_link(struct lwip_link *link, const char *text)
{
	const struct link_events *events = link->link.events;
	void *owner = link->link.owner;

	forget(link);
	events->closed(owner, text);
}

static void on_error(void *argument, err_t error)
{
	struct lwip_link *link = argument;

	if (link == NULL)
		return;
	link->pcb = NULL;
	fail_link(link, why(error));
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
	struct lwip_link *link = argument;

	(void)pcb;
	(void)error;
	link->open = true;
	link->link.events->opened(link->link.owner);
	return ERR_OK;
}

// The peer has ended its half: nothing more will come, so end ours too.
static void end_link(struct lwip_link *link)
{
	struct tcp_pcb *pcb = link->pcb;

	fail_link(link, why(ERR_CLSD));
	leave(pcb);
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error)
{
	struct lwip_link *link = argument;
	struct transport *transport = link->link.transport;

	(void)error;
	if (pbuf == NULL) {
		end_link(link);
		return ERR_OK;
	}
	transport->tcp_tsc = latency_now();
	// Before the bytes are delivered, since that may close the link.
	tcp_recved(pcb, pbuf->tot_len);
	for (const struct pbuf *part = pbuf; part != NULL; part = part->next) {
		if (link->pcb != pcb)
			break;
		link->link.events->received(link->link.owner, part->payload, part->len);
	}
	pbuf_free(pbuf);
	return ERR_OK;
}

static int prepare(struct lwip_link *link, uint32_t ipv4, uint16_t port)
{
	const ip_addr_t address = IPADDR4_INIT(lwip_htonl(ipv4));
	err_t error;

	link->pcb = tcp_new();
	if (link->pcb == NULL)
		return -ENOMEM;
	tcp_arg(link->pcb, link);
	tcp_recv(link->pcb, on_received);
	tcp_err(link->pcb, on_error);
	tcp_nagle_disable(link->pcb);
	error = tcp_connect(link->pcb, &address, port, on_connected);
	if (error == ERR_OK)
		return 0;
	tcp_arg(link->pcb, NULL);
	tcp_abort(link->pcb);
	link->pcb = NULL;
	return error == ERR_RTE ? -ENETUNREACH : -ENOBUFS;
}

static struct link *lwip_connect(struct transport *transport, uint32_t ipv4, uint16_t port,
	const struct link_events *events, void *owner, int *error)
{
	struct transport_lwip *self = lwip_of(transport);
	struct lwip_link *link = self->links;

	while (link < self->links + LWIP_LINKS_MAX && link->pcb != NULL)
		link++;
	if (link == self->links + LWIP_LINKS_MAX) {
		*error = -EMFILE;
		return NULL;
	}
	link->link = (struct link){transport, events, owner};
	link->open = false;
	*error = prepare(link, ipv4, port);
	return *error == 0 ? &link->link : NULL;
}

static int lwip_send(struct link *base, const uint8_t *bytes, size_t size)
{
	struct lwip_link *link = lwip_link(base);

	// The buffer holds one byte more than tcp_write() can be told of.
	if (size > tcp_sndbuf(link->pcb) || size > UINT16_MAX ||
		tcp_write(link->pcb, bytes, (u16_t)size, TCP_WRITE_FLAG_COPY) != ERR_OK)
		return -ENOBUFS;
	tcp_output(link->pcb);
	return 0;
}

static void lwip_close(struct link *base)
{
	struct lwip_link *link = lwip_link(base);
	struct tcp_pcb *pcb = link->pcb;

	forget(link);
	if (pcb != NULL)
		leave(pcb);
}

// lwIP takes the measured round trip as it is, which on a short wire is none at all: it would then
// send again whatever a delayed acknowledgement has not reached yet.
static void keep_rto_floor(struct tcp_pcb *pcb)
{
	int shift = pcb->nrtx < RTO_SHIFT_MAX ? pcb->nrtx : RTO_SHIFT_MAX;

	if (pcb->rto < RTO_FLOOR << shift)
		pcb->rto = (s16_t)(RTO_FLOOR << shift);
}

// What lwIP leaves to its user, before its timers look at the connections.
static void tend_connections(void)
{
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		keep_rto_floor(pcb);
		// Nobody will read what came out of order on a connection that was left, and it
		// holds buffers of the port.
		if (pcb->callback_arg == NULL)
			tcp_free_ooseq(pcb);
	}
}

static void lwip_poll(struct transport *transport, uint64_t wait_ns)
{
	struct transport_lwip *self = lwip_of(transport);
	uint64_t now;

	(void)wait_ns;
	netif_lwip_poll(self->netif, &transport->burst_tsc);
	now = latency_now();
	if ((int64_t)(now - self->next_tick) >= 0) {
		self->next_tick = now + self->tick_cycles;
		tend_connections();
		sys_check_timeouts();
	}
	netif_lwip_flush(self->netif);
}

static unsigned int lwip_links(const struct transport *transport)
{
	unsigned int count = 0;

	(void)transport;
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
		count++;
	return count;
}

static const struct transport_ops lwip_ops = {
	.name = "lwip",
	.connect = lwip_connect,
	.send = lwip_send,
	.close = lwip_close,
	.poll = lwip_poll,
	.links = lwip_links,
};

void transport_lwip_init(struct transport_lwip *self, struct netif_lwip *netif, uint64_t hz)
{
	memset(self, 0, sizeof(*self));
	self->transport.ops = &lwip_ops;
	self->netif = netif;
	self->tick_cycles = hz / TICKS_PER_S;
}

void transport_lwip_done(struct transport_lwip *self)
{
	for (size_t i = 0; i < LWIP_LINKS_MAX; i++) {
		if (self->links[i].pcb != NULL)
			lwip_close(&self->links[i].link);
	}
	// What is still being closed must not call into a stack that is gone.
	while (tcp_active_pcbs != NULL)
		tcp_abort(tcp_active_pcbs);
	while (tcp_tw_pcbs != NULL)
		tcp_abort(tcp_tw_pcbs);
}
