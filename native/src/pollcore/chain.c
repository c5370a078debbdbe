// See chain.h. Buffers are gone through one by one; none is looked at behind its length.
#include <string.h>

#include <rte_mbuf.h>

#include "chain.h"

bool chain_is_sound(const struct rte_mbuf *mbuf)
{
	const struct rte_mbuf *part = mbuf;
	uint64_t size = 0;

	// The number of buffers bounds the way, so that a ring of them ends too.
	for (uint16_t i = 0; i < mbuf->nb_segs; i++) {
		if (part == NULL)
			return false;
		size += part->data_len;
		part = part->next;
	}
	return part == NULL && size == mbuf->pkt_len;
}

void chain_read(const struct rte_mbuf *mbuf, uint8_t *bytes, uint32_t size)
{
	for (; size > 0; mbuf = mbuf->next) {
		uint32_t part = RTE_MIN(size, mbuf->data_len);

		memcpy(bytes, rte_pktmbuf_mtod(mbuf, const uint8_t *), part);
		bytes += part;
		size -= part;
	}
}

void chain_write(struct rte_mbuf *mbuf, const uint8_t *bytes, uint32_t size)
{
	for (; size > 0; mbuf = mbuf->next) {
		uint32_t part = RTE_MIN(size, mbuf->data_len);

		memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), bytes, part);
		bytes += part;
		size -= part;
	}
}

bool chain_append(struct rte_mbuf *mbuf, const uint8_t *bytes, uint32_t size)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(mbuf);

	for (;;) {
		uint32_t part = RTE_MIN(size, (uint32_t)rte_pktmbuf_tailroom(last));

		memcpy(rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len), bytes, part);
		last->data_len = (uint16_t)(last->data_len + part);
		mbuf->pkt_len += part;
		bytes += part;
		size -= part;
		if (size == 0)
			return true;
		last->next = rte_pktmbuf_alloc(mbuf->pool);
		if (last->next == NULL)
			return false;
		last = last->next;
		mbuf->nb_segs++;
	}
}
