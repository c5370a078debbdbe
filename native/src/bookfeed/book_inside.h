// How a book lies in memory; see the essay in book.c. For book*.c alone.
#ifndef BOOKFEED_BOOK_INSIDE_H
#define BOOKFEED_BOOK_INSIDE_H

#include "book.h"

// A level beyond the window.
struct far_level {
	int64_t key;
	int64_t quantity;
};

struct ladder {
	int64_t base;          // lowest key of the window
	int64_t best;          // highest key that has a level; means nothing while count is 0
	size_t count;          // levels, near and far
	int64_t *quantities;   // by slot; 0: no level
	uint64_t *words;       // by slot: a bit for each level
	uint64_t *summary;     // by word: a bit for each that is not 0
	struct far_level *far; // ascending keys, all below base
	size_t far_first;
	size_t far_count;
};

struct book {
	int64_t mask;      // slot = key & mask
	int64_t tick;      // units of price
	uint64_t inverse;  // of the tick's odd part
	uint64_t limit;    // UINT64_MAX / that odd part
	int64_t twos_mask; // the tick's trailing zero bits
	int twos;
	size_t levels_max;
	size_t far_capacity;
	struct ladder sides[BOOK_SIDES];
};

// A key is a price in ticks for bids, and its negative for asks: the best has the highest key.
static inline int64_t book_key(enum book_side side, int64_t ticks)
{
	return side == BOOK_BID ? ticks : -ticks;
}

static inline int64_t book_window(const struct book *book)
{
	return book->mask + 1;
}

static inline bool ladder_has(const struct book *book, const struct ladder *ladder, int64_t key)
{
	return (uint64_t)(key - ladder->base) <= (uint64_t)book->mask;
}

static inline void ladder_mark(struct ladder *ladder, int64_t slot)
{
	ladder->words[slot >> 6] |= UINT64_C(1) << (slot & 63);
	ladder->summary[slot >> 12] |= UINT64_C(1) << (slot >> 6 & 63);
}

static inline void ladder_unmark(struct ladder *ladder, int64_t slot)
{
	ladder->words[slot >> 6] &= ~(UINT64_C(1) << (slot & 63));
	if (ladder->words[slot >> 6] == 0)
		ladder->summary[slot >> 12] &= ~(UINT64_C(1) << (slot >> 6 & 63));
}

// The nearest key below, or above, that has a level in the window; there must be one.
int64_t ladder_below(const struct book *book, const struct ladder *ladder, int64_t key);
int64_t ladder_above(const struct book *book, const struct ladder *ladder, int64_t key);

// For a key outside the window, or whose side is empty.
int book_far_set(struct book *book, struct ladder *ladder, int64_t key, int64_t quantity);

// Moves the window so that it ends where the best says, and takes in what it then covers.
void book_recentre(struct book *book, struct ladder *ladder);

// Takes the level with the lowest key away; there must be one.
void book_drop_worst(struct book *book, struct ladder *ladder);

// Makes the tick so small that the price is a whole multiple.
int book_refine(struct book *book, int64_t price_units);

void book_set_tick(struct book *book, int64_t tick_units);

#endif
