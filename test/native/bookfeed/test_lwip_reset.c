// A device that is reset while a connection lives, as ENA asks for it: what lwIP holds of the
// device's buffers stays whole, what the reset has lost comes again.
#include "lwip_in_test.h"

enum { PART = 1000 };

static void reset_port(void)
{
	struct fault fault = {.text = ""};

	CHECK_EQUAL(port_reset(&core.port, &fault), 0);
	CHECK_TEXT(fault.text, "");
}

static void a_stream_goes_on_over_resets(void)
{
	struct peer_connection *to;
	uint32_t at = 0;

	begin();
	to = connect_peer();
	for (int i = 0; i < 50; i++) {
		data_at(to, at, PART);
		// Behind a hole, so lwIP holds its buffer over the reset.
		data_at(to, at + 2 * PART, PART);
		peer_turns(2);
		reset_port();
		CHECK_EQUAL(received, at + PART);
		data_at(to, at + PART, PART);
		peer_turns(2);
		at += 3 * PART;
		CHECK_EQUAL(received, at);
	}
	CHECK_EQUAL(atomic_load(&core.port.resets), 50);
	CHECK(right);
	CHECK_EQUAL(closes, 0);
	link_close(link_now);
	end();
}

// net_ring keeps its frames over a reset, no device with memory of its own does.
static void lose_what_is_in_the_ring(void)
{
	struct rte_mbuf *mbufs[64];
	uint16_t count;

	while ((count = receive(mbufs)) > 0)
		rte_pktmbuf_free_bulk(mbufs, count);
}

static void what_lies_in_the_rings_is_sent_again(void)
{
	struct peer_connection *to;

	begin();
	to = connect_peer();
	data_at(to, 0, PART);
	lose_what_is_in_the_ring();
	CHECK_EQUAL(link_send(link_now, (const uint8_t *)"request", 7), 0);
	lose_what_is_in_the_ring();
	reset_port();
	CHECK_EQUAL(received, 0);
	data_at(to, 0, PART);
	for (int i = 0; i < 100000 && (peer.heard_size < 7 || received < PART); i++) {
		peer_turn();
		rte_delay_us_sleep(50);
	}
	CHECK_EQUAL(received, PART);
	CHECK_EQUAL(peer.heard_size, 7);
	CHECK_EQUAL(closes, 0);
	link_close(link_now);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"a stream goes on over resets", a_stream_goes_on_over_resets},
		{"what lies in the rings is sent again", what_lies_in_the_rings_is_sent_again},
	};

	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
