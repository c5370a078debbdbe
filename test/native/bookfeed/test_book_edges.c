// book*.c where its window ends: few levels, at prices beside the window's edges and its words' and
// groups' edges, against the naive reference.
#include <errno.h>

#include "book_inside.h"
#include "check.h"
#include "naive_book.h"
#include "random.h"

enum { WINDOW = BOOK_WINDOW_MIN, LEVELS_MAX = 50, ROUNDS = 500, STEPS = 60 };

// From the window's base.
static const int64_t offsets[] = {-WINDOW, 0, 63, 512, 1023, 2047, WINDOW / 4 * 3, WINDOW / 8 * 7,
	WINDOW - 1, WINDOW, WINDOW + 63, 2 * WINDOW - 1};

static uint64_t state;

static uint64_t below(uint64_t limit)
{
	return random_next(&state) % limit;
}

static void truncate_both(struct book *book, enum book_side side)
{
	size_t count = below(4);

	book_truncate(book, side, count);
	if (naive[side].count > count)
		naive[side].count = count;
}

static bool rescale_both(struct book *book)
{
	int64_t price = 1 + (int64_t)below(3), quantity = 1 + (int64_t)below(3);

	if (book_rescale(book, price, quantity) != 0)
		return false;
	for (int side = 0; side < BOOK_SIDES; side++)
		for (size_t i = 0; i < naive[side].count; i++) {
			naive[side].levels[i].price.units *= price;
			naive[side].levels[i].quantity.units *= quantity;
		}
	return true;
}

static int set_both(struct book *book, enum book_side side, int64_t price, int64_t quantity)
{
	naive_set(side, price, quantity);
	return book_set(book, side, (struct price){price}, (struct quantity){quantity});
}

// At an edge, and seldom at a price that makes the tick finer.
static int64_t some_price(const struct book *book, enum book_side side)
{
	const struct ladder *ladder = &book->sides[side];
	int64_t base = ladder->count > 0 ? ladder->base : book_key(side, 200000);
	int64_t key = base + offsets[below(sizeof(offsets) / sizeof(offsets[0]))];
	int64_t price = book_key(side, key + (int64_t)below(3) - 1) * book->tick;

	return below(16) == 0 ? price + (int64_t)below((uint64_t)book->tick) : price;
}

// 0, or -ENOSPC: the book is to be given up. Anything else is wrong.
static int step(struct book *book)
{
	enum book_side side = below(2);
	uint64_t what = below(16);
	int64_t price = some_price(book, side);

	if (what == 0)
		truncate_both(book, side);
	else if (what == 1)
		return rescale_both(book) ? 0 : -ERANGE;
	else if (what < 8 && naive[side].count > 0)
		return set_both(book, side,
			naive[side].levels[below(2) * below(naive[side].count)].price.units, 0);
	else if (price > 0)
		return set_both(book, side, price, (int64_t)below(5));
	return 0;
}

static void few_levels(void)
{
	bool right = true;

	for (uint64_t seed = 1; seed <= ROUNDS && right; seed++) {
		struct book *book = NULL;
		int status = 0;

		CHECK_EQUAL(book_new(WINDOW, LEVELS_MAX, &book), 0);
		state = seed;
		book_clear(book, INT64_C(1) << below(4));
		naive[BOOK_BID].count = naive[BOOK_ASK].count = 0;
		for (int i = 0; i < STEPS && status == 0 && right; i++) {
			status = step(book);
			right = status == -ENOSPC || (status == 0 && same(book));
		}
		if (!right)
			printf("# seed %d\n", (int)seed);
		book_free(book);
	}
	CHECK(right);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"few levels at the window's edges", few_levels},
	};

	return CHECK_RUN(cases);
}
