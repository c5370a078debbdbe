// See traffic.h.
#include <string.h>
#include <sys/random.h>

#include "bytes.h"
#include "parse.h"
#include "traffic.h"

enum {
	ETHER_TYPE = 12,
	ARP = 14,
	ARP_SIZE = 28,
	ARP_OPERATION = ARP + 6,
	ARP_SENDER_MAC = ARP + 8,
	ARP_SENDER_IPV4 = ARP + 14,
	ARP_REPLY = 2,
};

static uint64_t make_order(uint32_t number, uint32_t rate)
{
	return (uint64_t)number << 32 | rate;
}

int traffic_init(struct traffic *traffic, const struct config *config, const uint8_t mac[6],
	uint64_t hz, struct fault *fault)
{
	const struct generate_config *wanted = &config->generate;
	struct fault missing;

	memset(traffic, 0, sizeof(*traffic));
	traffic->queues = config->queues;
	if (config_check_mode(config, MODE_GENERATE, &missing) < 0)
		return 0;
	// A mark that nobody can guess keeps strangers' packets out. Should the kernel have none,
	// zero does: it is a mark too.
	if (getrandom(&traffic->mark, sizeof(traffic->mark), GRND_NONBLOCK) < 0)
		traffic->mark = 0;
	traffic->mark -= traffic->mark % QUEUES_MAX;
	traffic->hz = hz;
	traffic->peer_ipv4 = wanted->peer_ipv4;
	traffic->flows = wanted->flows;
	traffic->train = wanted->train;
	traffic->order = make_order(1, wanted->rate);
	memcpy(traffic->peer_mac, wanted->peer_mac, sizeof(traffic->peer_mac));
	// A capture without a peer leaves as it is.
	if (!mac_is_zero(wanted->peer_mac) || wanted->peer_ipv4 == 0)
		traffic->peer_state = PEER_KNOWN;
	return profile_init(&traffic->profile, config, mac, fault);
}

void traffic_done(struct traffic *traffic)
{
	profile_done(&traffic->profile);
}

uint32_t traffic_rate(const struct traffic *traffic)
{
	return order_rate(atomic_load(&traffic->order));
}

void traffic_set_rate(struct traffic *traffic, uint32_t rate)
{
	uint64_t order = atomic_load(&traffic->order);

	if (rate == order_rate(order))
		return;
	atomic_store(&traffic->order, make_order(order_number(order) + (rate != 0), rate));
}

void traffic_restart(struct traffic *traffic)
{
	uint64_t order = atomic_load(&traffic->order);

	if (order_rate(order) != 0)
		atomic_store(
			&traffic->order, make_order(order_number(order) + 1, order_rate(order)));
}

uint32_t traffic_share(uint32_t rate, uint16_t queue, uint16_t queues)
{
	if (rate == RATE_UNLIMITED)
		return RATE_UNLIMITED;
	return rate / queues + (queue < rate % queues);
}

void traffic_learn(struct traffic *traffic, const uint8_t *frame, uint32_t size)
{
	const uint8_t *mac = frame + ARP_SENDER_MAC;
	int unknown = PEER_UNKNOWN;

	if (size < ARP + ARP_SIZE || bytes_load16(frame + ETHER_TYPE) != 0x0806 ||
		bytes_load16(frame + ARP_OPERATION) != ARP_REPLY ||
		bytes_load32(frame + ARP_SENDER_IPV4) != traffic->peer_ipv4 || (mac[0] & 1) != 0 ||
		mac_is_zero(mac))
		return;
	// Two answers may come by two queues at once: one of them is taken.
	if (!atomic_compare_exchange_strong(&traffic->peer_state, &unknown, PEER_LEARNING))
		return;
	memcpy(traffic->peer_mac, mac, sizeof(traffic->peer_mac));
	atomic_store(&traffic->peer_state, PEER_KNOWN);
}
