// Frames in several buffers, cut by hand: what each mode makes of them, and of chains that lie.
#include <unistd.h>

#include "chain.h"
#include "checksum.h"
#include "generate.h"
#include "random.h"
#include "virtual_port.h"

enum { SIZE_MAX_IPV4 = 9001 + 14 };

static uint8_t question[SIZE_MAX_IPV4];
static uint8_t answer[SIZE_MAX_IPV4];

static void store_sum(uint8_t *at, uint64_t sum, const uint8_t *bytes, size_t size)
{
	uint16_t value;

	memset(at, 0, 2);
	value = (uint16_t)~checksum_fold(checksum_add_bytes(sum, bytes, size));
	memcpy(at, &value, sizeof(value));
}

// An echo request of so many bytes, by ICMP or UDP, with every checksum right.
static void write_question(uint32_t size, uint8_t protocol)
{
	uint64_t state = size;
	uint8_t *ip = question + 14;
	uint8_t *message = ip + 20;
	uint16_t length = (uint16_t)(size - 34);
	uint64_t pseudo;

	for (uint32_t i = 0; i < size; i++)
		question[i] = (uint8_t)random_next(&state);
	memcpy(question, core.port.mac, 6);
	memcpy(question + 6, peer_mac, 6);
	bytes_store16(question + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	bytes_store16(ip + 2, (uint16_t)(size - 14));
	ip[8] = 33;
	ip[9] = protocol;
	bytes_store32(ip + 12, 0x0a000163);
	bytes_store32(ip + 16, core.config.ipv4);
	store_sum(ip + 10, 0, ip, 20);
	bytes_store32(message, protocol == 1 ? 0x08000000 : 40000u << 16 | 7);
	if (protocol == 17)
		bytes_store16(message + 4, length);
	pseudo = protocol == 1
			 ? 0
			 : (uint64_t)0x1100 + __builtin_bswap16(length) +
				   bytes_load_raw32(ip + 12) + (uint64_t)bytes_load_raw32(ip + 16);
	store_sum(message + (protocol == 1 ? 2 : 6), pseudo, message, length);
}

// The bytes in buffers of first, then step bytes each.
static struct rte_mbuf *cut(const uint8_t *bytes, uint32_t size, uint32_t first, uint32_t step)
{
	uint8_t *to;
	struct rte_mbuf *head = port_mbuf_new(&core.port, first, &to);
	struct rte_mbuf *last = head;
	uint32_t at = first;

	memcpy(to, bytes, first);
	while (at < size) {
		uint32_t part = RTE_MIN(step, size - at);

		last->next = port_mbuf_new(&core.port, part, &to);
		last = last->next;
		memcpy(to, bytes + at, part);
		at += part;
		head->nb_segs++;
	}
	head->pkt_len = size;
	return head;
}

static void poll_with(struct rte_mbuf *mbuf)
{
	CHECK_EQUAL(port_send(&core.port, mbuf), 0);
	poller_respond_once(&core.pollers[0]);
}

// What came back is the answer to the question in the buffers that brought it.
static void check_answer(uint32_t size)
{
	uint8_t got[SIZE_MAX_IPV4];
	struct rte_mbuf *mbufs[64];

	memcpy(answer, question, size);
	CHECK(verdict_is_reply(respond(&core.pollers[0].responder, answer, size)));
	CHECK_EQUAL(receive(mbufs), 1);
	CHECK(chain_is_sound(mbufs[0]));
	CHECK_EQUAL(mbufs[0]->pkt_len, size);
	chain_read(mbufs[0], got, size);
	CHECK(memcmp(got, answer, size) == 0);
	rte_pktmbuf_free(mbufs[0]);
}

static void answers_at_every_cut(void)
{
	open_port("net_ring", MODE_RESPOND);
	for (int udp = 0; udp < 2; udp++) {
		write_question(200, udp ? 17 : 1);
		for (uint32_t first = 0; first < 200; first++) {
			poll_with(cut(question, 200, first, 200));
			check_answer(200);
			poll_with(cut(question, 200, first, 1 + first % 7));
			check_answer(200);
		}
	}
	close_port();
}

static void answers_of_every_size(void)
{
	open_port("net_ring", MODE_RESPOND);
	for (uint32_t size = 60; size <= SIZE_MAX_IPV4; size += 449) {
		write_question(size, size % 2 == 0 ? 17 : 1);
		poll_with(cut(question, size, RTE_MIN(size, 2048u), 2048));
		check_answer(size);
	}
	write_question(SIZE_MAX_IPV4, 1);
	poll_with(cut(question, SIZE_MAX_IPV4, 2048, 2048));
	check_answer(SIZE_MAX_IPV4);
	close_port();
}

// A wrong bit anywhere is seen across buffers.
static void damage_is_seen(void)
{
	open_port("net_ring", MODE_RESPOND);
	for (uint32_t at = 34; at < 3000; at += 101) {
		write_question(3000, at % 2 == 0 ? 17 : 1);
		question[at] ^= 0x10;
		poll_with(cut(question, 3000, 1000, 700));
	}
	CHECK_EQUAL(core.pollers[0].counters.tx_packets, 0);
	CHECK_EQUAL(counters_dropped(&core.pollers[0].counters), 30);
	close_port();
}

static void lies_are_dropped(void)
{
	struct rte_mbuf *mbuf;
	struct rte_mbuf *rest;

	open_port("net_ring", MODE_RESPOND);
	write_question(300, 1);
	mbuf = cut(question, 300, 100, 100);
	mbuf->pkt_len = 301;
	poll_with(mbuf);
	mbuf = cut(question, 300, 100, 100);
	mbuf->pkt_len = 299;
	poll_with(mbuf);
	mbuf = cut(question, 300, 100, 100);
	mbuf->nb_segs = 4; // freed by its links all the same
	poll_with(mbuf);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_MULTI_SEGMENT), 3);
	// More than any MTU allows.
	mbuf = cut(question, 300, 100, 100);
	for (int i = 0; i < 6; i++) {
		uint8_t *bytes;

		rest = port_mbuf_new(&core.port, 2000, &bytes);
		memset(bytes, 0, 2000);
		CHECK_EQUAL(rte_pktmbuf_chain(mbuf, rest), 0);
	}
	poll_with(mbuf);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_MULTI_SEGMENT), 4);
	close_port();
}

