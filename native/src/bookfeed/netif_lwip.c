// Frames between a DPDK port and lwIP. What comes is not copied: lwIP's header of a buffer lies in
// the headroom of the mbuf that brought it, and freeing the one frees the other. What leaves is
// copied, since TCP must keep it until it is acknowledged, and waits for the burst's end: a message
// must not stand behind the acknowledgement of the one before.
#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "netif/ethernet.h"

#include "counter.h"
#include "latency.h"
#include "netif_lwip.h"
#include "port.h"

enum {
	BURST = 32,
	FRAME_MIN = 60, // without its check sequence; not every device pads
};

struct mbuf_pbuf {
	struct pbuf_custom custom;
	struct rte_mbuf *mbuf;
};

_Static_assert(sizeof(struct mbuf_pbuf) <= RTE_PKTMBUF_HEADROOM, "it must fit the headroom");

static void free_mbuf(struct pbuf *pbuf)
{
	rte_pktmbuf_free(((struct mbuf_pbuf *)pbuf)->mbuf);
}

// NULL: not a frame that the stack could read.
static struct pbuf *wrap(struct rte_mbuf *mbuf)
{
	struct mbuf_pbuf *header = mbuf->buf_addr;

	if (mbuf->data_off < sizeof(*header) ||
		(mbuf->nb_segs > 1 && rte_pktmbuf_linearize(mbuf) < 0))
		return NULL;
	header->mbuf = mbuf;
	header->custom.custom_free_function = free_mbuf;
	return pbuf_alloced_custom(PBUF_RAW, mbuf->data_len, PBUF_REF, &header->custom,
		rte_pktmbuf_mtod(mbuf, void *), mbuf->data_len);
}

static struct rte_mbuf *copy_out(const struct netif_lwip *self, struct pbuf *pbuf)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(self->port->pool);
	uint16_t size = pbuf->tot_len > FRAME_MIN ? pbuf->tot_len : FRAME_MIN;
	char *bytes = mbuf == NULL ? NULL : rte_pktmbuf_append(mbuf, size);

	if (bytes == NULL) {
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	pbuf_copy_partial(pbuf, bytes, pbuf->tot_len, 0);
	memset(bytes + pbuf->tot_len, 0, size - pbuf->tot_len);
	return mbuf;
}

void netif_lwip_flush(struct netif_lwip *self)
{
	uint16_t sent;

	if (self->unsent_count == 0)
		return;
	sent = rte_eth_tx_burst(self->port->id, 0, self->unsent, self->unsent_count);
	counter_add(&self->tx_packets, sent);
	counter_add(&self->tx_dropped, self->unsent_count - sent);
	rte_pktmbuf_free_bulk(self->unsent + sent, self->unsent_count - sent);
	self->unsent_count = 0;
}

static err_t send_frame(struct netif *netif, struct pbuf *pbuf)
{
	struct netif_lwip *self = netif->state;
	struct rte_mbuf *mbuf = copy_out(self, pbuf);

	if (mbuf == NULL) {
		counter_add(&self->tx_dropped, 1);
		return ERR_MEM;
	}
	self->unsent[self->unsent_count++] = mbuf;
	if (self->unsent_count == NETIF_LWIP_UNSENT)
		netif_lwip_flush(self);
	return ERR_OK;
}

static err_t init_netif(struct netif *netif)
{
	const struct netif_lwip *self = netif->state;

	netif->name[0] = 'd';
	netif->name[1] = 'p';
	netif->output = etharp_output;
	netif->linkoutput = send_frame;
	netif->mtu = self->port->mtu;
	netif->hwaddr_len = sizeof(self->port->mac);
	memcpy(netif->hwaddr, self->port->mac, sizeof(self->port->mac));
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	return ERR_OK;
}

int netif_lwip_init(struct netif_lwip *self, const struct port *port, uint32_t ipv4, uint8_t prefix,
	uint32_t gateway)
{
	uint32_t bits = prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
	ip4_addr_t address = {.addr = rte_cpu_to_be_32(ipv4)};
	ip4_addr_t mask = {.addr = rte_cpu_to_be_32(bits)};
	ip4_addr_t router = {.addr = rte_cpu_to_be_32(gateway)};

	memset(self, 0, sizeof(*self));
	self->port = port;
	if (netif_add(&self->netif, &address, &mask, &router, self, init_netif, ethernet_input) ==
		NULL)
		return -ENOMEM;
	netif_set_default(&self->netif);
	netif_set_up(&self->netif);
	netif_set_link_up(&self->netif);
	return 0;
}

void netif_lwip_done(struct netif_lwip *self)
{
	netif_lwip_flush(self);
	netif_remove(&self->netif);
}

uint16_t netif_lwip_poll(struct netif_lwip *self, uint64_t *burst_tsc)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count = rte_eth_rx_burst(self->port->id, 0, mbufs, BURST);

	if (count == 0)
		return 0;
	*burst_tsc = latency_now();
	counter_add(&self->rx_packets, count);
	for (uint16_t i = 0; i < count; i++) {
		struct pbuf *pbuf = wrap(mbufs[i]);

		// The stack frees what it takes; what it refuses is still ours.
		if (pbuf == NULL) {
			rte_pktmbuf_free(mbufs[i]);
			counter_add(&self->rx_refused, 1);
		} else if (self->netif.input(pbuf, &self->netif) != ERR_OK) {
			pbuf_free(pbuf);
			counter_add(&self->rx_refused, 1);
		}
	}
	return count;
}

int netif_lwip_knows(struct netif_lwip *self, uint32_t ipv4)
{
	const ip4_addr_t address = {.addr = rte_cpu_to_be_32(ipv4)};
	struct eth_addr *mac;
	const ip4_addr_t *found;

	return etharp_find_addr(&self->netif, &address, &mac, &found) >= 0;
}

void netif_lwip_ask(struct netif_lwip *self, uint32_t ipv4)
{
	const ip4_addr_t address = {.addr = rte_cpu_to_be_32(ipv4)};

	etharp_request(&self->netif, &address);
}
