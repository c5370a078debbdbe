// The order book's memory and scale: what is not done at every update.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "book_inside.h"

static size_t words_of(const struct book *book)
{
	return (size_t)book_window(book) / 64;
}

static int ladder_init(const struct book *book, struct ladder *ladder)
{
	ladder->quantities = calloc((size_t)book_window(book), sizeof(*ladder->quantities));
	ladder->words = calloc(words_of(book), sizeof(*ladder->words));
	ladder->summary = calloc(words_of(book) / 64, sizeof(*ladder->summary));
	ladder->far = malloc(book->far_capacity * sizeof(*ladder->far));
	return ladder->quantities != NULL && ladder->words != NULL && ladder->summary != NULL &&
			       ladder->far != NULL
		       ? 0
		       : -ENOMEM;
}

int book_new(uint32_t window, uint32_t levels_max, struct book **book)
{
	struct book *made;

	if (window < BOOK_WINDOW_MIN || window > BOOK_WINDOW_MAX || (window & (window - 1)) != 0 ||
		levels_max == 0)
		return -EINVAL;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	made->mask = (int64_t)window - 1;
	made->levels_max = levels_max;
	// For all levels of a full window beyond a full far array, and half as much again.
	made->far_capacity = ((size_t)window + levels_max) * 3 / 2;
	book_set_tick(made, 1);
	for (int side = 0; side < BOOK_SIDES; side++)
		if (ladder_init(made, &made->sides[side]) != 0) {
			book_free(made);
			return -ENOMEM;
		}
	*book = made;
	return 0;
}

void book_free(struct book *book)
{
	if (book == NULL)
		return;
	for (int side = 0; side < BOOK_SIDES; side++) {
		free(book->sides[side].quantities);
		free(book->sides[side].words);
		free(book->sides[side].summary);
		free(book->sides[side].far);
	}
	free(book);
}

void book_set_tick(struct book *book, int64_t tick_units)
{
	uint64_t odd, inverse;

	book->tick = tick_units;
	book->twos = __builtin_ctzll((uint64_t)tick_units);
	book->twos_mask = (INT64_C(1) << book->twos) - 1;
	odd = (uint64_t)tick_units >> book->twos;
	inverse = odd; // right in its low 3 bits; each step doubles them
	for (int i = 0; i < 5; i++)
		inverse *= 2 - odd * inverse;
	book->inverse = inverse;
	book->limit = UINT64_MAX / odd;
}

void book_clear(struct book *book, int64_t tick_units)
{
	for (int side = 0; side < BOOK_SIDES; side++) {
		struct ladder *ladder = &book->sides[side];

		memset(ladder->quantities, 0,
			(size_t)book_window(book) * sizeof(*ladder->quantities));
		memset(ladder->words, 0, words_of(book) * sizeof(*ladder->words));
		memset(ladder->summary, 0, words_of(book) / 64 * sizeof(*ladder->summary));
		ladder->count = 0;
		ladder->far_first = 0;
		ladder->far_count = 0;
	}
	book_set_tick(book, tick_units);
}

// The highest price and quantity of a side.
static void find_largest(
	const struct book *book, const struct ladder *ladder, int64_t *price, int64_t *quantity)
{
	size_t near = ladder->count - ladder->far_count;
	int64_t key = ladder->best + 1;

	for (size_t i = 0; i < ladder->count; i++) {
		int64_t found;

		if (i < near) {
			key = ladder_below(book, ladder, key);
			found = ladder->quantities[key & book->mask];
		} else {
			key = ladder->far[ladder->far_first + i - near].key;
			found = ladder->far[ladder->far_first + i - near].quantity;
		}
		if ((key < 0 ? -key : key) * book->tick > *price)
			*price = (key < 0 ? -key : key) * book->tick;
		if (found > *quantity)
			*quantity = found;
	}
}

int book_rescale(struct book *book, int64_t price_factor, int64_t quantity_factor)
{
	int64_t price = 0, quantity = 0, tick;

	for (int side = 0; side < BOOK_SIDES; side++)
		find_largest(book, &book->sides[side], &price, &quantity);
	if (price_factor < 1 || quantity_factor < 1 || price > BOOK_PRICE_MAX / price_factor ||
		quantity > INT64_MAX / quantity_factor ||
		__builtin_mul_overflow(book->tick, price_factor, &tick))
		return -ERANGE;
	for (int side = 0; side < BOOK_SIDES; side++) {
		struct ladder *ladder = &book->sides[side];

		for (int64_t slot = 0; slot <= book->mask; slot++)
			ladder->quantities[slot] *= quantity_factor;
		for (size_t i = 0; i < ladder->far_count; i++)
			ladder->far[ladder->far_first + i].quantity *= quantity_factor;
	}
	book_set_tick(book, tick);
	return 0;
}

struct quantity book_quantity(const struct book *book, enum book_side side, struct price price)
{
	const struct ladder *ladder = &book->sides[side];
	int64_t key = book_key(side, price.units / book->tick);

	if (price.units < 1 || price.units % book->tick != 0 || ladder->count == 0)
		return (struct quantity){0};
	if (ladder_has(book, ladder, key))
		return (struct quantity){ladder->quantities[key & book->mask]};
	for (size_t i = 0; i < ladder->far_count; i++)
		if (ladder->far[ladder->far_first + i].key == key)
			return (struct quantity){ladder->far[ladder->far_first + i].quantity};
	return (struct quantity){0};
}
