// The seldom half of sequence.h: gaps, duplicates and packets out of order.
#include <string.h>

#include "sequence.h"

void sequence_init(struct sequence *sequence)
{
	memset(sequence, 0, sizeof(*sequence));
}

// Forgets what the numbers from..to-1 had a window ago.
static void clear_range(struct sequence *sequence, uint64_t from, uint64_t to)
{
	if (to - from >= SEQUENCE_WINDOW) {
		memset(sequence->seen, 0, sizeof(sequence->seen));
		return;
	}
	while (from < to) {
		uint64_t *word = &sequence->seen[from % SEQUENCE_WINDOW / 64];
		uint64_t end = (from | 63) + 1;

		if (from % 64 == 0 && end <= to) {
			*word = 0;
			from = end;
		} else {
			*word &= ~(UINT64_C(1) << from % 64);
			from++;
		}
	}
}

void sequence_add_other(struct sequence *sequence, uint64_t number)
{
	uint64_t *word = &sequence->seen[number % SEQUENCE_WINDOW / 64];
	uint64_t bit = UINT64_C(1) << number % 64;

	if (number >= sequence->next) {
		clear_range(sequence, sequence->next, number + 1);
		counter_add(&sequence->next, number + 1 - sequence->next);
	} else if (sequence->next - number > SEQUENCE_WINDOW) {
		counter_add(&sequence->late, 1);
		return;
	} else if ((*word & bit) != 0) {
		counter_add(&sequence->duplicates, 1);
		return;
	} else {
		counter_add(&sequence->reordered, 1);
	}
	*word |= bit;
	counter_add(&sequence->received, 1);
}
