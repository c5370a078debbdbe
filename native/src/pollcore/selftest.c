// See selftest.h. The synthetic questions come from a peer that cannot exist on the wire: a locally
// administered MAC that is not ours, and the neighbour of our own address.
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "selftest.h"

enum {
	ASK_EVERY_NS = 200 * 1000 * 1000,
	TICK_NS = 100 * 1000 * 1000,
	PAYLOAD_SIZE = 18, // makes the smallest Ethernet frame
	FRAME_SIZE = 14 + 20 + 8 + PAYLOAD_SIZE,
};

static void write_peer_mac(const struct responder *self, uint8_t mac[6])
{
	static const uint8_t first[6] = {0x02, 0, 0, 0, 0, 0x01};

	memcpy(mac, first, sizeof(first));
	mac[5] += memcmp(self->mac, first, sizeof(first)) == 0;
}

struct question {
	const char *name;
	void (*write)(const struct responder *self, uint8_t frame[FRAME_SIZE]);
	enum verdict expected;
};

static void write_ipv4(const struct responder *self, uint8_t *frame, uint8_t protocol)
{
	uint8_t *ip = frame + 14;
	uint16_t sum;

	memset(frame, 0, FRAME_SIZE);
	memcpy(frame, self->mac, 6);
	write_peer_mac(self, frame + 6);
	bytes_store16(frame + 12, 0x0800);
	ip[0] = 0x45;
	bytes_store16(ip + 2, FRAME_SIZE - 14);
	ip[8] = 1; // the least that arrives: the answer must not inherit it
	ip[9] = protocol;
	bytes_store32(ip + 12, self->ipv4 ^ 1);
	bytes_store32(ip + 16, self->ipv4);
	sum = (uint16_t)~checksum_fold(checksum_add_bytes(0, ip, 20));
	memcpy(ip + 10, &sum, sizeof(sum));
}

static void write_arp(const struct responder *self, uint8_t frame[FRAME_SIZE])
{
	struct responder peer = {.ipv4 = self->ipv4 ^ 1, .gateway = self->ipv4};

	write_peer_mac(self, peer.mac);
	respond_ask_gateway(&peer, frame);
}

static void write_icmp(const struct responder *self, uint8_t frame[FRAME_SIZE])
{
	uint8_t *icmp = frame + 34;
	uint16_t sum;

	write_ipv4(self, frame, 1);
	icmp[0] = 8;
	sum = (uint16_t)~checksum_fold(checksum_add_bytes(0, icmp, FRAME_SIZE - 34));
	memcpy(icmp + 2, &sum, sizeof(sum));
}

static void write_udp(const struct responder *self, uint8_t frame[FRAME_SIZE])
{
	write_ipv4(self, frame, 17);
	bytes_store16(frame + 34, 40000);
	bytes_store16(frame + 36, 7);
	bytes_store16(frame + 38, FRAME_SIZE - 34);
}

static void write_bad(const struct responder *self, uint8_t frame[FRAME_SIZE])
{
	write_icmp(self, frame);
	frame[24] ^= 0x5a; // the IPv4 checksum
}

static const struct question questions[] = {
	{"ARP request", write_arp, VERDICT_ARP_REPLY},
	{"ICMP echo request", write_icmp, VERDICT_ICMP_REPLY},
	{"UDP echo request", write_udp, VERDICT_UDP_REPLY},
	{"bad IPv4 checksum", write_bad, VERDICT_DROP_IP_CHECKSUM},
};

// Whether the reply goes from us to the peer, with checksums that hold.
static bool reply_is_right(const struct responder *self, const uint8_t *frame, enum verdict verdict)
{
	uint8_t peer_mac[6];

	write_peer_mac(self, peer_mac);
	if (memcmp(frame, peer_mac, 6) != 0 || memcmp(frame + 6, self->mac, 6) != 0)
		return false;
	if (verdict == VERDICT_ARP_REPLY)
		return bytes_load32(frame + 28) == self->ipv4;
	if (checksum_fold(checksum_add_bytes(0, frame + 14, 20)) != 0xffff)
		return false;
	return verdict == VERDICT_UDP_REPLY ||
	       checksum_fold(checksum_add_bytes(0, frame + 34, FRAME_SIZE - 34)) == 0xffff;
}

