// See port_setup.h. A device that declines an extra (ENA has no promiscuous mode, for one) is used
// without it; see port.h.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "port_setup.h"

enum {
	// Per-lcore cache of the pool: a few bursts, so that most of them never reach the shared
	// ring.
	POOL_CACHE = 256,
	// Ethernet header, two VLAN tags, frame check sequence.
	FRAME_OVERHEAD = 14 + 8 + 4,
	BUFFER_SIZE = 2048,
};

// One that the device does not have cannot be asked for (rte_eth_dev_configure).
static const uint64_t rss_wanted = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP;

static void note_declined(struct port *port, const char *what, int error)
{
	size_t used = strlen(port->declined);

	snprintf(port->declined + used, sizeof(port->declined) - used, "%s%s: %s",
		used == 0 ? "" : ", ", what, rte_strerror(-error));
}

void port_read_link(struct port *port)
{
	struct rte_eth_link link;
	bool known;

	memset(&link, 0, sizeof(link));
	if (rte_eth_link_get_nowait(port->id, &link) < 0)
		return;
	known = link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN;
	atomic_store(&port->link_mbps, known ? link.link_speed : 0);
	atomic_store(&port->link_up, link.link_status == RTE_ETH_LINK_UP);
}

bool port_can_scatter(const struct config *config)
{
	uint16_t id = (uint16_t)rte_eth_find_next(0);
	bool can = config->mtu + FRAME_OVERHEAD > BUFFER_SIZE;

	for (uint16_t i = 0; i < config_ports(config) && can; i++) {
		struct rte_eth_dev_info info;

		can = id < RTE_MAX_ETHPORTS && rte_eth_dev_info_get(id, &info) == 0 &&
		      (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0 &&
		      (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
		id = (uint16_t)rte_eth_find_next((uint16_t)(id + 1));
	}
	return can;
}

int port_make_pool(struct port *port, const struct config *config, struct fault *fault)
{
	uint32_t frame = config->mtu + FRAME_OVERHEAD;
	uint32_t parts = port->scatter ? (frame + BUFFER_SIZE - 1) / BUFFER_SIZE : 1;
	uint32_t burst = RTE_MAX(config->burst, config->generate.train);
	// All rings full, a burst in hand on both sides of each queue, and what the lcores' caches
	// hold back.
	uint32_t need =
		(uint32_t)config_ports(config) * config->queues * (port->rx_desc + port->tx_desc) +
		2 * config->queues * burst * parts + (config->queues + 1) * POOL_CACHE * 3 / 2;
	uint32_t room = RTE_PKTMBUF_HEADROOM +
			(port->scatter ? BUFFER_SIZE : RTE_MAX(frame, (uint32_t)BUFFER_SIZE));
	uint32_t count = config->mbufs;

	// One less than a power of two suits the ring behind the pool best.
	if (count == 0)
		count = rte_align32pow2(need + 1) - 1;
	if (count < need)
		return fault_set(fault, EXIT_USAGE,
			"--mbufs: '%u'; these queues, rings and burst need %u", count, need);
	port->pool = rte_pktmbuf_pool_create(
		"pollcore", count, POOL_CACHE, 0, (uint16_t)room, rte_eth_dev_socket_id(port->id));
	if (port->pool == NULL)
		return fault_set(fault, EXIT_MEMORY,
			"mempool: %u buffers of %u bytes: %s; give more hugepages or a smaller "
			"--mbufs",
			count, room, rte_strerror(rte_errno));
	return 0;
}

int port_device_fault(
	const struct port *port, const char *what, int error, const char *next, struct fault *fault)
{
	return fault_set(fault, error == -ENOMEM ? EXIT_MEMORY : EXIT_RUN_TIME, "%s: %s: %s; %s",
		port->device, what, rte_strerror(-error), next);
}

static int set_up_queues(struct port *port, struct fault *fault)
{
	int socket = rte_eth_dev_socket_id(port->id);

	for (uint16_t i = 0; i < port->queues; i++) {
		int ret = rte_eth_rx_queue_setup(
			port->id, i, port->rx_desc, socket, NULL, port->pool);

		if (ret < 0)
			return port_device_fault(
				port, "receive queue", ret, "try another --rx-desc", fault);
		ret = rte_eth_tx_queue_setup(port->id, i, port->tx_desc, socket, NULL);
		if (ret < 0)
			return port_device_fault(
				port, "transmit queue", ret, "try another --tx-desc", fault);
	}
	return 0;
}

// With several queues: by which of them a packet comes is told by a hash of its addresses and
// ports, so that a flow stays with one lcore. A device without it has a way of its own (net_memif:
// the peer's choice, net_af_packet: the kernel's) or leaves the other queues idle.
static int configure(
	struct port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	int ret;

	conf->rx_adv_conf.rss_conf.rss_hf = rss_wanted & info->flow_type_rss_offloads;
	if (port->queues > 1 && conf->rx_adv_conf.rss_conf.rss_hf != 0) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		ret = rte_eth_dev_configure(port->id, port->queues, port->queues, conf);
		if (ret == 0)
			return 0;
		note_declined(port, "RSS", ret);
	} else if (port->queues > 1) {
		note_declined(port, "RSS", -ENOTSUP);
	}
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
	conf->rx_adv_conf.rss_conf.rss_hf = 0;
	return rte_eth_dev_configure(port->id, port->queues, port->queues, conf);
}

// A driver that tells no limit of its MTU may still name the frame of an Ethernet of old, which
// rte_eth_dev_configure holds us to and the driver not (net_tap, net_af_packet, net_memif). Our
// buffers are as large as was asked for.
static uint32_t device_mtu(const struct port *port, const struct rte_eth_dev_info *info)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (info->max_mtu != UINT16_MAX || port->mtu + overhead <= info->max_rx_pktlen)
		return port->mtu;
	return info->max_rx_pktlen - overhead;
}

