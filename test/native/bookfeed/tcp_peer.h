// The other end of lwIP's connections, frame by frame, on a net_ring: what lwIP has sent is taken
// from the ring before lwIP looks at it again, and the peer's frames are put there instead. It
// keeps no rule that a test does not want kept.
#ifndef TEST_TCP_PEER_H
#define TEST_TCP_PEER_H

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "lwip_stack.h"
#include "virtual_port.h"

enum {
	OUR_IPV4 = 0x0a000117,
	PEER_IPV4 = 0x0a000101,
	PEER_PORT = 443,
	PEER_ISS = 0x7fff0000, // its sequence numbers pass 2^31, and with long streams wrap
	PEER_CONNECTIONS = 64,
	HEADERS = sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr) +
		  sizeof(struct rte_tcp_hdr),
};

// One of lwIP's connections, as its peer sees it; told apart by lwIP's port.
struct peer_connection {
	uint16_t port;
	uint32_t next; // of lwIP's sequence numbers
	uint32_t acked;
	uint32_t window; // as lwIP announced it, scaled
	unsigned int resets;
	unsigned int ends; // FINs, counted once each
	size_t heard;      // payload bytes in order
	bool ended;
};

struct peer {
	struct lwip_stack *stack;
	struct peer_connection connections[PEER_CONNECTIONS];
	size_t count;
	bool mute;      // a SYN gets no answer
	bool lossy;     // every second segment with payload is not heard
	bool last_lost; // so that what is sent again is
	unsigned int wrong_checksums;
	size_t heard_size; // payloads of the connection opened last
	uint8_t heard[1 << 18];
};

static struct peer peer;

static inline struct rte_ipv4_hdr *peer_headers(
	uint8_t *bytes, uint16_t ether_type, uint16_t ip_size)
{
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)bytes;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(bytes + sizeof(*ether));

	memcpy(&ether->dst_addr, core.port.mac, 6);
	memcpy(&ether->src_addr, peer_mac, 6);
	ether->ether_type = rte_cpu_to_be_16(ether_type);
	if (ether_type != RTE_ETHER_TYPE_IPV4)
		return ip;
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16(ip_size);
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_TCP;
	ip->src_addr = rte_cpu_to_be_32(PEER_IPV4);
	ip->dst_addr = rte_cpu_to_be_32(OUR_IPV4);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return ip;
}

// A frame on its way to lwIP; when the ring is full it is lost, as on a wire.
static inline void peer_frame(const uint8_t *bytes, uint32_t size)
{
	uint8_t *place;
	struct rte_mbuf *mbuf = port_mbuf_new(&core.port, size, &place);

	CHECK(mbuf != NULL);
	if (mbuf == NULL)
		return;
	memcpy(place, bytes, size);
	if (port_send(&core.port, mbuf) < 0)
		port_mbuf_free(mbuf);
}

// at: of the peer's stream, 0 its first byte.
static inline void peer_segment(const struct peer_connection *to, uint32_t at, uint8_t flags,
	const void *options, uint8_t options_size, const void *payload, uint16_t size)
{
	_Alignas(8) uint8_t frame[2048];
	uint16_t ip_size = (uint16_t)(sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_tcp_hdr) +
				      options_size + size);
	struct rte_ipv4_hdr *ip = peer_headers(frame, RTE_ETHER_TYPE_IPV4, ip_size);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);

	*tcp = (struct rte_tcp_hdr){
		.src_port = rte_cpu_to_be_16(PEER_PORT),
		.dst_port = rte_cpu_to_be_16(to->port),
		.sent_seq = rte_cpu_to_be_32(PEER_ISS + 1 + at),
		.recv_ack = rte_cpu_to_be_32(to->next),
		.data_off = (uint8_t)((sizeof(*tcp) + options_size) / 4 << 4),
		.tcp_flags = flags,
		.rx_win = 0xffff,
	};
	memcpy(tcp + 1, options, options_size);
	memcpy((uint8_t *)(tcp + 1) + options_size, payload, size);
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	peer_frame(frame, sizeof(struct rte_ether_hdr) + ip_size);
}

static inline void peer_data(
	const struct peer_connection *to, uint32_t at, const void *payload, uint16_t size)
{
	peer_segment(to, at, RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG, "", 0, payload, size);
}

static inline void peer_flags(const struct peer_connection *to, uint32_t at, uint8_t flags)
{
	peer_segment(to, at, flags, "", 0, "", 0);
}

