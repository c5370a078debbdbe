// A naive book beside the real one: a plain array a side that is searched from end to end.
#ifndef TEST_NAIVE_BOOK_H
#define TEST_NAIVE_BOOK_H

#include <string.h>

#include "book.h"

enum { NAIVE_MAX = 20000 };

struct naive {
	struct level levels[NAIVE_MAX]; // best first
	size_t count;
};

static struct naive naive[BOOK_SIDES];
static struct level seen[NAIVE_MAX];

static inline bool better(enum book_side side, int64_t a, int64_t b)
{
	return side == BOOK_BID ? a > b : a < b;
}

static inline void naive_set(enum book_side side, int64_t price, int64_t quantity)
{
	struct naive *one = &naive[side];
	size_t i = 0;

	while (i < one->count && better(side, one->levels[i].price.units, price))
		i++;
	if (i < one->count && one->levels[i].price.units == price) {
		if (quantity > 0) {
			one->levels[i].quantity.units = quantity;
			return;
		}
		one->count--;
		memmove(one->levels + i, one->levels + i + 1,
			(one->count - i) * sizeof(struct level));
	} else if (quantity > 0) {
		memmove(one->levels + i + 1, one->levels + i,
			(one->count - i) * sizeof(struct level));
		one->levels[i] = (struct level){{price}, {quantity}};
		one->count++;
	}
}

// The same levels in the same order, the same best, and a sound layout.
static inline bool same(const struct book *book)
{
	for (int side = 0; side < BOOK_SIDES; side++) {
		const struct naive *one = &naive[side];
		struct level best = {{-1}, {-1}};
		size_t count = book_depth(book, side, seen, NAIVE_MAX);
		bool any = book_best(book, side, &best);

		if (count != one->count || book_count(book, side) != count || any != (count > 0))
			return false;
		if (memcmp(seen, one->levels, count * sizeof(seen[0])) != 0)
			return false;
		if (any && memcmp(&best, &one->levels[0], sizeof(best)) != 0)
			return false;
	}
	return book_fault(book) == NULL;
}

#endif
