// lwIP on a DPDK port against a peer that breaks every rule of TCP: what arrives is the stream and
// nothing else, and every buffer of the port comes home.
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "random.h"
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
static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 2654435761U >> 13);
}

static void on_opened(void *owner)
{
	(void)owner;
	opens++;
}

static void on_received(void *owner, const uint8_t *bytes, size_t size)
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

static void on_closed(void *owner, const char *text)
{
	(void)owner;
	closes++;
	link_now = NULL;
	snprintf(why, sizeof(why), "%s", text);
}

static const struct link_events events = {on_opened, on_received, on_closed};

static void begin(void)
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
static void end(void)
{
	struct rte_mbuf *mbufs[64];
	uint16_t count;

	lwip_stack_free(peer.stack);
	while ((count = receive(mbufs)) > 0)
		rte_pktmbuf_free_bulk(mbufs, count);
	CHECK_EQUAL(peer.wrong_checksums, 0);
	close_port();
}

static struct peer_connection *connect_peer(void)
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

static void fill(uint8_t *bytes, size_t at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(at + i);
}

static void data_at(const struct peer_connection *to, uint32_t at, uint16_t size)
{
	uint8_t bytes[1460];

	fill(bytes, at, size);
	peer_data(to, at, bytes, size);
}

static uint32_t random_below(uint64_t *random, uint32_t end)
{
	return (uint32_t)(random_next(random) % end);
}

// A segment of a random place and size near what is expected: old, overlapping, early, or next.
static void some_segment(const struct peer_connection *to, uint64_t *random)
{
	uint32_t size = 1 + random_below(random, 1460);
	uint32_t kind = random_below(random, 8);
	uint32_t at = to->acked;

	if (kind < 2)
		at += random_below(random, 100000);
	else if (kind < 4)
		at += random_below(random, 3000);
	else if (kind == 4)
		at -= at < 3000 ? 0 : random_below(random, 3000);
	if (at + size > STREAM)
		at = STREAM - size;
	data_at(to, at, (uint16_t)size);
}

static void a_stream_in_any_order(void)
{
	uint64_t random = 1;
	struct peer_connection *to;
	unsigned int turns = 0;

	begin();
	to = connect_peer();
	CHECK_EQUAL(opens, 1);
	while (received < STREAM && closes == 0 && turns++ < 200000) {
		for (uint32_t i = random_below(&random, 8); i > 0; i--)
			some_segment(to, &random);
		peer_turn();
	}
	CHECK_EQUAL(received, STREAM);
	CHECK(right);
	CHECK_EQUAL(closes, 0);
	peer_flags(to, STREAM, RTE_TCP_ACK_FLAG | RTE_TCP_FIN_FLAG);
	peer_turns(4);
	CHECK_TEXT(why, "ended by the server");
	CHECK_EQUAL(to->ends, 1);
	end();
}

// TCP's header with a random half, for a place near what is expected.
static struct rte_tcp_hdr random_header(const struct peer_connection *to, uint64_t *random)
{
	uint8_t flags = (uint8_t)(random_next(random) & random_next(random));
	uint32_t at = to->acked + random_below(random, 2000);
	uint32_t words = random_below(random, 2) == 0 ? 5 : random_below(random, 16);

	return (struct rte_tcp_hdr){
		.src_port = rte_cpu_to_be_16(PEER_PORT),
		.dst_port = rte_cpu_to_be_16(to->port),
		.sent_seq = rte_cpu_to_be_32(PEER_ISS + 1 + at),
		.recv_ack = rte_cpu_to_be_32(to->next),
		.data_off = (uint8_t)(words << 4),
		.tcp_flags = (flags & ~(RTE_TCP_RST_FLAG | RTE_TCP_SYN_FLAG)) | RTE_TCP_ACK_FLAG,
		.rx_win = (uint16_t)random_next(random),
		.tcp_urp = (uint16_t)random_next(random),
	};
}

// A frame of any options and payload, in half of them one bit turned before the checksums.
static void random_frame(const struct peer_connection *to, uint64_t *random)
{
	_Alignas(8) uint8_t frame[HEADERS + 200];
	uint32_t size = HEADERS + random_below(random, 200);
	uint32_t ip_size = size - sizeof(struct rte_ether_hdr);
	struct rte_ipv4_hdr *ip = peer_headers(frame, RTE_ETHER_TYPE_IPV4, (uint16_t)ip_size);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);

	for (uint32_t at = HEADERS; at < size; at++)
		frame[at] = (uint8_t)random_next(random);
	*tcp = random_header(to, random);
	if (random_below(random, 2) == 0)
		frame[random_below(random, HEADERS)] ^= (uint8_t)(1 << random_below(random, 8));
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	if (rte_be_to_cpu_16(ip->total_length) == ip_size && ip->version_ihl == 0x45) {
		tcp->cksum = 0;
		tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	}
	peer_frame(frame, size);
}

// No frame ends the program, or stays in it.
static void frames_of_any_kind(void)
{
	uint64_t random = 2;
	unsigned int connections = 0;
	struct peer_connection *to;

	begin();
	to = connect_peer();
	for (int i = 0; i < 100000; i++) {
		random_frame(to, &random);
		peer_turn();
		if (link_now != NULL && to->resets == 0)
			continue;
		if (link_now != NULL)
			link_close(link_now);
		if (peer.count > PEER_CONNECTIONS / 2)
			peer.count = 0;
		to = connect_peer();
		connections++;
	}
	CHECK(connections > 100);
	end();
}

