// See generate.h. The stamp of a packet fills the UDP payload of the smallest frame: what it is,
// which measurement, which number, and when it left, in the cycles of this machine.
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "bytes.h"
#include "checksum.h"
#include "generate.h"
#include "parse.h"

enum {
	ETHER_TYPE = 12,
	ARP = 14,
	ARP_SIZE = 28,
	ARP_OPERATION = ARP + 6,
	ARP_SENDER_MAC = ARP + 8,
	ARP_SENDER_IPV4 = ARP + 14,
	ARP_REPLY = 2,
	IPV4_PROTOCOL = 14 + 9,
	UDP = 14 + 20,
	UDP_CHECKSUM = UDP + 6,
	STAMP_MARK = PROFILE_STAMP + 2,
	STAMP_NUMBER = STAMP_MARK + 4,
	STAMP_TIME = STAMP_NUMBER + 6,
	STAMP_MAGIC = 0x5047,
};

// Numbers and times are 48 bits wide: a year at 8 million packets a second, a day at 3 GHz.
#define STAMP_MASK ((UINT64_C(1) << 48) - 1)

static void store48(uint8_t *at, uint64_t value)
{
	bytes_store16(at, (uint16_t)(value >> 32));
	bytes_store32(at + 2, (uint32_t)value);
}

static uint64_t load48(const uint8_t *at)
{
	return (uint64_t)bytes_load16(at) << 32 | bytes_load32(at + 2);
}

int generator_init(struct generator *generator, const struct config *config, const uint8_t mac[6],
	uint64_t hz, struct fault *fault)
{
	const struct generate_config *wanted = &config->generate;
	struct fault missing;

	memset(generator, 0, sizeof(*generator));
	histogram_init(&generator->measurement.round_trip);
	if (config_check_mode(config, MODE_GENERATE, &missing) < 0)
		return 0;
	// A mark that nobody can guess keeps strangers' packets out. Should the kernel have none,
	// zero does: it is a mark too.
	if (getrandom(&generator->mark, sizeof(generator->mark), GRND_NONBLOCK) < 0)
		generator->mark = 0;
	generator->hz = hz;
	generator->peer_ipv4 = wanted->peer_ipv4;
	generator->flows = wanted->flows;
	generator->train = wanted->train;
	generator->rate_wanted = wanted->rate;
	memcpy(generator->peer_mac, wanted->peer_mac, sizeof(generator->peer_mac));
	// A capture without a peer leaves as it is.
	generator->peer_known = !mac_is_zero(wanted->peer_mac) || wanted->peer_ipv4 == 0;
	return profile_init(&generator->profile, config, mac, fault);
}

void generator_done(struct generator *generator)
{
	profile_done(&generator->profile);
}

void generator_copy(const struct generator *generator, struct measurement *copy)
{
	const struct measurement *measurement = &generator->measurement;
	uint_fast32_t before;

	// A new measurement begins a few times a second at most, and in microseconds.
	do {
		before = atomic_load(&generator->generation);
		copy->invalid = counter_read(&measurement->invalid);
		copy->stalled = counter_read(&measurement->stalled);
		copy->skipped = counter_read(&measurement->skipped);
		// In this order received <= next <= sent, as each is counted before the one before.
		copy->sequence.received = counter_read(&measurement->sequence.received);
		copy->sequence.duplicates = counter_read(&measurement->sequence.duplicates);
		copy->sequence.reordered = counter_read(&measurement->sequence.reordered);
		copy->sequence.late = counter_read(&measurement->sequence.late);
		atomic_thread_fence(memory_order_acquire);
		copy->sequence.next = counter_read(&measurement->sequence.next);
		atomic_thread_fence(memory_order_acquire);
		copy->sent = counter_read(&measurement->sent);
		histogram_copy(&measurement->round_trip, &copy->round_trip);
		atomic_thread_fence(memory_order_seq_cst);
	} while (before % 2 != 0 || atomic_load(&generator->generation) != before);
}

static void begin(struct generator *generator, uint32_t rate, uint64_t now)
{
	struct measurement *measurement = &generator->measurement;

	atomic_fetch_add(&generator->generation, 1);
	memset(measurement, 0, sizeof(*measurement));
	histogram_init(&measurement->round_trip);
	atomic_fetch_add(&generator->generation, 1);
	// Any odd step visits every mark before one comes back.
	generator->mark += 0x9e3779b9;
	generator->next = (struct generator_place){0};
	generator->owed = 0;
	if (rate != RATE_UNLIMITED)
		pacer_init(&generator->pacer, now, generator->hz, rate, generator->train);
}

void generator_restart(struct generator *generator)
{
	generator->rate = 0;
}