static inline void peer_answer_arp(const uint8_t *frame)
{
	const struct rte_arp_hdr *asked =
		(const struct rte_arp_hdr *)(frame + sizeof(struct rte_ether_hdr));
	_Alignas(8) uint8_t answer[64] = {0};
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(answer + sizeof(struct rte_ether_hdr));

	peer_headers(answer, RTE_ETHER_TYPE_ARP, 0);
	*arp = *asked;
	arp->arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REPLY);
	memcpy(&arp->arp_data.arp_sha, peer_mac, 6);
	arp->arp_data.arp_sip = asked->arp_data.arp_tip;
	arp->arp_data.arp_tha = asked->arp_data.arp_sha;
	arp->arp_data.arp_tip = asked->arp_data.arp_sip;
	peer_frame(answer, 60);
}

static inline struct peer_connection *peer_find(uint16_t port)
{
	for (size_t i = 0; i < peer.count; i++)
		if (peer.connections[i].port == port)
			return &peer.connections[i];
	return NULL;
}

static inline void peer_take_syn(const struct rte_tcp_hdr *tcp)
{
	static const uint8_t options[] = {2, 4, 5, 180, 1, 3, 3, 0, 4, 2, 1, 1};
	uint16_t port = rte_be_to_cpu_16(tcp->src_port);
	struct peer_connection *one = peer_find(port);

	if (one == NULL && peer.count < PEER_CONNECTIONS)
		one = &peer.connections[peer.count++];
	if (one == NULL)
		return;
	*one = (struct peer_connection){
		.port = port,
		.next = rte_be_to_cpu_32(tcp->sent_seq) + 1,
	};
	peer.heard_size = 0;
	if (!peer.mute)
		peer_segment(one, UINT32_MAX, RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG, options,
			sizeof(options), "", 0);
}

// In order or not at all; what is new is acknowledged.
static inline void peer_take_payload(struct peer_connection *one, const struct rte_tcp_hdr *tcp,
	const uint8_t *bytes, size_t size)
{
	bool fin = (tcp->tcp_flags & RTE_TCP_FIN_FLAG) != 0;

	if (size > 0 && peer.lossy) {
		peer.last_lost = !peer.last_lost;
		if (peer.last_lost)
			return;
	}
	if (rte_be_to_cpu_32(tcp->sent_seq) != one->next || (size == 0 && !fin))
		return;
	if (peer.heard_size + size <= sizeof(peer.heard))
		memcpy(peer.heard + peer.heard_size, bytes, size);
	peer.heard_size += size;
	one->heard += size;
	one->next += (uint32_t)size + fin;
	one->ends += fin;
	peer_flags(one, one->acked, RTE_TCP_ACK_FLAG);
}

static inline void peer_take_tcp(const struct rte_ipv4_hdr *ip)
{
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(ip + 1);
	size_t header = (size_t)(tcp->data_off >> 4) * 4;
	struct peer_connection *one;

	// Over what holds its own checksum the sum is nothing, in either of its two forms.
	peer.wrong_checksums += (uint16_t)(rte_ipv4_udptcp_cksum(ip, tcp) + 1) > 1;
	if (tcp->tcp_flags == RTE_TCP_SYN_FLAG) {
		peer_take_syn(tcp);
		return;
	}
	one = peer_find(rte_be_to_cpu_16(tcp->src_port));
	if (one == NULL)
		return;
	if ((tcp->tcp_flags & RTE_TCP_RST_FLAG) != 0) {
		one->resets++;
		return;
	}
	one->acked = rte_be_to_cpu_32(tcp->recv_ack) - PEER_ISS - 1;
	one->window = (uint32_t)rte_be_to_cpu_16(tcp->rx_win) << 4;
	peer_take_payload(one, tcp, (const uint8_t *)tcp + header,
		rte_be_to_cpu_16(ip->total_length) - sizeof(*ip) - header);
}

static inline void peer_take(const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	const struct rte_ether_hdr *ether = (const struct rte_ether_hdr *)frame;
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(ether + 1);

	if (ether->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP))
		peer_answer_arp(frame);
	else if (ip->next_proto_id == IPPROTO_TCP)
		peer_take_tcp(ip);
}

// lwIP's turn, then the peer's.
static inline void peer_turn(void)
{
	struct rte_mbuf *mbufs[64];
	uint16_t count;

	transport_poll(lwip_stack_transport(peer.stack), 0);
	// Its answers go into the same ring, so first all is taken.
	count = receive(mbufs);
	for (uint16_t i = 0; i < count; i++) {
		peer_take(mbufs[i]);
		rte_pktmbuf_free(mbufs[i]);
	}
}

static inline void peer_turns(unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++)
		peer_turn();
}

#endif
