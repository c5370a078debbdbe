// sink: takes everything, sends nothing.
#include "poll_loop.h"

// Puts a burst back in one piece. Whole buffers of the port's own pool, which is what a port gives
// us, need no more than that; chains and borrowed buffers take DPDK's way.
static inline uint64_t sink_burst(
	struct poller *poller, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	uint64_t bytes = 0;
	bool whole = true;

	(void)port;
	for (uint16_t i = 0; i < count; i++) {
		bytes += mbufs[i]->pkt_len;
		whole &= mbufs[i]->nb_segs == 1 && rte_mbuf_refcnt_read(mbufs[i]) == 1 &&
			 RTE_MBUF_DIRECT(mbufs[i]) && mbufs[i]->pool == poller->pool;
	}
	if (likely(whole))
		rte_mempool_put_bulk(poller->pool, (void **)mbufs, count);
	else
		rte_pktmbuf_free_bulk(mbufs, count);
	return bytes;
}

int mode_sink(struct poller *poller)
{
	return poll_until_stopped(poller, sink_burst);
}
