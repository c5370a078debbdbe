// lwIP and its port in a test, with a peer at the other end: one connection at a time, whose bytes
// are of a stream that can be told at each place.
#ifndef TEST_LWIP_IN_TEST_H
#define TEST_LWIP_IN_TEST_H

#include "tcp_peer.h"

enum { STREAM = 2 << 20 };

static struct transport *transport;
static struct link *link_now;
static unsigned int opens, closes;
static char why[128];
static size_t received;
static bool right;
static size_t close_at; // bytes after which the client closes; 0: never

// The byte of the stream at a place.
static inline uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 2654435761U >> 13);
}

static inline void on_opened(void *owner)
{
	(void)owner;
	opens++;
}

static inline void on_received(void *owner, const uint8_t *bytes, size_t size)
{
	(void)owner;
	for (size_t i = 0; i < size; i++)
		right = right && bytes[i] == byte_at(received + i);
	received += size;
	if (close_at != 0 && received >= close_at) {
		link_close(link_now);
		link_now = NULL;
		close_at = 0;
	}
}

static inline void on_closed(void *owner, const char *text)
{
	(void)owner;
	closes++;
	link_now = NULL;
	snprintf(why, sizeof(why), "%s", text);
}

static const struct link_events events = {on_opened, on_received, on_closed};

static inline void begin(void)
{
	open_port("net_ring", MODE_SINK);
	memset(&peer, 0, sizeof(peer));
	CHECK_EQUAL(
		lwip_stack_new(&peer.stack, &core.port, OUR_IPV4, 24, PEER_IPV4, rte_get_tsc_hz()),
		0);
	transport = lwip_stack_transport(peer.stack);
	opens = closes = 0;
	close_at = 0;
}

// Nothing of lwIP's holds a buffer afterwards; close_port() checks.
static inline void end(void)
{
	struct rte_mbuf *mbufs[64];
	uint16_t count;

	lwip_stack_free(peer.stack);
	while ((count = receive(mbufs)) > 0)
		rte_pktmbuf_free_bulk(mbufs, count);
	CHECK_EQUAL(peer.wrong_checksums, 0);
	close_port();
}

static inline struct peer_connection *connect_peer(void)
{
	int error = 0;

	received = 0;
	right = true;
	why[0] = '\0';
	link_now = transport_connect(transport, PEER_IPV4, PEER_PORT, &events, NULL, &error);
	CHECK_EQUAL(error, 0);
	if (link_now == NULL)
		return &peer.connections[0];
	peer_turns(6);
	return &peer.connections[peer.count - 1];
}

static inline void fill(uint8_t *bytes, size_t at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(at + i);
}

static inline void data_at(const struct peer_connection *to, uint32_t at, uint16_t size)
{
	uint8_t bytes[1460];

	fill(bytes, at, size);
	peer_data(to, at, bytes, size);
}

#endif
