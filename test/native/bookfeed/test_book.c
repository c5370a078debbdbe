// book*.c against a naive reference: a plain array of levels that is searched from end to end.
#include <errno.h>
#include <stdlib.h>

#include "book.h"
#include "check.h"
#include "naive_book.h"
#include "random.h"

enum { WINDOW = BOOK_WINDOW_MIN };

static struct book *start(uint32_t window, uint32_t levels_max, int64_t tick)
{
	struct book *book = NULL;

	CHECK_EQUAL(book_new(window, levels_max, &book), 0);
	book_clear(book, tick);
	memset(naive, 0, sizeof(naive));
	return book;
}

static int both(struct book *book, enum book_side side, int64_t price, int64_t quantity)
{
	naive_set(side, price, quantity);
	return book_set(book, side, (struct price){price}, (struct quantity){quantity});
}

// Prices around a centre that wanders; spread is in ticks.
static void wander(uint64_t seed, int64_t tick, uint64_t spread, int updates, int step)
{
	struct book *book = start(WINDOW, 10000, tick);
	uint64_t state = seed;
	int64_t centre = 1000000;
	bool right = true;

	for (int i = 0; i < updates && right; i++) {
		enum book_side side = random_next(&state) & 1;
		int64_t away = (int64_t)(random_next(&state) % spread);
		int64_t price = (side == BOOK_BID ? centre - away : centre + 1 + away) * tick;
		uint64_t what = random_next(&state) % 5;

		centre += (int64_t)(random_next(&state) % (2 * (uint64_t)step + 1)) - step;
		if (centre < (int64_t)spread + step)
			centre += 2 * step;
		right = both(book, side, price, what < 2 ? 0 : (int64_t)what * 1000 + i) == 0;
		if (i % 64 == 0 || i > updates - 64)
			right = right && same(book);
	}
	CHECK(right);
	CHECK(same(book));
	book_free(book);
}

static void near_the_best(void)
{
	wander(1, 1, 50, 100000, 1);
	wander(2, 25000, 300, 50000, 3);
}

static void beyond_the_window(void)
{
	wander(3, 7, WINDOW * 2, 20000, 5);
	wander(4, 10, WINDOW, 20000, 200);
}

static void far_jumps(void)
{
	wander(5, 1, 100, 20000, WINDOW);
	wander(6, 1000, WINDOW / 2, 10000, WINDOW / 3);
}

// Any price of eighteen digits, on few levels: everything lies far apart.
static void scattered(void)
{
	struct book *book = start(WINDOW, 10000, 1);
	uint64_t state = 7;
	bool right = true;

	for (int i = 0; i < 20000 && right; i++) {
		static int64_t prices[64];
		size_t which = random_next(&state) % 64;

		if (prices[which] == 0 || random_next(&state) % 16 == 0) {
			if (prices[which] != 0)
				both(book, which & 1, prices[which], 0);
			prices[which] = 1 + (int64_t)(random_next(&state) % BOOK_PRICE_MAX);
		}
		right = both(book, which & 1, prices[which], (int64_t)(random_next(&state) % 3)) ==
				0 &&
			same(book);
	}
	CHECK(right);
	book_free(book);
}

static void the_ring_at_each_offset(void)
{
	for (int64_t base = 1; base < 2 * WINDOW + 70; base += 61) {
		struct book *book = start(WINDOW, 100, 1);
		bool right = true;

		for (int64_t i = 0; i < 130; i++)
			both(book, BOOK_BID, base + i, 1 + i);
		for (int64_t i = 129; i >= 0 && right; i--) {
			right = same(book);
			both(book, BOOK_BID, base + i, 0);
		}
		CHECK(right && same(book));
		book_free(book);
	}
}

static void an_outlier_comes_and_goes(void)
{
	struct book *book = start(WINDOW, 5000, 1);

	for (int64_t i = 0; i < 3000; i++)
		both(book, BOOK_BID, 100000 + i, 1 + i);
	for (int i = 0; i < 10; i++) {
		CHECK_EQUAL(both(book, BOOK_BID, 900000000 + i, 5), 0);
		CHECK(same(book));
		CHECK_EQUAL(both(book, BOOK_BID, 900000000 + i, 0), 0);
		CHECK(same(book));
	}
	book_free(book);
}

