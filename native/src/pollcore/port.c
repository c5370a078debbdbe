// The port's life in the order that ethdev demands: choice of the device, pool, events, start;
// reset; the way back. See port.h, and port_setup.c for what a start is.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_timer.h>

#include "port_setup.h"

// Runs in the interrupt thread, or in the main lcore's timers: leave a mark, the control loop acts
// on it.
static int on_event(uint16_t id, enum rte_eth_event_type event, void *argument, void *unused)
{
	struct port *port = argument;

	(void)id;
	(void)unused;
	if (event == RTE_ETH_EVENT_INTR_RESET)
		atomic_store(&port->reset_wanted, true);
	else if (event == RTE_ETH_EVENT_INTR_RMV)
		atomic_store(&port->removed, true);
	return 0;
}

// A device without a MAC (net_ring, for one) is given one of ours, whether or not it wants to know.
static int settle_mac(struct port *port, struct rte_ether_addr *mac, struct fault *fault)
{
	if (rte_is_zero_ether_addr(mac)) {
		rte_eth_random_addr(mac->addr_bytes);
		rte_eth_dev_default_mac_addr_set(port->id, mac);
	}
	if (!rte_is_valid_assigned_ether_addr(mac))
		return fault_set(fault, EXIT_SELF_TEST,
			"%s: MAC " RTE_ETHER_ADDR_PRT_FMT
			"; a unicast address is needed, rebind the device",
			port->device, RTE_ETHER_ADDR_BYTES(mac));
	memcpy(port->mac, mac, sizeof(port->mac));
	return 0;
}

// Whether the device computes or checks checksums: as was asked for, if it can.
static int choose_checksums(const struct port *port, const char *option, enum checksum_place place,
	bool can, bool *by_device, struct fault *fault)
{
	if (place == CHECKSUM_HARDWARE && !can)
		return fault_set(fault, EXIT_USAGE,
			"%s: 'hardware'; %s does not do IPv4 and UDP, give auto or software",
			option, port->device);
	*by_device = place != CHECKSUM_SOFTWARE && can;
	return 0;
}

static int take_checksums(struct port *port, const struct config *config,
	const struct rte_eth_dev_info *info, struct fault *fault)
{
	const uint64_t tx = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	const uint64_t rx = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
	int ret;

	ret = choose_checksums(port, "--tx-checksum", config->tx_checksum,
		(info->tx_offload_capa & tx) == tx, &port->tx_checksum, fault);
	if (ret < 0)
		return ret;
	return choose_checksums(port, "--rx-checksum", config->rx_checksum,
		(info->rx_offload_capa & rx) == rx, &port->rx_checksum, fault);
}

// What was asked for, as far as the device has it.
static int take_limits(struct port *port, const struct config *config,
	const struct rte_eth_dev_info *info, struct fault *fault)
{
	uint16_t max_queues = RTE_MIN(info->max_rx_queues, info->max_tx_queues);
	int ret;

	if (config->mtu < info->min_mtu || config->mtu > info->max_mtu)
		return fault_set(fault, EXIT_USAGE, "--mtu: '%u'; %s takes %u to %u", config->mtu,
			port->device, info->min_mtu, info->max_mtu);
	if (config->queues > max_queues)
		return fault_set(fault, EXIT_USAGE, "--queues: '%u'; %s has %u, give no more",
			config->queues, port->device, max_queues);
	port->queues = config->queues;
	port->mtu = config->mtu;
	port->rx_desc = config->rx_desc;
	port->tx_desc = config->tx_desc;
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->rx_desc, &port->tx_desc);
	if (ret < 0)
		return fault_set(fault, EXIT_USAGE,
			"--rx-desc, --tx-desc: '%u', '%u': %s; try 1024", config->rx_desc,
			config->tx_desc, rte_strerror(-ret));
	return take_checksums(port, config, info, fault);
}

