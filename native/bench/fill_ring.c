// Puts frames into the ring of a running DPDK program's net_ring0, which then go round for as long
// as it sends back what it receives. A secondary process, so that any program can be given the
// same.
//   fill_ring [EAL options] -- POOL COUNT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

enum { FRAME_SIZE = 64, COUNT_MAX = 512 };

static const uint8_t header[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

// All at once: the ring has room for one producer, which the program is as soon as it has received.
static int fill(struct rte_ring *ring, struct rte_mempool *pool, unsigned int count)
{
	struct rte_mbuf *mbufs[COUNT_MAX];

	if (count > COUNT_MAX || rte_pktmbuf_alloc_bulk(pool, mbufs, count) != 0)
		return -1;
	for (unsigned int i = 0; i < count; i++) {
		char *frame = rte_pktmbuf_append(mbufs[i], FRAME_SIZE);

		memset(frame, 0, FRAME_SIZE);
		memcpy(frame, header, sizeof(header));
	}
	return rte_ring_enqueue_bulk(ring, (void **)mbufs, count, NULL) == count ? 0 : -1;
}

int main(int argc, char **argv)
{
	int taken = rte_eal_init(argc, argv);
	struct rte_mempool *pool;
	struct rte_ring *ring;

	if (taken < 0 || argc - taken != 3) {
		fprintf(stderr, "usage: fill_ring [EAL options] -- POOL COUNT\n");
		return 2;
	}
	pool = rte_mempool_lookup(argv[taken + 1]);
	ring = rte_ring_lookup("ETH_RXTX0_net_ring0");
	if (pool == NULL || ring == NULL ||
		fill(ring, pool, (unsigned int)atoi(argv[taken + 2])) < 0) {
		fprintf(stderr,
			"fill_ring: %s: no such pool, or no room in the ring of net_ring0\n",
			argv[taken + 1]);
		return 1;
	}
	rte_eal_cleanup();
	return 0;
}