static void a_finer_price_makes_a_finer_tick(void)
{
	struct book *book = start(WINDOW, 10000, 1000);

	for (int64_t i = 1; i < 500; i++) {
		both(book, BOOK_BID, i * 1000, i);
		both(book, BOOK_ASK, 500000 + i * 9000, i);
	}
	CHECK(same(book));
	// What is not there can be removed at any price.
	CHECK_EQUAL(both(book, BOOK_BID, 1234, 0), 0);
	CHECK_EQUAL(both(book, BOOK_BID, 499250, 7), 0);
	CHECK(same(book));
	CHECK_EQUAL(both(book, BOOK_ASK, 500001, 8), 0);
	CHECK(same(book));
	CHECK_EQUAL(both(book, BOOK_ASK, 500001, 0), 0);
	CHECK(same(book));
	book_free(book);
}

static void rescaled(void)
{
	struct book *book = start(WINDOW, 10000, 5);

	for (int64_t i = 1; i < 3000; i++) {
		both(book, BOOK_BID, i * 5, i);
		both(book, BOOK_ASK, 20000 + i * 25, i * 3);
	}
	CHECK_EQUAL(book_rescale(book, 100, 10), 0);
	for (int side = 0; side < BOOK_SIDES; side++)
		for (size_t i = 0; i < naive[side].count; i++) {
			naive[side].levels[i].price.units *= 100;
			naive[side].levels[i].quantity.units *= 10;
		}
	CHECK(same(book));
	CHECK_EQUAL(both(book, BOOK_BID, 1499001, 3), 0);
	CHECK(same(book));
	CHECK_EQUAL(book_rescale(book, INT64_C(1000000000000), 1), -ERANGE);
	CHECK_EQUAL(book_rescale(book, 1, INT64_C(1000000000000000)), -ERANGE);
	CHECK_EQUAL(book_rescale(book, 0, 1), -ERANGE);
	CHECK(same(book));
	book_free(book);
}

static void truncated(void)
{
	struct book *book = start(WINDOW, 10000, 1);

	for (int64_t i = 0; i < 6000; i++)
		both(book, BOOK_ASK, 1000 + 2 * i, 1);
	while (naive[BOOK_ASK].count > 0) {
		naive[BOOK_ASK].count -= naive[BOOK_ASK].count % 499 + 1;
		book_truncate(book, BOOK_ASK, naive[BOOK_ASK].count);
		CHECK(same(book));
		if (naive[BOOK_ASK].count < 600)
			break;
	}
	book_truncate(book, BOOK_ASK, 0);
	naive[BOOK_ASK].count = 0;
	CHECK(same(book));
	CHECK_EQUAL(both(book, BOOK_ASK, 5, 5), 0);
	CHECK(same(book));
	book_free(book);
}

// The window's only level lies in its last slot, beside the one that the search begins at.
static void alone_at_the_top(void)
{
	const int64_t first = 100000, top = first + WINDOW / 4 - 1;
	struct book *book = start(WINDOW, 100, 2);

	both(book, BOOK_BID, 2 * first, 1);
	both(book, BOOK_BID, 2 * top, 2);
	both(book, BOOK_BID, 2 * first, 0);
	CHECK(same(book));
	// The window moves up over it, a finer tick moves it to the far levels and back, and a
	// truncation takes it away.
	CHECK_EQUAL(both(book, BOOK_BID, 2 * (top + 1), 3), 0);
	CHECK(same(book));
	book_clear(book, 2);
	memset(naive, 0, sizeof(naive));
	both(book, BOOK_BID, 2 * first, 1);
	both(book, BOOK_BID, 2 * top, 2);
	both(book, BOOK_BID, 2 * first, 0);
	CHECK_EQUAL(both(book, BOOK_ASK, 2 * top + 1, 4), 0);
	CHECK(same(book));
	book_truncate(book, BOOK_BID, 0);
	naive[BOOK_BID].count = 0;
	CHECK(same(book));
	book_free(book);
}