uint32_t generator_due(struct generator *generator, uint64_t now, uint32_t max)
{
	uint32_t wanted =
		(uint32_t)atomic_load_explicit(&generator->rate_wanted, memory_order_relaxed);
	uint32_t trains;

	if (generator->profile.count == 0)
		return 0;
	if (__builtin_expect(wanted != generator->rate, 0)) {
		generator->rate = wanted;
		if (wanted != 0)
			begin(generator, wanted, now);
	}
	if (generator->rate == 0)
		return 0;
	if (generator->rate == RATE_UNLIMITED)
		generator->owed = max;
	if (generator->owed == 0) {
		uint64_t skipped = generator->pacer.skipped;

		trains = pacer_due(&generator->pacer, now, max / generator->train);
		pacer_spend(&generator->pacer, trains);
		generator->owed = trains * generator->train;
		skipped = generator->pacer.skipped - skipped;
		counter_add(&generator->measurement.skipped, skipped * generator->train);
	}
	return generator->owed < max ? generator->owed : max;
}

void generator_write(const struct generator *generator, struct generator_place *place, uint64_t now,
	uint8_t *bytes)
{
	const struct profile_frame *frame = generator_frame(generator, place);
	uint16_t port = PROFILE_PORT_FIRST + place->flow;
	uint16_t checksum;

	if (!mac_is_zero(generator->peer_mac))
		memcpy(bytes, generator->peer_mac, 6);
	if (generator->profile.stamped) {
		bytes_store16(bytes + UDP, port);
		bytes_store16(bytes + PROFILE_STAMP, STAMP_MAGIC);
		bytes_store32(bytes + STAMP_MARK, generator->mark);
		store48(bytes + STAMP_NUMBER, place->number);
		store48(bytes + STAMP_TIME, now);
		checksum = (uint16_t)~checksum_fold(
			checksum_add_bytes((uint64_t)frame->sum + __builtin_bswap16(port),
				bytes + PROFILE_STAMP, PROFILE_STAMP_SIZE));
		// Zero would mean that there is none (RFC 768).
		if (checksum == 0)
			checksum = 0xffff;
		memcpy(bytes + UDP_CHECKSUM, &checksum, sizeof(checksum));
	}
	place->number++;
	if (++place->frame == generator->profile.count)
		place->frame = 0;
	if (++place->flow == generator->flows)
		place->flow = 0;
}

void generator_sent(struct generator *generator, uint32_t count)
{
	struct generator_place *next = &generator->next;

	next->number += count;
	next->frame = (next->frame + count) % generator->profile.count;
	next->flow = (uint16_t)((next->flow + count) % generator->flows);
	generator->owed -= count;
	counter_add(&generator->measurement.sent, count);
	if (generator->owed != 0)
		counter_add(&generator->measurement.stalled, 1);
}

bool generator_take(struct generator *generator, const uint8_t *frame, uint32_t size, uint64_t now)
{
	struct measurement *measurement = &generator->measurement;
	uint64_t number;
	uint64_t round_trip;

	if (size < PROFILE_FRAME_MIN || bytes_load16(frame + PROFILE_STAMP) != STAMP_MAGIC ||
		bytes_load32(frame + STAMP_MARK) != generator->mark ||
		bytes_load16(frame + ETHER_TYPE) != 0x0800 || frame[14] != 0x45 ||
		frame[IPV4_PROTOCOL] != 17)
		return false;
	number = load48(frame + STAMP_NUMBER);
	round_trip = (now - load48(frame + STAMP_TIME)) & STAMP_MASK;
	if (number >= measurement->sent || round_trip >> HISTOGRAM_VALUE_BITS != 0) {
		counter_add(&measurement->invalid, 1);
		return true;
	}
	sequence_add(&measurement->sequence, number);
	histogram_add(&measurement->round_trip, round_trip);
	return true;
}

bool generator_must_ask(struct generator *generator, uint64_t now)
{
	if (atomic_load_explicit(&generator->peer_known, memory_order_relaxed))
		return false;
	if ((int64_t)(now - generator->next_question) < 0)
		return false;
	// Five times a second.
	generator->next_question = now + generator->hz / 5;
	return true;
}

void generator_learn(struct generator *generator, const uint8_t *frame, uint32_t size)
{
	const uint8_t *mac = frame + ARP_SENDER_MAC;

	if (size < ARP + ARP_SIZE || bytes_load16(frame + ETHER_TYPE) != 0x0806 ||
		bytes_load16(frame + ARP_OPERATION) != ARP_REPLY ||
		bytes_load32(frame + ARP_SENDER_IPV4) != generator->peer_ipv4 ||
		(mac[0] & 1) != 0 || mac_is_zero(mac))
		return;
	memcpy(generator->peer_mac, mac, sizeof(generator->peer_mac));
	atomic_store(&generator->peer_known, true);
}
