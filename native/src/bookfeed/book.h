// The order book of one symbol: levels of price and quantity, bids and asks, exact. See book.c for
// how it lies in memory and what the worst case costs. One thread.
#ifndef BOOKFEED_BOOK_H
#define BOOKFEED_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decimal.h"

enum {
	BOOK_WINDOW_MIN = 4096,
	BOOK_WINDOW_MAX = 1 << 20,
	BOOK_WINDOW_DEFAULT = 16384,
	BOOK_LEVELS_DEFAULT = 65536,
};

// Above it, sums of prices in ticks could leave 64 bits.
#define BOOK_PRICE_MAX (INT64_C(1) << 61)

enum book_side { BOOK_BID, BOOK_ASK, BOOK_SIDES };

struct book;

// window: ticks a side in the ladder, a power of two from BOOK_WINDOW_MIN to BOOK_WINDOW_MAX.
// levels_max: levels a side that the book holds beyond the window, 1 or more. -EINVAL, -ENOMEM.
int book_new(uint32_t window, uint32_t levels_max, struct book **book);
void book_free(struct book *book);

// No level is left. The tick is the step that all prices to come are whole multiples of, if they
// are: a price that is none makes the tick smaller by itself, at the cost of laying the book out
// anew.
void book_clear(struct book *book, int64_t tick_units);

// Quantity 0 removes the level; to remove one that is not there is right. -ERANGE: a price below 1
// or above BOOK_PRICE_MAX, or a quantity below 0; -ENOSPC: levels_max levels lie beyond the window
// already. After an error the book is not the venue's any more: clear it.
int book_set(struct book *book, enum book_side side, struct price price, struct quantity quantity);

// Leaves the best count levels of that side.
void book_truncate(struct book *book, enum book_side side, size_t count);

// Multiplies all prices and quantities, as for more decimals. -ERANGE: one would be too large; the
// book is as it was.
int book_rescale(struct book *book, int64_t price_factor, int64_t quantity_factor);

size_t book_count(const struct book *book, enum book_side side);

// In O(1). False if the side is empty, best is then untouched.
bool book_best(const struct book *book, enum book_side side, struct level *best);

// The best levels, best first; how many they are.
size_t book_depth(
	const struct book *book, enum book_side side, struct level *levels, size_t capacity);

// 0 if the level is not there.
struct quantity book_quantity(const struct book *book, enum book_side side, struct price price);

// The best bid is not below the best ask.
bool book_crossed(const struct book *book);

// Every invariant of the layout, in time proportional to the window: for tests and debug builds.
// NULL, or what is wrong.
const char *book_fault(const struct book *book);

#endif
