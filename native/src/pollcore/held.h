// Answers for which the transmit ring has no room: kept and offered again, for a while. For the
// polling lcore.
#ifndef POLLCORE_HELD_H
#define POLLCORE_HELD_H

#include "poll.h"

// hz: how fast the cycle counter runs.
void held_init(struct poller *poller, uint64_t hz);

// Keeps the rest of a burst, of which there is only one at a time.
void held_keep(struct poller *poller, struct rte_mbuf **mbufs, uint16_t count);

// Offers the ring what is held. False: some of it still is.
bool held_send(struct poller *poller);

// Gives up what is held; it counts as dropped.
void held_drop(struct poller *poller);

#endif
