// A port, of which forward has two and every other mode one: its buffers, set-up, link, events and
// reset. All of it runs on the main lcore; only `link_up`, `link_mbps` and the two requests are
// touched by other threads.
#ifndef POLLCORE_PORT_H
#define POLLCORE_PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "fault.h"

struct rte_mbuf;
struct rte_mempool;

struct port {
	uint16_t id;
	uint16_t rx_desc; // as the device rounded them
	uint16_t tx_desc;
	uint16_t mtu;
	uint16_t queues; // to receive by, and as many to transmit by
	bool started;
	bool scatter;     // frames may come and go in several buffers
	bool tx_checksum; // the device computes checksums
	bool rx_checksum; // the device checks them
	bool promiscuous; // forward: frames for others pass through as well
	uint8_t mac[6];
	struct rte_mempool *pool; // shared by both ports of forward mode
	bool borrowed_pool;       // it is the other port's
	const char *device;
	const char *driver;
	// What the device declined and we went on without, for the log; empty: nothing.
	char declined[160];
	atomic_bool reset_wanted;       // set by the device's event, served by the control loop
	atomic_bool removed;            // set by the device's event
	atomic_bool link_up;            // written by main, read by telemetry
	atomic_uint_fast32_t link_mbps; // 0: the device does not say
	atomic_uint_fast32_t resets;
};

// Takes the first port that EAL found, makes its pool, configures and starts it. On a fault
// everything is undone.
int port_init(struct port *port, const struct config *config, struct fault *fault);

// The same with the next port after another one, which lends its pool and is closed after this one.
int port_init_next(struct port *port, const struct port *other, const struct config *config,
	struct fault *fault);
void port_done(struct port *port);

// Brings the device back after it asked for a reset. Nobody may poll meanwhile. On a fault the port
// stays stopped.
int port_reset(struct port *port, struct fault *fault);

// To be called about once a second by the lcore that started the port: serves the timers that ENA's
// watchdog needs, and reads the link.
void port_tick(struct port *port);

// Buffers of the pool: in use now, and in all.
uint32_t port_mbufs_used(const struct port *port);
uint32_t port_mbufs_total(const struct port *port);

// For the self-test: a buffer that holds size bytes, to be filled through *bytes; NULL when the
// pool is empty.
struct rte_mbuf *port_mbuf_new(const struct port *port, uint32_t size, uint8_t **bytes);
void port_mbuf_free(struct rte_mbuf *mbuf);

// Sends one buffer, which is the port's from then on. -EAGAIN, and the buffer still the caller's,
// when the ring is full.
int port_send(const struct port *port, struct rte_mbuf *mbuf);

#endif