// More than 64 KB come at once when a hole is filled, and the client closes in the midst of them.
static void a_close_while_much_is_delivered(void)
{
	struct peer_connection *to;

	begin();
	to = connect_peer();
	for (uint32_t at = 1460; at < 200000; at += 1460) {
		data_at(to, at, 1460);
		if (at % 14600 == 0)
			peer_turn();
	}
	peer_turns(8);
	CHECK_EQUAL(received, 0);
	CHECK(port_mbufs_used(&core.port) > 100);
	close_at = 5000;
	data_at(to, 0, 1460);
	peer_turns(8);
	CHECK(right);
	CHECK(link_now == NULL);
	CHECK_EQUAL(closes, 0);
	CHECK_EQUAL(received, 5840);
	CHECK(to->resets > 0);
	CHECK_EQUAL(port_mbufs_used(&core.port), 0);
	CHECK_EQUAL(transport_links(transport), 0);
	end();
}

// What nobody will read any more must not hold the buffers that the next connection needs.
static void a_hole_in_what_is_closed(void)
{
	const struct timespec tick = {.tv_nsec = 2000 * 1000};

	begin();
	for (int i = 0; i < 4; i++) {
		struct peer_connection *to = connect_peer();

		for (uint32_t part = 0; part < 400; part++) {
			data_at(to, 10 + 2 * part, 1);
			peer_turn();
		}
		CHECK_EQUAL(received, 0);
		if (link_now != NULL)
			link_close(link_now);
		peer_turns(4);
		for (uint32_t part = 0; part < 400; part++) {
			data_at(to, 10 + 2 * part, 1);
			peer_turn();
		}
		nanosleep(&tick, NULL);
		peer_turns(2);
		CHECK_EQUAL(to->ends, 1);
		CHECK(port_mbufs_used(&core.port) < 32);
	}
	end();
}

// A server that acknowledges our end and never comes to its own.
static void peers_that_never_end(void)
{
	begin();
	for (int i = 0; i < 60; i++) {
		unsigned int before = opens;

		connect_peer();
		CHECK_EQUAL(opens, before + 1);
		if (link_now != NULL)
			link_close(link_now);
		peer_turns(4);
	}
	end();
}

static void all_sizes_are_sent_whole_or_not_at_all(void)
{
	static const size_t sizes[] = {1, 1459, 1460, 1461, 4096, 65535, 65536, 65537};
	static uint8_t bytes[65537];

	fill(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int ret;

		begin();
		connect_peer();
		ret = link_send(link_now, bytes, sizes[i]);
		peer_turns(200);
		CHECK(ret == 0 || (ret == -ENOBUFS && sizes[i] > 65535));
		CHECK_EQUAL(peer.heard_size, ret == 0 ? sizes[i] : 0);
		CHECK(memcmp(peer.heard, bytes, ret == 0 ? sizes[i] : 0) == 0);
		link_close(link_now);
		end();
	}
}

static void what_is_lost_is_sent_again(void)
{
	const struct timespec rest = {.tv_nsec = 1000 * 1000};

	begin();
	connect_peer();
	peer.lossy = true;
	CHECK_EQUAL(link_send(link_now, (const uint8_t *)"request", 7), 0);
	for (int i = 0; i < 2000 && peer.heard_size < 7; i++) {
		peer_turn();
		nanosleep(&rest, NULL);
	}
	CHECK_EQUAL(peer.heard_size, 7);
	CHECK_EQUAL(closes, 0);
	link_close(link_now);
	end();
}

static void resets_in_and_out_of_place(void)
{
	struct peer_connection *to;

	begin();
	to = connect_peer();
	// Of somebody who guesses: in the window, but not at its edge (RFC 5961).
	peer_flags(to, 5000, RTE_TCP_RST_FLAG);
	peer_flags(to, STREAM, RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG);
	peer_flags(to, 100, RTE_TCP_SYN_FLAG);
	peer_turns(4);
	CHECK_EQUAL(closes, 0);
	peer_flags(to, 0, RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG);
	peer_turns(4);
	CHECK_EQUAL(closes, 1);
	CHECK_TEXT(why, "Connection reset by peer");
	// And before there is a connection.
	peer.mute = true;
	to = connect_peer();
	peer_flags(to, UINT32_MAX, RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG);
	peer_turns(4);
	CHECK_EQUAL(closes, 2);
	end();
}

static void every_link_and_one_more(void)
{
	struct link *links[8];
	int error = 0;

	begin();
	peer.mute = true;
	for (size_t i = 0; i < 8; i++) {
		links[i] =
			transport_connect(transport, PEER_IPV4, PEER_PORT, &events, NULL, &error);
		CHECK(links[i] != NULL);
	}
	CHECK(transport_connect(transport, PEER_IPV4, PEER_PORT, &events, NULL, &error) == NULL);
	CHECK_EQUAL(error, -EMFILE);
	link_close(links[3]);
	CHECK(transport_connect(transport, PEER_IPV4, PEER_PORT, &events, NULL, &error) ==
		links[3]);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"a stream in any order", a_stream_in_any_order},
		{"frames of any kind", frames_of_any_kind},
		{"a close while much is delivered", a_close_while_much_is_delivered},
		{"a hole in what is closed", a_hole_in_what_is_closed},
		{"peers that never end", peers_that_never_end},
		{"all sizes are sent whole or not at all", all_sizes_are_sent_whole_or_not_at_all},
		{"what is lost is sent again", what_is_lost_is_sent_again},
		{"resets in and out of place", resets_in_and_out_of_place},
		{"every link and one more", every_link_and_one_more},
	};

	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