static void soundness(void)
{
	struct rte_mbuf *mbuf;
	struct rte_mbuf *second;

	open_port("net_ring", MODE_SINK);
	mbuf = cut(question, 300, 0, 100);
	second = mbuf->next;
	CHECK(chain_is_sound(mbuf));
	mbuf->nb_segs--;
	CHECK(!chain_is_sound(mbuf));
	mbuf->nb_segs += 2;
	CHECK(!chain_is_sound(mbuf));
	mbuf->nb_segs--;
	// A ring of buffers.
	second->next->next->next = second;
	CHECK(!chain_is_sound(mbuf));
	second->next->next->next = NULL;
	CHECK(chain_is_sound(mbuf));
	rte_pktmbuf_free(mbuf);
	close_port();
}

// An empty pool cuts a frame short, and what there is of it is a sound one.
static void appends_as_long_as_there_are_buffers(void)
{
	static uint8_t got[SIZE_MAX_IPV4];
	struct rte_mbuf *held[2048];
	uint32_t count = 0;
	struct rte_mbuf *mbuf;
	uint8_t *bytes;

	open_port("net_ring", MODE_SINK);
	write_question(SIZE_MAX_IPV4, 1);
	mbuf = port_mbuf_new(&core.port, 0, &bytes);
	while (count < 2048 && (held[count] = port_mbuf_new(&core.port, 0, &bytes)) != NULL)
		count++;
	for (int i = 0; i < 2; i++)
		port_mbuf_free(held[--count]);
	CHECK(!chain_append(mbuf, question, SIZE_MAX_IPV4));
	CHECK(chain_is_sound(mbuf));
	CHECK_EQUAL(mbuf->pkt_len, 3 * 2048);
	chain_read(mbuf, got, mbuf->pkt_len);
	CHECK(memcmp(got, question, mbuf->pkt_len) == 0);
	rte_pktmbuf_free(mbuf);
	rte_pktmbuf_free_bulk(held, count);

	mbuf = port_mbuf_new(&core.port, 0, &bytes);
	CHECK(chain_append(mbuf, question, SIZE_MAX_IPV4));
	CHECK(chain_is_sound(mbuf));
	CHECK_EQUAL(mbuf->nb_segs, 5);
	CHECK_EQUAL(mbuf->pkt_len, SIZE_MAX_IPV4);
	chain_read(mbuf, got, SIZE_MAX_IPV4);
	CHECK(memcmp(got, question, SIZE_MAX_IPV4) == 0);
	rte_pktmbuf_free(mbuf);
	close_port();
}

// Polls until something was counted.
static void poll_until(const uint64_t *counter)
{
	start_polling();
	for (int i = 0; i < 100000 && counter_read(counter) == 0; i++)
		usleep(100);
	pollers_stop(core.pollers, 1);
	CHECK(counter_read(counter) > 0);
}

static void reflect_turns_at_every_cut(void)
{
	static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
	uint64_t sent;

	open_port("net_ring", MODE_REFLECT);
	for (uint32_t first = 0; first < 40; first++) {
		uint8_t got[300];
		struct rte_mbuf *mbufs[64];

		write_question(300, 1);
		CHECK_EQUAL(port_send(&core.port, cut(question, 300, first, 1 + first % 9)), 0);
		poll_until(&core.pollers[0].counters.tx_packets);
		sent = core.pollers[0].counters.tx_packets;
		core.pollers[0].counters.tx_packets = 0;
		CHECK_EQUAL(receive(mbufs), 1);
		chain_read(mbufs[0], got, 300);
		CHECK(memcmp(got, question + (sent % 2 == 0 ? 0 : 6), 6) == 0);
		CHECK(memcmp(got + 6, question + (sent % 2 == 0 ? 6 : 0), 6) == 0);
		CHECK(memcmp(got + 12, question + 12, 288) == 0);
		rte_pktmbuf_free(mbufs[0]);
	}
	memcpy(question, group, 6);
	CHECK_EQUAL(port_send(&core.port, cut(question, 300, 3, 9)), 0);
	poll_until(&core.pollers[0].counters.verdicts[VERDICT_DROP_NOT_OURS]);
	CHECK_EQUAL(verdict_count(VERDICT_DROP_NOT_OURS), 1);
	close_port();
}

static const struct check_case cases[] = {
	{"answers at every cut", answers_at_every_cut},
	{"answers of every size", answers_of_every_size},
	{"damage is seen", damage_is_seen},
	{"lies are dropped", lies_are_dropped},
	{"soundness", soundness},
	{"appends as long as there are buffers", appends_as_long_as_there_are_buffers},
	{"reflect turns at every cut", reflect_turns_at_every_cut},
};

int main(void)
{
	if (!start_eal())
		return 2;
	return CHECK_RUN(cases);
}
