// A plain book to compare with, and a plain reader of levels: sorted arrays, 128-bit numbers of 18
// decimals, and text searched with strstr. Shares no code with what it checks.
#ifndef TEST_REFERENCE_H
#define TEST_REFERENCE_H

#include <stdlib.h>

#include "check.h"
#include "feed.h"

enum { REFERENCE_MAX = 40000 };

struct reference_level {
	__int128 price;
	__int128 quantity;
};

struct reference {
	struct reference_level levels[BOOK_SIDES][REFERENCE_MAX]; // best first
	size_t count[BOOK_SIDES];
};

static inline __int128 reference_number(const char *text, const char **after)
{
	__int128 number = 0;
	int decimals = -1;

	for (; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
		if (*text == '.') {
			decimals = 0;
			continue;
		}
		number = number * 10 + (*text - '0');
		decimals += decimals >= 0;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < 18; i++)
		number *= 10;
	*after = text;
	return number;
}

static inline void reference_set(
	struct reference *reference, int side, __int128 price, __int128 quantity)
{
	struct reference_level *levels = reference->levels[side];
	size_t *count = &reference->count[side], low = 0, high = *count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (side == BOOK_BID ? levels[middle].price > price : levels[middle].price < price)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < *count && levels[low].price == price) {
		levels[low].quantity = quantity;
		if (quantity == 0) {
			--*count;
			memmove(levels + low, levels + low + 1, (*count - low) * sizeof(*levels));
		}
	} else if (quantity != 0) {
		memmove(levels + low + 1, levels + low, (*count - low) * sizeof(*levels));
		levels[low] = (struct reference_level){price, quantity};
		++*count;
	}
}

// Every ["price","quantity"… behind the key, as in "bids":[[…]]; nothing if the key is not there.
static inline void reference_read(
	struct reference *reference, int side, const char *text, const char *end, const char *key)
{
	size_t size = strlen(key);

	for (; text + size < end && memcmp(text, key, size) != 0; text++)
		;
	for (text += size; text < end && text[0] == '[' && text[1] == '"'; text++) {
		__int128 price = reference_number(text + 2, &text);

		reference_set(reference, side, price, reference_number(text + 3, &text));
		while (*text != ']')
			text++;
		if (text[1] == ']')
			break;
		text++;
	}
}

// All levels, in order, exactly.
static inline bool reference_equal(const struct reference *reference, const struct book *book,
	const struct feed_symbol *symbol)
{
	static struct level levels[REFERENCE_MAX];
	__int128 price_factor = 1, quantity_factor = 1;

	for (uint32_t i = symbol->price_decimals; i < 18; i++)
		price_factor *= 10;
	for (uint32_t i = symbol->quantity_decimals; i < 18; i++)
		quantity_factor *= 10;
	for (int side = 0; side < BOOK_SIDES; side++) {
		size_t count = book_depth(book, side, levels, REFERENCE_MAX);

		if (count != reference->count[side])
			return false;
		for (size_t i = 0; i < count; i++)
			if (levels[i].price.units * price_factor !=
					reference->levels[side][i].price ||
				levels[i].quantity.units * quantity_factor !=
					reference->levels[side][i].quantity)
				return false;
	}
	return true;
}

#endif
