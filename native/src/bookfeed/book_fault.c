// Whether a book lies in memory as it must: for tests and debug builds.
#include <string.h>

#include "book_inside.h"

static const char *far_fault(const struct book *book, const struct ladder *ladder)
{
	const struct far_level *far = ladder->far + ladder->far_first;

	if (ladder->far_first + ladder->far_count > book->far_capacity)
		return "the far levels leave their memory";
	for (size_t i = 0; i < ladder->far_count; i++) {
		if (far[i].quantity <= 0)
			return "a far level without quantity";
		if (i > 0 && far[i - 1].key >= far[i].key)
			return "far levels that are not in order";
		if (far[i].key >= ladder->base)
			return "a far level inside the window";
	}
	return NULL;
}

static const char *near_fault(const struct book *book, const struct ladder *ladder)
{
	size_t levels = 0;

	for (int64_t slot = 0; slot <= book->mask; slot++) {
		bool marked = ladder->words[slot >> 6] >> (slot & 63) & 1;

		if (ladder->quantities[slot] < 0)
			return "a level with a negative quantity";
		if (marked != (ladder->quantities[slot] != 0))
			return "a bit that differs from its quantity";
		levels += marked;
	}
	for (int64_t word = 0; word <= book->mask >> 6; word++)
		if ((ladder->summary[word >> 6] >> (word & 63) & 1) != (ladder->words[word] != 0))
			return "a summary that differs from its word";
	if (levels != ladder->count - ladder->far_count)
		return "a count that differs from the levels";
	if (levels == 0)
		return ladder->count > 0 ? "levels, but none in the window" : NULL;
	if (!ladder_has(book, ladder, ladder->best) ||
		ladder->quantities[ladder->best & book->mask] == 0)
		return "a best price without a level";
	if (levels > 1 && ladder_above(book, ladder, ladder->best) > ladder->best &&
		ladder_has(book, ladder, ladder_above(book, ladder, ladder->best)))
		return "a level better than the best";
	return NULL;
}

const char *book_fault(const struct book *book)
{
	const char *fault = NULL;

	for (int side = 0; side < BOOK_SIDES && fault == NULL; side++) {
		fault = far_fault(book, &book->sides[side]);
		if (fault == NULL)
			fault = near_fault(book, &book->sides[side]);
	}
	return fault;
}
