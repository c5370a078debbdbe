// Port set-up in the order that ethdev demands: pool, configure, queues, events, start. A device
// that declines an extra (ENA has no promiscuous mode, for one) is used without it; see port.h.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_timer.h>

#include "port.h"

enum {
	// Per-lcore cache of the pool: a few bursts, so that most of them never reach the shared
	// ring.
	POOL_CACHE = 256,
	// Ethernet header, two VLAN tags, frame check sequence.
	FRAME_OVERHEAD = 14 + 8 + 4,
};

static void note_declined(struct port *port, const char *what, int error)
{
	size_t used = strlen(port->declined);

	snprintf(port->declined + used, sizeof(port->declined) - used, "%s%s: %s",
		used == 0 ? "" : ", ", what, rte_strerror(-error));
}

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

static void read_link(struct port *port)
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

static int pool_new(struct port *port, const struct config *config, struct fault *fault)
{
	// Both rings full, a burst in hand on each side, and what two lcores' caches hold back.
	uint32_t need = config_ports(config) * (port->rx_desc + port->tx_desc) + 2 * config->burst +
			2 * POOL_CACHE * 3 / 2;
	uint32_t room = RTE_PKTMBUF_HEADROOM + RTE_MAX(config->mtu + FRAME_OVERHEAD, 2048);
	uint32_t count = config->mbufs;

	// One less than a power of two suits the ring behind the pool best.
	if (count == 0)
		count = rte_align32pow2(need + 1) - 1;
	if (count < need)
		return fault_set(fault, EXIT_USAGE, "--mbufs: '%u'; these rings and burst need %u",
			count, need);
	port->pool = rte_pktmbuf_pool_create(
		"pollcore", count, POOL_CACHE, 0, (uint16_t)room, rte_eth_dev_socket_id(port->id));
	if (port->pool == NULL)
		return fault_set(fault, EXIT_MEMORY,
			"mempool: %u buffers of %u bytes: %s; give more hugepages or a smaller "
			"--mbufs",
			count, room, rte_strerror(rte_errno));
	return 0;
}

static int device_fault(
	const struct port *port, const char *what, int error, const char *next, struct fault *fault)
{
	return fault_set(fault, error == -ENOMEM ? EXIT_MEMORY : EXIT_RUN_TIME, "%s: %s: %s; %s",
		port->device, what, rte_strerror(-error), next);
}

static int set_up_queues(struct port *port, struct fault *fault)
{
	int socket = rte_eth_dev_socket_id(port->id);
	int ret;

	ret = rte_eth_rx_queue_setup(port->id, 0, port->rx_desc, socket, NULL, port->pool);
	if (ret < 0)
		return device_fault(port, "receive queue", ret, "try another --rx-desc", fault);
	ret = rte_eth_tx_queue_setup(port->id, 0, port->tx_desc, socket, NULL);
	if (ret < 0)
		return device_fault(port, "transmit queue", ret, "try another --tx-desc", fault);
	return 0;
}

// What follows the choice of the device on the first start and after each reset alike.
static int configure_and_start(struct port *port, struct fault *fault)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {.rxmode = {.mtu = port->mtu}};
	int ret;

	ret = rte_eth_dev_info_get(port->id, &info);
	if (ret < 0)
		return device_fault(port, "device info", ret, "rebind the device", fault);
	// Every buffer is of our one pool and referenced once, which is what this offload asks for.
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	conf.intr_conf.lsc = (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	conf.intr_conf.rmv = (*info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
	ret = rte_eth_dev_configure(port->id, 1, 1, &conf);
	if (ret < 0)
		return device_fault(port, "configure", ret, "try another --mtu", fault);
	ret = set_up_queues(port, fault);
	if (ret < 0)
		return ret;
	ret = rte_eth_dev_start(port->id);
	if (ret < 0)
		return device_fault(port, "start", ret, "rebind the device", fault);
	port->started = true;
	read_link(port);
	return 0;
}

// Wanted, yet no device must have them. What a device refuses is information, never a fault.
static void ask_extras(struct port *port)
{
	int ret;

	port->declined[0] = '\0';
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
	if (config->mtu < info.min_mtu || config->mtu > info.max_mtu)
		return fault_set(fault, EXIT_USAGE, "--mtu: '%u'; %s takes %u to %u", config->mtu,
			port->device, info.min_mtu, info.max_mtu);
	port->mtu = config->mtu;
	port->rx_desc = config->rx_desc;
	port->tx_desc = config->tx_desc;
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->rx_desc, &port->tx_desc);
	if (ret < 0)
		return fault_set(fault, EXIT_USAGE,
			"--rx-desc, --tx-desc: '%u', '%u': %s; try 1024", config->rx_desc,
			config->tx_desc, rte_strerror(-ret));
	return 0;
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
	ret = configure_and_start(port, fault);
	if (ret < 0) {
		port_done(port);
		return ret;
	}
	ask_extras(port);
	return 0;
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
	ret = pool_new(port, config, fault);
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
		return device_fault(port, "reset", ret, "start the core again", fault);
	ret = configure_and_start(port, fault);
	if (ret < 0)
		return ret;
	ask_extras(port);
	atomic_fetch_add(&port->resets, 1);
	return 0;
}

void port_tick(struct port *port)
{
	rte_timer_manage();
	read_link(port);
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