static void choose_offloads(
	const struct port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	if (port->scatter) {
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	} else {
		// Every buffer is of our one pool, referenced once and a whole frame, which is
		// what this offload asks for.
		conf->txmode.offloads |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	}
	if (port->tx_checksum)
		conf->txmode.offloads |=
			RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	if (port->rx_checksum)
		conf->rxmode.offloads |=
			RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
}

static int start(struct port *port, struct fault *fault)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {0};
	int ret;

	ret = rte_eth_dev_info_get(port->id, &info);
	if (ret < 0)
		return port_device_fault(port, "device info", ret, "rebind the device", fault);
	conf.rxmode.mtu = device_mtu(port, &info);
	choose_offloads(port, &info, &conf);
	conf.intr_conf.lsc = (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	conf.intr_conf.rmv = (*info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
	ret = configure(port, &info, &conf);
	if (ret < 0)
		return port_device_fault(port, "configure", ret, "try another --mtu", fault);
	ret = set_up_queues(port, fault);
	if (ret < 0)
		return ret;
	ret = rte_eth_dev_start(port->id);
	if (ret < 0)
		return port_device_fault(port, "start", ret, "rebind the device", fault);
	port->started = true;
	return 0;
}

// Wanted, yet no device must have them. What a device refuses is information, never a fault.
static void ask_extras(struct port *port)
{
	int ret;

	ret = port->promiscuous ? rte_eth_promiscuous_enable(port->id)
				: rte_eth_promiscuous_disable(port->id);
	if (ret < 0)
		note_declined(port, port->promiscuous ? "promiscuous" : "promiscuous off", ret);
	ret = rte_eth_allmulticast_disable(port->id);
	if (ret < 0)
		note_declined(port, "allmulticast off", ret);
	ret = rte_eth_dev_set_mtu(port->id, port->mtu);
	if (ret < 0)
		note_declined(port, "mtu", ret);
}

int port_configure_and_start(struct port *port, struct fault *fault)
{
	int ret;

	port->declined[0] = '\0';
	ret = start(port, fault);
	if (ret < 0)
		return ret;
	port_read_link(port);
	ask_extras(port);
	return 0;
}
