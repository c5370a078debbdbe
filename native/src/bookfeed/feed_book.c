// From numbers as they were written to the levels of a book: scale, tick, and what proves a book
// wrong.
#include <errno.h>

#include "feed_inside.h"

static enum feed_cause cause_of(int fault)
{
	return fault == 0 ? FEED_CAUSE_NONE
			  : (fault == -ENOSPC ? FEED_CAUSE_FULL : FEED_CAUSE_NUMBER);
}

// More decimals, since a number needs them.
static int widen(struct symbol *symbol, struct decimal number, uint32_t *decimals, bool price)
{
	uint32_t wanted = decimal_significant(number);
	int64_t factor = decimal_ten_to(wanted - *decimals);
	int fault = book_rescale(symbol->book, price ? factor : 1, price ? 1 : factor);

	if (fault != 0)
		return fault;
	*decimals = wanted;
	if (!price)
		return 0;
	if (__builtin_mul_overflow(symbol->lowest_bid_units, factor, &symbol->lowest_bid_units))
		symbol->lowest_bid_units = INT64_MAX;
	if (__builtin_mul_overflow(symbol->highest_ask_units, factor, &symbol->highest_ask_units))
		symbol->highest_ask_units = INT64_MAX;
	return 0;
}

static inline int in_units(struct symbol *symbol, struct decimal number, uint32_t *decimals,
	bool price, int64_t *units)
{
	int fault = decimal_scale(number, *decimals, units);

	if (__builtin_expect(fault == -EDOM, 0)) {
		fault = widen(symbol, number, decimals, price);
		if (fault == 0)
			fault = decimal_scale(number, *decimals, units);
	}
	return fault;
}

enum feed_cause feed_apply(struct symbol *symbol, const struct feed_levels *levels)
{
	uint32_t *price_decimals = &symbol->shown.price_decimals;
	uint32_t *quantity_decimals = &symbol->shown.quantity_decimals;

	for (int side = 0; side < BOOK_SIDES; side++)
		for (size_t i = 0; i < levels->count[side]; i++) {
			const struct json_level *level = &levels->levels[side][i];
			struct price price;
			struct quantity quantity;
			int fault;

			fault = in_units(symbol, level->price, price_decimals, true, &price.units);
			if (fault == 0)
				fault = in_units(symbol, level->quantity, quantity_decimals, false,
					&quantity.units);
			if (fault == 0)
				fault = book_set(symbol->book, side, price, quantity);
			if (__builtin_expect(fault != 0, 0))
				return cause_of(fault);
		}
	return FEED_CAUSE_NONE;
}

static uint32_t decimals_of(const struct feed *feed, struct decimal number)
{
	return feed->rules->checks_text ? number.decimals : decimal_significant(number);
}

// The fewest decimals that all numbers of a snapshot are whole with.
static void find_scale(
	const struct feed *feed, struct symbol *symbol, const struct feed_levels *levels)
{
	uint32_t price = 0, quantity = 0;

	for (int side = 0; side < BOOK_SIDES; side++)
		for (size_t i = 0; i < levels->count[side]; i++) {
			const struct json_level *level = &levels->levels[side][i];
			uint32_t found = decimals_of(feed, level->price);

			price = found > price ? found : price;
			found = decimals_of(feed, level->quantity);
			quantity = found > quantity ? found : quantity;
		}
	symbol->shown.price_decimals = price;
	symbol->shown.quantity_decimals = quantity;
}

// The largest step that all prices of a snapshot are multiples of.
static int find_tick(const struct symbol *symbol, const struct feed_levels *levels, int64_t *tick)
{
	int64_t found = 0;

	for (int side = 0; side < BOOK_SIDES; side++)
		for (size_t i = 0; i < levels->count[side]; i++) {
			int64_t units;
			int fault = decimal_scale(levels->levels[side][i].price,
				symbol->shown.price_decimals, &units);

			if (fault != 0)
				return fault;
			while (units != 0) {
				int64_t rest = found % units;

				found = units;
				units = rest;
			}
		}
	*tick = found > 0 ? found : 1;
	return 0;
}

// A snapshot that is as deep as asked for ends somewhere, and what lies beyond is not known.
static enum feed_cause find_bounds(
	const struct feed *feed, struct symbol *symbol, const struct feed_levels *levels)
{
	int64_t *bounds[] = {&symbol->lowest_bid_units, &symbol->highest_ask_units};

	symbol->lowest_bid_units = 0;
	symbol->highest_ask_units = INT64_MAX;
	for (int side = 0; side < BOOK_SIDES; side++) {
		int64_t worst = side == BOOK_BID ? INT64_MAX : 0, units;

		if (!feed->rules->ends_at_depth || levels->count[side] < feed->depth)
			continue;
		for (size_t i = 0; i < levels->count[side]; i++) {
			int fault = decimal_scale(levels->levels[side][i].price,
				symbol->shown.price_decimals, &units);

			if (fault != 0)
				return cause_of(fault);
			if (side == BOOK_BID ? units < worst : units > worst)
				worst = units;
		}
		*bounds[side] = worst;
	}
	return FEED_CAUSE_NONE;
}

enum feed_cause feed_load(
	struct feed *feed, struct symbol *symbol, const struct feed_levels *levels)
{
	enum feed_cause cause;
	int64_t tick;
	int fault;

	find_scale(feed, symbol, levels);
	fault = find_tick(symbol, levels, &tick);
	if (fault != 0)
		return cause_of(fault);
	book_clear(symbol->book, tick);
	cause = find_bounds(feed, symbol, levels);
	return cause != FEED_CAUSE_NONE ? cause : feed_apply(symbol, levels);
}

static bool beyond_bounds(const struct symbol *symbol)
{
	struct level bid = {{0}, {0}}, ask = {{INT64_MAX}, {0}};

	book_best(symbol->book, BOOK_BID, &bid);
	book_best(symbol->book, BOOK_ASK, &ask);
	return bid.price.units < symbol->lowest_bid_units ||
	       ask.price.units > symbol->highest_ask_units;
}

size_t feed_depth(const struct feed *feed, size_t symbol, enum book_side side, struct level *levels,
	size_t capacity)
{
	const struct symbol *one = &feed->symbols[symbol];
	size_t count = book_depth(one->book, side, levels, capacity);

	for (; count > 0; count--) {
		int64_t units = levels[count - 1].price.units;

		if (side == BOOK_BID ? units >= one->lowest_bid_units
				     : units <= one->highest_ask_units)
			break;
	}
	return count;
}

enum feed_cause feed_doubt(const struct symbol *symbol)
{
	if (book_crossed(symbol->book))
		return FEED_CAUSE_CROSSED;
	return beyond_bounds(symbol) ? FEED_CAUSE_DEPTH : FEED_CAUSE_NONE;
}
