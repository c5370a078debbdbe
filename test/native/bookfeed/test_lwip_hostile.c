// lwIP on a DPDK port against a peer that breaks every rule of TCP: what arrives is the stream and
// nothing else, and every buffer of the port comes home.
#include <time.h>

#include "lwip_in_test.h"
#include "random.h"

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

int main(void)
{
	static const struct check_case cases[] = {
		{"a stream in any order", a_stream_in_any_order},
		{"frames of any kind", frames_of_any_kind},
		{"a close while much is delivered", a_close_while_much_is_delivered},
		{"a hole in what is closed", a_hole_in_what_is_closed},
		{"peers that never end", peers_that_never_end},
	};

	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
