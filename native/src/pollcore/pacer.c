// See pacer.h. A part of a cycle is so small that an hour at full rate drifts by microseconds, and
// so large that the interval of the slowest rate fits into 64 bits.
#include "pacer.h"

void pacer_init(struct pacer *pacer, uint64_t now, uint64_t hz, uint64_t rate, uint32_t train)
{
	unsigned __int128 parts = (unsigned __int128)hz * train << PACER_PART_BITS;
	uint64_t interval = (uint64_t)(parts / rate);

	// A train can be due in every cycle, not more often.
	if (interval >> PACER_PART_BITS == 0)
		interval = UINT64_C(1) << PACER_PART_BITS;
	*pacer = (struct pacer){.next = now, .interval = interval};
}

static void advance(struct pacer *pacer, uint64_t trains)
{
	unsigned __int128 parts = (unsigned __int128)trains * pacer->interval + pacer->part;

	pacer->next += (uint64_t)(parts >> PACER_PART_BITS);
	pacer->part = (uint64_t)parts & ((UINT64_C(1) << PACER_PART_BITS) - 1);
}

void pacer_spend(struct pacer *pacer, uint32_t trains)
{
	advance(pacer, trains);
}

uint32_t pacer_due(struct pacer *pacer, uint64_t now, uint32_t max)
{
	// The cycles that PACER_BACKLOG_MAX intervals take.
	uint64_t limit = pacer->interval / ((UINT64_C(1) << PACER_PART_BITS) / PACER_BACKLOG_MAX);
	uint64_t behind = now - pacer->next;
	uint64_t due;

	if ((int64_t)behind < 0)
		return 0;
	if (behind >= limit) {
		unsigned __int128 parts = (unsigned __int128)(behind - limit) << PACER_PART_BITS;
		uint64_t skip = (uint64_t)(parts / pacer->interval) + 1;

		pacer->skipped += skip;
		advance(pacer, skip);
		behind = now - pacer->next;
	}
	due = (behind << PACER_PART_BITS) / pacer->interval + 1;
	return due < max ? (uint32_t)due : max;
}
