// The order book's far side: levels beyond the window, and the window's moves.
#include <errno.h>
#include <string.h>

#include "book_inside.h"

// Of a ring of 64-bit words: the highest slot set below that one, going round once.
static int64_t ring_below(
	const uint64_t *words, const uint64_t *summary, int64_t slot, int64_t mask)
{
	int64_t word = slot >> 6, group = word >> 6, groups = mask >> 12;
	uint64_t found = words[word] & ((UINT64_C(1) << (slot & 63)) - 1);

	if (found == 0) {
		uint64_t some = summary[group] & ((UINT64_C(1) << (word & 63)) - 1);

		for (int64_t left = groups + 1; some == 0 && left > 0; left--) {
			group = (group - 1) & groups;
			some = summary[group];
		}
		word = group << 6 | (63 - __builtin_clzll(some));
		found = words[word];
	}
	return word << 6 | (63 - __builtin_clzll(found));
}

static int64_t ring_above(
	const uint64_t *words, const uint64_t *summary, int64_t slot, int64_t mask)
{
	int64_t word = slot >> 6, group = word >> 6, groups = mask >> 12;
	uint64_t found = words[word] & (UINT64_MAX << (slot & 63) << 1);

	if (found == 0) {
		uint64_t some = summary[group] & (UINT64_MAX << (word & 63) << 1);

		for (int64_t left = groups + 1; some == 0 && left > 0; left--) {
			group = (group + 1) & groups;
			some = summary[group];
		}
		word = group << 6 | __builtin_ctzll(some);
		found = words[word];
	}
	return word << 6 | __builtin_ctzll(found);
}

int64_t ladder_below(const struct book *book, const struct ladder *ladder, int64_t key)
{
	int64_t slot = key & book->mask;

	return key -
	       ((slot - ring_below(ladder->words, ladder->summary, slot, book->mask)) & book->mask);
}

int64_t ladder_above(const struct book *book, const struct ladder *ladder, int64_t key)
{
	int64_t slot = key & book->mask;
	int64_t found = ring_above(ladder->words, ladder->summary, slot, book->mask);

	// Once round is the whole window, not nothing: from below its base to its last key.
	return key + 1 + ((found - slot - 1) & book->mask);
}

static void put_near(struct book *book, struct ladder *ladder, int64_t key, int64_t quantity)
{
	ladder->quantities[key & book->mask] = quantity;
	ladder_mark(ladder, key & book->mask);
}

static void clear_near(struct book *book, struct ladder *ladder, int64_t key)
{
	ladder->quantities[key & book->mask] = 0;
	ladder_unmark(ladder, key & book->mask);
}

// The far array grows at its end and shrinks at both: it goes back to the start of its memory when
// that ends, which half of the memory is there to make rare.
static void make_room(struct book *book, struct ladder *ladder)
{
	if (ladder->far_first + ladder->far_count < book->far_capacity)
		return;
	memmove(ladder->far, ladder->far + ladder->far_first,
		ladder->far_count * sizeof(*ladder->far));
	ladder->far_first = 0;
}

// Moves the window up, and the levels that it leaves to the far array.
static void slide_up(struct book *book, struct ladder *ladder, int64_t base)
{
	size_t near = ladder->count - ladder->far_count;
	int64_t key = ladder->base - 1;

	for (; near > 0; near--) {
		key = ladder_above(book, ladder, key);
		if (key >= base)
			break;
		make_room(book, ladder);
		ladder->far[ladder->far_first + ladder->far_count++] =
			(struct far_level){key, ladder->quantities[key & book->mask]};
		clear_near(book, ladder, key);
	}
	ladder->base = base;
}

void book_recentre(struct book *book, struct ladder *ladder)
{
	struct far_level *far = ladder->far + ladder->far_first;

	if (ladder->count == ladder->far_count)
		ladder->best = far[ladder->far_count - 1].key;
	// Three quarters for the levels below the best, one for it to rise.
	ladder->base = ladder->best - book_window(book) / 4 * 3;
	while (ladder->far_count > 0 && far[ladder->far_count - 1].key >= ladder->base) {
		ladder->far_count--;
		put_near(book, ladder, far[ladder->far_count].key, far[ladder->far_count].quantity);
	}
}

// Where the key is in the far array, or would be.
static size_t find_far(const struct ladder *ladder, int64_t key)
{
	const struct far_level *far = ladder->far + ladder->far_first;
	size_t low = 0, high = ladder->far_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (far[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void remove_far(struct ladder *ladder, size_t index)
{
	struct far_level *far = ladder->far + ladder->far_first;

	ladder->far_count--;
	ladder->count--;
	if (index == 0)
		ladder->far_first++;
	else
		memmove(far + index, far + index + 1, (ladder->far_count - index) * sizeof(*far));
}

static int set_below(struct book *book, struct ladder *ladder, int64_t key, int64_t quantity)
{
	size_t index = find_far(ladder, key);
	struct far_level *far = ladder->far + ladder->far_first;

	if (index < ladder->far_count && far[index].key == key) {
		if (quantity == 0)
			remove_far(ladder, index);
		else
			far[index].quantity = quantity;
		return 0;
	}
	if (quantity == 0)
		return 0;
	if (ladder->far_count >= book->levels_max)
		return -ENOSPC;
	make_room(book, ladder);
	far = ladder->far + ladder->far_first;
	memmove(far + index + 1, far + index, (ladder->far_count - index) * sizeof(*far));
	far[index] = (struct far_level){key, quantity};
	ladder->far_count++;
	ladder->count++;
	return 0;
}

int book_far_set(struct book *book, struct ladder *ladder, int64_t key, int64_t quantity)
{
	if (ladder->count > 0 && key < ladder->base)
		return set_below(book, ladder, key, quantity);
	// Nothing lies above the window.
	if (quantity == 0)
		return 0;
	if (ladder->count == 0)
		ladder->base = key - book_window(book) / 4 * 3;
	else
		slide_up(book, ladder, key - book_window(book) / 8 * 7);
	put_near(book, ladder, key, quantity);
	ladder->best = key;
	ladder->count++;
	return ladder->far_count > book->levels_max ? -ENOSPC : 0;
}

void book_drop_worst(struct book *book, struct ladder *ladder)
{
	if (ladder->far_count > 0) {
		remove_far(ladder, 0);
	} else {
		clear_near(book, ladder, ladder_above(book, ladder, ladder->base - 1));
		ladder->count--;
	}
}

void book_truncate(struct book *book, enum book_side side, size_t count)
{
	while (book->sides[side].count > count)
		book_drop_worst(book, &book->sides[side]);
}

// All levels go to the far array, get their keys by the smaller tick, and come back.
int book_refine(struct book *book, int64_t price_units)
{
	int64_t tick = book->tick, rest = price_units, factor;

	while (rest != 0) {
		int64_t next = tick % rest;

		tick = rest;
		rest = next;
	}
	factor = book->tick / tick;
	for (int side = 0; side < BOOK_SIDES; side++) {
		struct ladder *ladder = &book->sides[side];

		if (ladder->count == 0)
			continue;
		slide_up(book, ladder, ladder->best + 1);
		for (size_t i = 0; i < ladder->far_count; i++)
			ladder->far[ladder->far_first + i].key *= factor;
		book_recentre(book, ladder);
	}
	book_set_tick(book, tick);
	for (int side = 0; side < BOOK_SIDES; side++)
		if (book->sides[side].far_count > book->levels_max)
			return -ENOSPC;
	return 0;
}