// Asks the respond path each question in a buffer of the port's own pool; the pool must have them
// all back afterwards.
static int test_respond_path(const struct core *core, struct fault *fault)
{
	struct responder self = core->pollers[0].responder;
	uint32_t used = port_mbufs_used(&core->port);
	uint32_t used_after;

	// sink and reflect need no address; the path is tested with one from the documentation's
	// range.
	if (self.ipv4 == 0)
		self.ipv4 = 0xc0000201;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct question *question = &questions[i];
		uint8_t *frame;
		struct rte_mbuf *mbuf = port_mbuf_new(&core->port, FRAME_SIZE, &frame);
		enum verdict verdict;
		bool right;

		if (mbuf == NULL)
			return fault_set(fault, EXIT_SELF_TEST,
				"self-test: no buffer for %s; give more --mbufs", question->name);
		question->write(&self, frame);
		verdict = respond(&self, frame, FRAME_SIZE);
		right = verdict == question->expected &&
			(verdict_is_drop(verdict) || reply_is_right(&self, frame, verdict));
		port_mbuf_free(mbuf);
		if (!right)
			return fault_set(fault, EXIT_SELF_TEST,
				"self-test: %s: %s, expected a right %s; this build is broken, "
				"build "
				"again",
				question->name, verdict_name(verdict),
				verdict_name(question->expected));
	}
	used_after = port_mbufs_used(&core->port);
	if (used_after != used)
		return fault_set(fault, EXIT_SELF_TEST,
			"self-test: %u buffers in use, %u before; buffers leak, build again",
			used_after, used);
	return 0;
}

static void ask_gateway(struct core *core)
{
	struct counters *counters = &core->pollers[0].counters;
	uint8_t *frame;
	struct rte_mbuf *mbuf = port_mbuf_new(&core->port, ARP_REQUEST_SIZE, &frame);

	if (mbuf == NULL)
		return;
	respond_ask_gateway(&core->pollers[0].responder, frame);
	if (port_send(&core->port, mbuf) < 0) {
		port_mbuf_free(mbuf);
		counter_add(&counters->tx_dropped, 1);
		return;
	}
	counter_add(&counters->tx_packets, 1);
	counter_add(&counters->tx_bytes, ARP_REQUEST_SIZE);
}

static int report_silence(struct core *core, struct fault *fault)
{
	struct counters total = pollers_counters(core->pollers, core->config.queues);
	const struct port *down = core_port_down(core);
	char address[16];

	if (down != NULL)
		return fault_set(fault, EXIT_SELF_TEST,
			"self-test: link of %s: down for %u s; check the cable or the interface's "
			"attachment",
			down->device, core->config.self_test_timeout_s);
	return fault_set(fault, EXIT_SELF_TEST,
		"self-test: gateway %s: no answer to ARP in %u s (sent %" PRIu64
		", received %" PRIu64
		"); check security group, source/destination check, address and MAC",
		ipv4_format(core->config.gateway, address), core->config.self_test_timeout_s,
		total.tx_packets, total.rx_packets);
}

// One burst of each queue: the answer may come by any. Whether it has.
static bool poll_for_answer(struct core *core)
{
	bool answered = false;

	for (uint16_t i = 0; i < core->config.queues; i++) {
		struct poller *poller = &core->pollers[i];

		poller_respond_once(poller);
		answered |= poller->counters.verdicts[VERDICT_GATEWAY_ANSWER] > 0;
	}
	return answered;
}

// Waits for the link, and for the gateway's answer when there is one to ask. Answers others
// meanwhile.
static int test_port(struct core *core, bool (*stop_wanted)(void), struct fault *fault)
{
	bool ask = core->config.gateway != 0;
	bool answered = !ask;
	uint64_t start = core_now_ns();
	uint64_t end = start + core->config.self_test_timeout_s * UINT64_C(1000000000);
	uint64_t next_ask = start;
	uint64_t next_tick = start;

	if (ask)
		atomic_store(&core->gateway_arp, GATEWAY_SILENT);
	while (!stop_wanted()) {
		uint64_t now = core_now_ns();

		if (now >= next_tick) {
			port_tick(&core->port);
			if (config_ports(&core->config) > 1)
				port_tick(&core->peer);
			next_tick = now + TICK_NS;
		}
		if (core_port_down(core) == NULL && answered) {
			atomic_store(
				&core->gateway_arp, ask ? GATEWAY_ANSWERED : GATEWAY_NOT_ASKED);
			atomic_store(&core->self_test, SELF_TEST_PASSED);
			return 0;
		}
		if (now >= end)
			return report_silence(core, fault);
		if (!ask)
			continue;
		if (now >= next_ask) {
			ask_gateway(core);
			next_ask = now + ASK_EVERY_NS;
		}
		answered = poll_for_answer(core);
	}
	return 0;
}

int selftest_run(struct core *core, bool (*stop_wanted)(void), struct fault *fault)
{
	int ret = test_respond_path(core, fault);

	if (ret == 0)
		ret = test_port(core, stop_wanted, fault);
	if (ret < 0)
		atomic_store(&core->self_test, SELF_TEST_FAILED);
	return ret;
}
