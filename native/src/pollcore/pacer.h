// Says when packets are due at a given rate, by counting cycles. Keeps the fraction of a cycle, so
// that no rate drifts; works without DPDK.
#ifndef POLLCORE_PACER_H
#define POLLCORE_PACER_H

#include <stdint.h>

enum {
	PACER_PART_BITS = 20,
	PACER_RATE_MAX = 1000000000, // packets a second that can be asked for
	// Never behind for more trains than this: a poller that was away for a second must not
	// flood the network when it returns. The rest is skipped and counted.
	PACER_BACKLOG_MAX = 1024,
};

struct pacer {
	uint64_t next;     // the cycle at which the next train is due
	uint64_t part;     // and so many parts of a cycle, of which there are 2^20
	uint64_t interval; // parts from one train to the next
	uint64_t skipped;  // trains that fell due too long ago, since pacer_init()
};

// Trains come at rate / train a second, the first at once. rate: 1 to PACER_RATE_MAX; train: 1 to
// 512.
void pacer_init(struct pacer *pacer, uint64_t now, uint64_t hz, uint64_t rate, uint32_t train);

// How many trains are due, at most max. Costs no division when there is none.
uint32_t pacer_due(struct pacer *pacer, uint64_t now, uint32_t max);

// So many of those due have left.
void pacer_spend(struct pacer *pacer, uint32_t trains);

#endif
