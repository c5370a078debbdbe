// lwIP on a DPDK port: what is sent and received, whole and in order, over a wire that is not; and
// its links from their beginning to each end.
#include <errno.h>
#include <time.h>

#include "lwip_in_test.h"

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

// Until the peer has heard so many bytes, or far too long.
static void wait_heard(size_t size)
{
	const struct timespec rest = {.tv_nsec = 1000 * 1000};

	for (int i = 0; i < 5000 && peer.heard_size < size; i++) {
		peer_turn();
		nanosleep(&rest, NULL);
	}
	CHECK_EQUAL(peer.heard_size, size);
}

static void what_is_lost_is_sent_again(void)
{
	begin();
	connect_peer();
	peer.lossy = true;
	CHECK_EQUAL(link_send(link_now, (const uint8_t *)"request", 7), 0);
	wait_heard(7);
	CHECK_EQUAL(closes, 0);
	link_close(link_now);
	end();
}

// Nothing can leave and nothing come, then all does.
static void a_pool_that_is_empty_for_a_while(void)
{
	static struct rte_mbuf *taken[1 << 16];
	unsigned int count = 0;

	begin();
	connect_peer();
	while (count < 1 << 16 && (taken[count] = rte_pktmbuf_alloc(core.port.pool)) != NULL)
		count++;
	CHECK_EQUAL(link_send(link_now, (const uint8_t *)"request", 7), 0);
	peer_turns(10);
	CHECK_EQUAL(peer.heard_size, 0);
	rte_pktmbuf_free_bulk(taken, count);
	wait_heard(7);
	CHECK_EQUAL(closes, 0);
	link_close(link_now);
	end();
}

// A device that is reset, with the stack holding what came out of order before.
static void a_port_that_is_reset(void)
{
	struct peer_connection *to;
	struct fault fault;

	begin();
	to = connect_peer();
	for (uint32_t at = 1460; at < 14600; at += 1460)
		data_at(to, at, 1460);
	peer_turns(4);
	CHECK_EQUAL(received, 0);
	CHECK_EQUAL(link_send(link_now, (const uint8_t *)"request", 7), 0);
	CHECK_EQUAL(port_reset(&core.port, &fault), 0);
	wait_heard(7);
	data_at(to, 0, 1460);
	peer_turns(4);
	CHECK_EQUAL(received, 14600);
	CHECK(right);
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
		{"all sizes are sent whole or not at all", all_sizes_are_sent_whole_or_not_at_all},
		{"what is lost is sent again", what_is_lost_is_sent_again},
		{"a pool that is empty for a while", a_pool_that_is_empty_for_a_while},
		{"a port that is reset", a_port_that_is_reset},
		{"resets in and out of place", resets_in_and_out_of_place},
		{"every link and one more", every_link_and_one_more},
	};

	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
