// See generate.h. The stamp of a packet fills the UDP payload of the smallest frame: what it is,
// which measurement, which number, and when it left, in the cycles of this machine.
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "generate.h"
#include "parse.h"

enum {
	ETHER_TYPE = 12,
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

void generators_init(struct generator *generators, struct traffic *traffic)
{
	for (uint16_t i = 0; i < traffic->queues; i++) {
		struct generator *generator = &generators[i];

		memset(generator, 0, sizeof(*generator));
		generator->traffic = traffic;
		generator->all = generators;
		generator->queue = i;
		histogram_init(&generator->tally.round_trip);
	}
}

static void begin(struct generator *generator, uint64_t now)
{
	const struct traffic *traffic = generator->traffic;
	struct tally *tally = &generator->tally;
	uint32_t number = order_number(generator->order);

	atomic_fetch_add(&generator->generation, 1);
	tally->sent = tally->invalid = tally->stalled = tally->skipped = 0;
	histogram_init(&tally->round_trip);
	for (uint16_t i = 0; i < traffic->queues; i++)
		sequence_init(&tally->sequences[i]);
	__atomic_store_n(&generator->number, number, __ATOMIC_RELAXED);
	atomic_fetch_add(&generator->generation, 1);
	generator->mark = traffic_mark(traffic, number);
	generator->next = (struct generator_place){0};
	generator->owed = 0;
	memset(generator->known_to_leave, 0, sizeof(generator->known_to_leave));
	__atomic_store_n(&generator->promised, 0, __ATOMIC_RELEASE);
	if (generator->rate != RATE_UNLIMITED && generator->rate != 0)
		pacer_init(&generator->pacer, now, traffic->hz, generator->rate, traffic->train);
}

static __attribute__((noinline)) void obey(
	struct generator *generator, uint64_t order, uint64_t now)
{
	bool anew = order_number(order) != order_number(generator->order);

	generator->order = order;
	generator->rate =
		traffic_share(order_rate(order), generator->queue, generator->traffic->queues);
	if (anew)
		begin(generator, now);
}

static inline void obey_order(struct generator *generator, uint64_t now)
{
	uint64_t order = atomic_load_explicit(&generator->traffic->order, memory_order_relaxed);

	if (__builtin_expect(order != generator->order, 0))
		obey(generator, order, now);
}

uint32_t generator_due(struct generator *generator, uint64_t now, uint32_t max)
{
	uint32_t train = generator->traffic->train;
	uint32_t trains;

	if (generator->traffic->profile.count == 0)
		return 0;
	obey_order(generator, now);
	if (generator->rate == 0)
		return 0;
	if (generator->rate == RATE_UNLIMITED)
		generator->owed = max;
	if (generator->owed == 0) {
		uint64_t skipped = generator->pacer.skipped;

		trains = pacer_due(&generator->pacer, now, max / train);
		pacer_spend(&generator->pacer, trains);
		generator->owed = trains * train;
		skipped = generator->pacer.skipped - skipped;
		counter_add(&generator->tally.skipped, skipped * train);
	}
	return generator->owed < max ? generator->owed : max;
}

void generator_write(const struct generator *generator, struct generator_place *place, uint64_t now,
	uint8_t *bytes)
{
	const struct traffic *traffic = generator->traffic;
	const struct profile_frame *frame = generator_frame(generator, place);
	uint16_t port = PROFILE_PORT_FIRST + place->flow;
	uint16_t checksum = 0;

	if (!mac_is_zero(traffic->peer_mac))
		memcpy(bytes, traffic->peer_mac, 6);
	if (traffic->profile.stamped) {
		bytes_store16(bytes + UDP, port);
		bytes_store16(bytes + PROFILE_STAMP, STAMP_MAGIC);
		bytes_store32(bytes + STAMP_MARK, generator->mark + generator->queue);
		store48(bytes + STAMP_NUMBER, place->number);
		store48(bytes + STAMP_TIME, now);
		if (!traffic->checksum_by_device)
			checksum = (uint16_t)~checksum_fold(
				checksum_add_bytes((uint64_t)frame->sum + __builtin_bswap16(port),
					bytes + PROFILE_STAMP, PROFILE_STAMP_SIZE));
		// Zero would mean that there is none (RFC 768).
		if (checksum == 0)
			checksum = 0xffff;
		memcpy(bytes + UDP_CHECKSUM, &checksum, sizeof(checksum));
	}
	place->number++;
	if (++place->frame == traffic->profile.count)
		place->frame = 0;
	if (++place->flow == traffic->flows)
		place->flow = 0;
}

void generator_sent(struct generator *generator, uint32_t count)
{
	const struct traffic *traffic = generator->traffic;
	struct generator_place *next = &generator->next;

	next->number += count;
	next->frame = (next->frame + count) % traffic->profile.count;
	next->flow = (uint16_t)((next->flow + count) % traffic->flows);
	generator->owed -= count;
	counter_add(&generator->tally.sent, count);
	if (generator->owed != 0)
		counter_add(&generator->tally.stalled, 1);
}

// Whether that queue may have sent a packet with this number. What it last told is kept, so that
// its cache line is not asked for with every packet.
static bool was_promised(struct generator *generator, uint32_t sender, uint64_t number)
{
	if (number >= generator->known_to_leave[sender])
		generator->known_to_leave[sender] =
			__atomic_load_n(&generator->all[sender].promised, __ATOMIC_ACQUIRE);
	return number < generator->known_to_leave[sender];
}

bool generator_take(struct generator *generator, const uint8_t *frame, uint32_t size, uint64_t now)
{
	struct tally *tally = &generator->tally;
	uint32_t sender;
	uint64_t number;
	uint64_t round_trip;

	if (size < PROFILE_FRAME_MIN || bytes_load16(frame + PROFILE_STAMP) != STAMP_MAGIC ||
		bytes_load16(frame + ETHER_TYPE) != 0x0800 || frame[14] != 0x45 ||
		frame[IPV4_PROTOCOL] != 17)
		return false;
	sender = bytes_load32(frame + STAMP_MARK) - generator->mark;
	if (__builtin_expect(sender >= generator->traffic->queues, 0)) {
		// Another queue may have begun the next measurement before this one.
		obey_order(generator, now);
		sender = bytes_load32(frame + STAMP_MARK) - generator->mark;
		if (sender >= generator->traffic->queues)
			return false;
	}
	number = load48(frame + STAMP_NUMBER);
	round_trip = (now - load48(frame + STAMP_TIME)) & STAMP_MASK;
	if (!was_promised(generator, sender, number) || round_trip >> HISTOGRAM_VALUE_BITS != 0) {
		counter_add(&tally->invalid, 1);
		return true;
	}
	sequence_add(&tally->sequences[sender], number);
	histogram_add(&tally->round_trip, round_trip);
	return true;
}

bool generator_must_ask(struct generator *generator, uint64_t now)
{
	if (generator->queue != 0 || traffic_peer_known(generator->traffic))
		return false;
	if ((int64_t)(now - generator->next_question) < 0)
		return false;
	// Five times a second.
	generator->next_question = now + generator->traffic->hz / 5;
	return true;
}
