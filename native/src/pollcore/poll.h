// The poller of one queue: takes bursts from the port, lets the mode act on them, sends what it
// made, frees the rest. One lcore runs it; main starts and stops all of them.
#ifndef POLLCORE_POLL_H
#define POLLCORE_POLL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "config.h"
#include "counters.h"
#include "fault.h"
#include "gaps.h"
#include "port.h"
#include "respond.h"

struct generator;

enum { BURST_MAX = 512 }; // what --burst allows

// Answers that the transmit ring had no room for; see held.c.
struct held {
	uint64_t patience;   // cycles that the ring may take nothing; set before the poller starts
	uint64_t distrust;   // cycles without any, after it was in vain; as before
	uint64_t patient_at; // when there is some again
	uint64_t grace;      // what of it these answers have: all or nothing
	uint64_t end;        // of it, unless something leaves
	uint16_t first;      // of mbufs, not sent yet
	uint16_t count;
	struct rte_mbuf *mbufs[BURST_MAX];
};

struct poller {
	// Set before the poller starts, then only read.
	uint16_t port_id;
	uint16_t peer_id; // forward: the other port
	uint16_t queue;   // of either port, to receive and to transmit
	uint16_t burst;
	bool tx_checksum; // the device computes checksums
	bool rx_checksum; // what the device calls good need not be checked
	struct rte_mempool *pool;
	enum mode mode;
	enum idle_policy idle;
	unsigned int lcore;
	bool running; // main's own note
	struct responder responder;
	struct generator *generator; // NULL: no generate mode
	// Written by main.
	alignas(64) atomic_bool stop;
	// Written by the polling lcore alone, or by main through poller_respond_once() while it is
	// parked.
	struct counters counters;
	struct held held;
	struct gaps gaps;
	atomic_int thread; // the polling one's id, for /proc; 0: it has not polled yet
};

// For the queue-th queue and worker lcore. hz: how fast the cycle counter runs.
void poller_init(struct poller *poller, const struct config *config, const struct port *port,
	uint16_t queue, uint64_t hz);

// Starts polling, each on its lcore; all or none of them. On a negative number *fault names the
// lcore that is busy.
int pollers_start(struct poller *pollers, uint16_t count, struct fault *fault);

// Parks the pollers; returns when none touches the port any longer. Safe to call twice.
void pollers_stop(struct poller *pollers, uint16_t count);

// What all of them counted. Any thread.
struct counters pollers_counters(const struct poller *pollers, uint16_t count);

// The modes, each in a file of its own: polls until poller->stop, then returns 0.
int mode_respond(struct poller *poller);
int mode_sink(struct poller *poller);
int mode_reflect(struct poller *poller);
int mode_forward(struct poller *poller);
int mode_generate(struct poller *poller);

// respond's work on a burst, for the modes that answer beside other work: what the ring has no room
// for is dropped. Takes all of the buffers and returns how many bytes they had.
uint64_t poller_respond(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count);

// For the self-test, on the main lcore while the poller is parked: one burst, answered as respond
// mode does.
void poller_respond_once(struct poller *poller);

#endif