// The first port that EAL found from an id on.
static int choose_device(
	struct port *port, const struct config *config, uint16_t from, struct fault *fault)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	int ret;

	port->id = (uint16_t)rte_eth_find_next(from);
	if (port->id >= RTE_MAX_ETHPORTS)
		return fault_set(fault, EXIT_NO_PORT,
			"port: %s; bind the device to igb_uio or vfio-pci and allow it with -a",
			from == 0 ? "none probed" : "one probed, forward needs two");
	ret = rte_eth_dev_info_get(port->id, &info);
	if (ret == 0)
		ret = rte_eth_macaddr_get(port->id, &mac);
	if (ret < 0)
		return fault_set(fault, EXIT_RUN_TIME, "port %u: %s; rebind the device", port->id,
			rte_strerror(-ret));
	port->device = rte_dev_name(info.device);
	port->driver = info.driver_name;
	ret = settle_mac(port, &mac, fault);
	if (ret < 0)
		return ret;
	return take_limits(port, config, &info, fault);
}

static void register_events(struct port *port)
{
	// A device without events of a kind just never calls.
	rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RESET, on_event, port);
	rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RMV, on_event, port);
}

// What follows once the port has a device and a pool.
static int open_device(struct port *port, struct fault *fault)
{
	int ret;

	register_events(port);
	ret = port_configure_and_start(port, fault);
	if (ret < 0)
		port_done(port);
	return ret;
}

int port_init(struct port *port, const struct config *config, struct fault *fault)
{
	int ret;

	memset(port, 0, sizeof(*port));
	port->promiscuous = config->mode == MODE_FORWARD;
	ret = choose_device(port, config, 0, fault);
	if (ret < 0)
		return ret;
	// ENA arms its watchdog as a timer when the port starts.
	rte_timer_subsystem_init();
	port->scatter = port_can_scatter(config);
	ret = port_make_pool(port, config, fault);
	if (ret < 0)
		return ret;
	return open_device(port, fault);
}

int port_init_next(struct port *port, const struct port *other, const struct config *config,
	struct fault *fault)
{
	int ret;

	memset(port, 0, sizeof(*port));
	port->promiscuous = other->promiscuous;
	ret = choose_device(port, config, other->id + 1, fault);
	if (ret < 0)
		return ret;
	port->scatter = other->scatter;
	port->pool = other->pool;
	port->borrowed_pool = true;
	return open_device(port, fault);
}

void port_done(struct port *port)
{
	rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_RESET, on_event, port);
	rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_RMV, on_event, port);
	if (port->started)
		rte_eth_dev_stop(port->id);
	port->started = false;
	rte_eth_dev_close(port->id);
	if (!port->borrowed_pool)
		rte_mempool_free(port->pool);
	port->pool = NULL;
}

int port_reset(struct port *port, struct fault *fault)
{
	int ret;

	atomic_store(&port->reset_wanted, false);
	port->started = false;
	ret = rte_eth_dev_reset(port->id);
	// A device that has no reset of its own gets the nearest thing: stop, and set up again.
	if (ret == -ENOTSUP)
		ret = rte_eth_dev_stop(port->id);
	if (ret < 0)
		return port_device_fault(port, "reset", ret, "start the core again", fault);
	ret = port_configure_and_start(port, fault);
	if (ret < 0)
		return ret;
	atomic_fetch_add(&port->resets, 1);
	return 0;
}

void port_tick(struct port *port)
{
	rte_timer_manage();
	port_read_link(port);
}

uint32_t port_mbufs_used(const struct port *port)
{
	return rte_mempool_in_use_count(port->pool);
}

uint32_t port_mbufs_total(const struct port *port)
{
	return port->pool->size;
}

struct rte_mbuf *port_mbuf_new(const struct port *port, uint32_t size, uint8_t **bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(port->pool);

	if (mbuf == NULL)
		return NULL;
	*bytes = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)size);
	if (*bytes == NULL) {
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	return mbuf;
}

void port_mbuf_free(struct rte_mbuf *mbuf)
{
	rte_pktmbuf_free(mbuf);
}

int port_send(const struct port *port, struct rte_mbuf *mbuf)
{
	return rte_eth_tx_burst(port->id, 0, &mbuf, 1) == 1 ? 0 : -EAGAIN;
}
