// Checksums that the device computes: what it must be told of a packet. Only where the port has
// been set up for it (--tx-checksum).
#ifndef POLLCORE_OFFLOAD_H
#define POLLCORE_OFFLOAD_H

#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "bytes.h"

enum {
	OFFLOAD_IP = 14,
	OFFLOAD_UDP = OFFLOAD_IP + 20,
	OFFLOAD_LEAST = OFFLOAD_UDP + 8,
};

// Whether a frame whose first size bytes these are is a plain one: IPv4 without tag or option.
static inline bool offload_is_plain(const uint8_t *frame, uint32_t size)
{
	return size >= OFFLOAD_LEAST && frame[12] == 8 && frame[13] == 0 &&
	       frame[OFFLOAD_IP] == 0x45;
}

// Whether a datagram fills its packet, and that its frame: where a device stops to sum is its own
// choice, and only then is it the datagram's end.
static inline bool offload_fills(const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint32_t total = bytes_load16(frame + OFFLOAD_IP + 2);
	uint32_t length = bytes_load16(frame + OFFLOAD_UDP + 4);

	return OFFLOAD_IP + total == mbuf->pkt_len && OFFLOAD_UDP + length == mbuf->pkt_len;
}

// Leaves the header's checksum to the device, and the datagram's when it is UDP, has one and fills
// its frame; any other's must be right already. All the bytes named are in the first buffer.
static inline void offload_ipv4(struct rte_mbuf *mbuf)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	struct rte_ipv4_hdr *ip = (void *)(frame + OFFLOAD_IP);
	struct rte_udp_hdr *udp = (void *)(frame + OFFLOAD_UDP);

	mbuf->l2_len = OFFLOAD_IP;
	mbuf->l3_len = OFFLOAD_UDP - OFFLOAD_IP;
	mbuf->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	ip->hdr_checksum = 0;
	if (ip->next_proto_id != 17 || udp->dgram_cksum == 0 || !offload_fills(mbuf))
		return;
	mbuf->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM;
	// The device goes on from the sum of the pseudo header.
	udp->dgram_cksum = rte_ipv4_phdr_cksum(ip, mbuf->ol_flags);
}

#endif