// A level beyond a full far array is refused, and so is a move of the window that would need one.
static void full(void)
{
	struct book *book = start(WINDOW, 3, 1);

	both(book, BOOK_BID, 100000, 1);
	for (int64_t i = 0; i < 3; i++)
		CHECK_EQUAL(both(book, BOOK_BID, 10 + i, 1), 0);
	CHECK(same(book));
	CHECK_EQUAL(book_set(book, BOOK_BID, (struct price){9}, (struct quantity){1}), -ENOSPC);
	CHECK_EQUAL(both(book, BOOK_BID, 9, 0), 0);
	CHECK_EQUAL(both(book, BOOK_BID, 10, 2), 0);
	CHECK(same(book));
	CHECK_EQUAL(
		book_set(book, BOOK_BID, (struct price){200000}, (struct quantity){1}), -ENOSPC);
	book_clear(book, 1);
	CHECK_EQUAL(book_count(book, BOOK_BID), 0);
	CHECK_EQUAL(book_set(book, BOOK_BID, (struct price){200000}, (struct quantity){1}), 0);
	book_free(book);
}

static void refused_values(void)
{
	struct book *book = start(WINDOW, 3, 1);

	CHECK_EQUAL(book_set(book, BOOK_BID, (struct price){0}, (struct quantity){1}), -ERANGE);
	CHECK_EQUAL(book_set(book, BOOK_BID, (struct price){-5}, (struct quantity){1}), -ERANGE);
	CHECK_EQUAL(
		book_set(book, BOOK_ASK, (struct price){BOOK_PRICE_MAX + 1}, (struct quantity){1}),
		-ERANGE);
	CHECK_EQUAL(book_set(book, BOOK_ASK, (struct price){5}, (struct quantity){-1}), -ERANGE);
	CHECK_EQUAL(both(book, BOOK_ASK, BOOK_PRICE_MAX, INT64_MAX), 0);
	CHECK_EQUAL(both(book, BOOK_BID, 1, INT64_MAX), 0);
	CHECK(same(book));
	book_free(book);
	CHECK_EQUAL(book_new(WINDOW - 1, 3, &book), -EINVAL);
	CHECK_EQUAL(book_new(WINDOW * 3, 3, &book), -EINVAL);
	CHECK_EQUAL(book_new(BOOK_WINDOW_MAX * 2U, 3, &book), -EINVAL);
	CHECK_EQUAL(book_new(WINDOW, 0, &book), -EINVAL);
}

static void crossed(void)
{
	struct book *book = start(WINDOW, 3, 1);

	CHECK(!book_crossed(book));
	both(book, BOOK_BID, 100, 1);
	CHECK(!book_crossed(book));
	both(book, BOOK_ASK, 101, 1);
	CHECK(!book_crossed(book));
	both(book, BOOK_ASK, 100, 1);
	CHECK(book_crossed(book));
	CHECK_EQUAL(book_quantity(book, BOOK_ASK, (struct price){101}).units, 1);
	CHECK_EQUAL(book_quantity(book, BOOK_ASK, (struct price){102}).units, 0);
	CHECK_EQUAL(book_quantity(book, BOOK_BID, (struct price){0}).units, 0);
	book_free(book);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"near the best price", near_the_best},
		{"beyond the window", beyond_the_window},
		{"prices that jump far", far_jumps},
		{"prices of any size", scattered},
		{"the ring at each offset", the_ring_at_each_offset},
		{"an outlier comes and goes", an_outlier_comes_and_goes},
		{"a finer price makes a finer tick", a_finer_price_makes_a_finer_tick},
		{"rescaled", rescaled},
		{"truncated", truncated},
		{"alone at the window's top", alone_at_the_top},
		{"full", full},
		{"values that are refused", refused_values},
		{"crossed", crossed},
	};

	return CHECK_RUN(cases);
}
