// Updates of a book by the tick ladder, std::map and a sorted vector: the same random updates, most of them
// near the best price, which wanders. After each both best prices are read, as a user of a book does.
//
// usage: bookfeed_book ROUNDS
#include <algorithm>
#include <map>
#include <random>

extern "C" {
#include "book.h"
}
#include "bookfeed_rounds.hpp"

namespace {

constexpr int64_t TICK = 100;
constexpr size_t UPDATES = 400000;

struct update {
	book_side side;
	int64_t price;
	int64_t quantity; // 0: the level goes
};

// Levels fill three quarters of the ticks near the best price.
struct work {
	std::vector<update> initial;
	std::vector<update> updates;
};

int64_t price_at(book_side side, int64_t middle, int64_t away)
{
	return (side == BOOK_BID ? middle - away : middle + 1 + away) * TICK;
}

work make_work(int64_t depth)
{
	std::mt19937_64 random(1);
	std::geometric_distribution<int64_t> near(0.05);
	std::uniform_int_distribution<int64_t> far(0, depth * 4 / 3 - 1);
	int64_t middle = 1000000;
	work made;

	for (int side = 0; side < BOOK_SIDES; side++)
		for (int64_t away = 0; away < depth * 4 / 3; away++)
			if (random() % 4 != 0)
				made.initial.push_back({static_cast<book_side>(side),
					price_at(static_cast<book_side>(side), middle, away),
					static_cast<int64_t>(random() % 100000 + 1)});
	while (made.updates.size() < UPDATES) {
		auto side = static_cast<book_side>(random() % 2);
		int64_t away = random() % 5 == 0 ? far(random) : near(random);

		// A price that moves takes the other side's level with it.
		if (random() % 50 == 0) {
			bool up = random() % 2;

			made.updates.push_back(up ? update{BOOK_ASK, price_at(BOOK_ASK, middle, 0), 0}
						  : update{BOOK_BID, price_at(BOOK_BID, middle, 0), 0});
			middle += up ? 1 : -1;
		}
		if (away >= depth * 4 / 3)
			continue;
		made.updates.push_back({side, price_at(side, middle, away),
			random() % 4 == 0 ? 0 : static_cast<int64_t>(random() % 100000 + 1)});
	}
	return made;
}

class ladder_book {
public:
	ladder_book()
	{
		if (book_new(BOOK_WINDOW_DEFAULT, BOOK_LEVELS_DEFAULT, &book) != 0)
			abort();
	}
	~ladder_book()
	{
		book_free(book);
	}
	ladder_book(const ladder_book &) = delete;
	ladder_book &operator=(const ladder_book &) = delete;
	void clear()
	{
		book_clear(book, TICK);
	}
	void set(const update &one)
	{
		book_set(book, one.side, {one.price}, {one.quantity});
	}
	int64_t best(book_side side) const
	{
		level found = {};

		book_best(book, side, &found);
		return found.price.units;
	}

private:
	::book *book = nullptr;
};

class map_book {
public:
	void clear()
	{
		bids.clear();
		asks.clear();
	}
	void set(const update &one)
	{
		one.side == BOOK_BID ? set(bids, one) : set(asks, one);
	}
	int64_t best(book_side side) const
	{
		if (side == BOOK_BID)
			return bids.empty() ? 0 : bids.begin()->first;
		return asks.empty() ? 0 : asks.begin()->first;
	}

private:
	template <typename levels> static void set(levels &side, const update &one)
	{
		if (one.quantity == 0)
			side.erase(one.price);
		else
			side[one.price] = one.quantity;
	}
	std::map<int64_t, int64_t, std::greater<int64_t>> bids;
	std::map<int64_t, int64_t> asks;
};

// The best level is the last, where levels come and go most.
class vector_book {
public:
	void clear()
	{
		sides[0].clear();
		sides[1].clear();
	}
	void set(const update &one)
	{
		auto &side = sides[one.side];
		int64_t key = one.side == BOOK_BID ? one.price : -one.price;
		auto at = std::lower_bound(side.begin(), side.end(), key,
			[](const auto &pair, int64_t wanted) { return pair.first < wanted; });
		bool there = at != side.end() && at->first == key;

		if (one.quantity == 0) {
			if (there)
				side.erase(at);
		} else if (there) {
			at->second = one.quantity;
		} else {
			side.insert(at, {key, one.quantity});
		}
	}
	int64_t best(book_side side) const
	{
		if (sides[side].empty())
			return 0;
		return side == BOOK_BID ? sides[side].back().first : -sides[side].back().first;
	}

private:
	std::vector<std::pair<int64_t, int64_t>> sides[BOOK_SIDES];
};

template <typename some_book> contender make(const char *name, const work &todo, some_book &book)
{
	return {name,
		[&todo, &book] {
			book.clear();
			for (const update &one : todo.initial)
				book.set(one);
		},
		[&todo, &book] {
			uint64_t sum = 0;

			for (const update &one : todo.updates) {
				book.set(one);
				sum = sum * 31 + static_cast<uint64_t>(book.best(BOOK_BID)) +
				      static_cast<uint64_t>(book.best(BOOK_ASK));
			}
			return sum;
		}};
}

} // namespace

int main(int argc, char **argv)
{
	int rounds = read_rounds(argc, argv);
	ladder_book ladder;
	map_book map;
	vector_book vector;

	for (int64_t depth : {200, 1000, 5000}) {
		work todo = make_work(depth);

		run_rounds("book, depth " + std::to_string(depth), "ns/update",
			static_cast<double>(todo.updates.size()), rounds,
			{make("std::map", todo, map), make("sorted vector", todo, vector),
				make("bookfeed", todo, ladder)});
	}
	return 0;
}
