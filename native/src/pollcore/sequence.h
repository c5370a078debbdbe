// Tells from the numbers of packets that come back which are lost, doubled or out of order. Looks
// back over a window of fixed size, so its memory and its time are bounded whatever arrives.
#ifndef POLLCORE_SEQUENCE_H
#define POLLCORE_SEQUENCE_H

#include <stdint.h>

#include "counter.h"

enum { SEQUENCE_WINDOW = 1 << 16 };

// One writer, any reader. Missing up to now: next - received. What is still missing long after the
// last packet was sent is lost.
struct sequence {
	uint64_t next;       // one more than the highest number seen
	uint64_t received;   // different numbers seen
	uint64_t duplicates; // numbers seen before
	uint64_t reordered;  // of those received: after a higher number (RFC 4737)
	uint64_t late; // too far behind to tell a duplicate from a late packet; not in received
	uint64_t seen[SEQUENCE_WINDOW / 64]; // a bit for each number of the window before next
};

void sequence_init(struct sequence *sequence);

// Number leaps or falls back: what sequence_add() does when it is not the next one.
void sequence_add_other(struct sequence *sequence, uint64_t number);

// A packet with this number has come. Whether the number was ever sent is for the caller to check.
static inline void sequence_add(struct sequence *sequence, uint64_t number)
{
	if (__builtin_expect(number != sequence->next, 0)) {
		sequence_add_other(sequence, number);
		return;
	}
	sequence->seen[number % SEQUENCE_WINDOW / 64] |= UINT64_C(1) << number % 64;
	counter_add(&sequence->next, 1);
	counter_add(&sequence->received, 1);
}

#endif
