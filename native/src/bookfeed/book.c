// The order book's near side: what every update touches.
//
// Each side is a ladder: an array of quantities with one slot a tick, over a window of some
// thousand ticks that follows the best price. A key is the price in ticks, negated for asks, so
// that on both sides the best level has the highest key and one code serves both. The array is a
// ring (slot = key modulo the window), so the window moves without moving a level. A bit for each
// slot says whether it has a level, and a summary has a bit for each word of these that is not
// zero. The best key is kept.
//
//	far levels, sorted by key        | window: base … base + window - 1          |
//	(key, quantity) (key, quantity)  | 0 0 5 0 0 0 7 7 0 1 9 [best] 0 0 0 0 0 0 0|
//
// An update in the window reads and writes one quantity. If a level comes or goes, it also sets one
// bit, and the summary's when its word changes between zero and not. Only when the best level goes,
// the next is searched: in its word, then by the summary, at most window / 4096 words of it. A best
// price that is better than before costs a comparison. Dividing a price by the tick is one
// multiplication, since it divides exactly; a price that it does not divide is noticed by the same
// multiplication.
//
// Levels worse than the window are kept as well, in a sorted array beyond it: a binary search, and
// moving those above to put one in. Nothing lies above the window: a better price than it covers
// moves it. When the best falls into the lowest quarter, the window moves down and takes levels in
// again.
//
// The worst case is a price far above all others that comes and goes: each time the whole window,
// at most all its levels, moves to the far array and back. That is a few nanoseconds a level, in
// order, and the price of never showing a wrong level; a price that wanders moves the window once
// in a quarter of its ticks. A price that is no multiple of the tick lays the book out anew, once
// for each smaller tick, of which there can be sixty before the tick is one unit.
//
// Where a side lies: quantities 8 bytes a tick (128 KB at the default of 16384), bits 2 KB, summary
// 32 bytes. Updates near the best price touch few lines of these, and the rest stays out of the
// cache.
#include "book.h"

#include <errno.h>

#include "book_inside.h"

#ifdef BOOK_CHECKED
#include <stdio.h>
#include <stdlib.h>

// What is cheap enough for every update of a debug build.
static void check(const struct book *book, const struct ladder *ladder)
{
	bool right = ladder->far_count <= ladder->count;

	if (ladder->count > 0)
		right = right && ladder_has(book, ladder, ladder->best) &&
			ladder->quantities[ladder->best & book->mask] > 0;
	if (ladder->far_count > 0)
		right = right &&
			ladder->far[ladder->far_first + ladder->far_count - 1].key < ladder->base;
	if (!right) {
		fprintf(stderr, "book: an update broke the layout: %s\n", book_fault(book));
		abort();
	}
}
#else
static inline void check(const struct book *book, const struct ladder *ladder)
{
	(void)book;
	(void)ladder;
}
#endif

static inline void remove_near(struct book *book, struct ladder *ladder, int64_t key)
{
	ladder->quantities[key & book->mask] = 0;
	ladder_unmark(ladder, key & book->mask);
	ladder->count--;
	if (key != ladder->best)
		return;
	if (ladder->count > ladder->far_count)
		ladder->best = ladder_below(book, ladder, key);
	if (ladder->far_count > 0 && (ladder->count == ladder->far_count ||
					     ladder->best - ladder->base < book_window(book) / 4))
		book_recentre(book, ladder);
}

static inline void set_near(struct book *book, struct ladder *ladder, int64_t key, int64_t quantity)
{
	int64_t *at = &ladder->quantities[key & book->mask];

	if (*at == 0) {
		if (quantity == 0)
			return;
		ladder_mark(ladder, key & book->mask);
		if (ladder->count++ == 0 || key > ladder->best)
			ladder->best = key;
	} else if (quantity == 0) {
		remove_near(book, ladder, key);
		return;
	}
	*at = quantity;
}

// False: the tick does not divide the price.
static inline bool in_ticks(const struct book *book, int64_t units, int64_t *ticks)
{
	uint64_t quotient = (uint64_t)(units >> book->twos) * book->inverse;

	*ticks = (int64_t)quotient;
	return (units & book->twos_mask) == 0 && quotient <= book->limit;
}

int book_set(struct book *book, enum book_side side, struct price price, struct quantity quantity)
{
	struct ladder *ladder = &book->sides[side];
	int64_t ticks, key;
	int status = 0;

	if (price.units < 1 || price.units > BOOK_PRICE_MAX || quantity.units < 0)
		return -ERANGE;
	if (__builtin_expect(!in_ticks(book, price.units, &ticks), 0)) {
		if (quantity.units == 0)
			return 0;
		status = book_refine(book, price.units);
		if (status != 0)
			return status;
		in_ticks(book, price.units, &ticks);
	}
	key = book_key(side, ticks);
	if (__builtin_expect(ladder_has(book, ladder, key) && ladder->count > 0, 1))
		set_near(book, ladder, key, quantity.units);
	else
		status = book_far_set(book, ladder, key, quantity.units);
	check(book, ladder);
	return status;
}

size_t book_count(const struct book *book, enum book_side side)
{
	return book->sides[side].count;
}

static struct level level_at(const struct book *book, int64_t key, int64_t quantity)
{
	return (struct level){{(key < 0 ? -key : key) * book->tick}, {quantity}};
}

bool book_best(const struct book *book, enum book_side side, struct level *best)
{
	const struct ladder *ladder = &book->sides[side];

	if (ladder->count == 0)
		return false;
	*best = level_at(book, ladder->best, ladder->quantities[ladder->best & book->mask]);
	return true;
}

size_t book_depth(
	const struct book *book, enum book_side side, struct level *levels, size_t capacity)
{
	const struct ladder *ladder = &book->sides[side];
	size_t near = ladder->count - ladder->far_count, count = 0, far = ladder->far_count;
	int64_t key = ladder->best;

	for (; count < near && count < capacity; count++) {
		if (count > 0)
			key = ladder_below(book, ladder, key);
		levels[count] = level_at(book, key, ladder->quantities[key & book->mask]);
	}
	for (; count < capacity && far > 0; count++) {
		const struct far_level *at = &ladder->far[ladder->far_first + --far];

		levels[count] = level_at(book, at->key, at->quantity);
	}
	return count;
}

bool book_crossed(const struct book *book)
{
	const struct ladder *bids = &book->sides[BOOK_BID], *asks = &book->sides[BOOK_ASK];

	return bids->count > 0 && asks->count > 0 && bids->best >= -asks->best;
}
