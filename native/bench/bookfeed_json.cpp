// The recorded depth messages and snapshots of Binance, read into ids and exact levels: by bookfeed's own
// reader as it is shipped, by simdjson's on-demand parser, and by yyjson where it is installed. All take the
// keys in any order and read numbers with the same code, in place.
//
// usage: bookfeed_json ROUNDS FEEDS_FOLDER
#include <cstring>

#include <simdjson.h>
#ifdef WITH_YYJSON
#include <yyjson.h>
#endif

extern "C" {
#include "decimal_quoted.h"
#include "feed_binance.h"
#include "replay.h"
}
#include "bookfeed_rounds.hpp"

namespace {

constexpr size_t CAPACITY = 8192;

struct message {
	const char *text;
	size_t size;
};

json_level levels[BOOK_SIDES][CAPACITY];
size_t counts[BOOK_SIDES];

[[noreturn]] void fail(const char *what)
{
	fprintf(stderr, "bookfeed_json: %s\n", what);
	exit(1);
}

// Each message in memory of its own line, with the padding that simdjson wants.
std::vector<message> read_messages(const std::string &path, const char *part)
{
	std::vector<message> found;
	replay file;
	replay_record record;

	if (replay_open(path.c_str(), &file) != 0)
		fail(("cannot read " + path).c_str());
	while (replay_next(&file, &record) == 1) {
		if (record.text == nullptr ||
			memmem(record.text, record.size, part, strlen(part)) == nullptr)
			continue;
		char *copy = static_cast<char *>(calloc(1, record.size + simdjson::SIMDJSON_PADDING));
		memcpy(copy, record.text, record.size);
		found.push_back({copy, record.size});
	}
	replay_close(&file);
	return found;
}

uint64_t sum_of(uint64_t first, uint64_t last)
{
	uint64_t sum = first * 31 + last;

	for (int side = 0; side < BOOK_SIDES; side++)
		if (counts[side] > 0) {
			const json_level &end = levels[side][counts[side] - 1];

			sum = sum * 31 + counts[side] + static_cast<uint64_t>(end.price.units) +
			      static_cast<uint64_t>(end.quantity.units);
		}
	return sum;
}

uint64_t read_ours(const message &one)
{
	static feed state = [] {
		feed made = {};
		made.capacity = CAPACITY;
		made.parsed.levels[0] = levels[0];
		made.parsed.levels[1] = levels[1];
		return made;
	}();
	binance_event event = {};
	json reader;

	state.parsed.count[0] = state.parsed.count[1] = 0;
	json_open(&reader, one.text, one.size);
	if (memcmp(one.text, "{\"last", 6) == 0) {
		int fault = 0;
		bool error = false;

		if (!binance_read_snapshot(&state, &reader, &event.last, &fault, &error))
			fail("bookfeed cannot read a snapshot");
	} else if (!binance_read_event(&state, &reader, &event)) {
		fail("bookfeed cannot read a message");
	}
	counts[0] = state.parsed.count[0];
	counts[1] = state.parsed.count[1];
	return sum_of(event.first, event.last);
}

void read_number(const char *text, const char *end, decimal *number)
{
	size_t size;

	if (decimal_quoted(text, end, &size, number) != 0)
		fail("no number");
}

void simdjson_levels(simdjson::ondemand::array array, book_side side, const char *end)
{
	size_t count = 0;

	for (auto item : array) {
		json_level &level = levels[side][count++];
		decimal *to = &level.price;

		for (auto number : item.get_array()) {
			read_number(number.get_raw_json_string().value().raw(), end, to);
			to = &level.quantity;
		}
	}
	counts[side] = count;
}

void simdjson_fields(simdjson::ondemand::object object, const char *end, uint64_t &first, uint64_t &last)
{
	for (auto field : object) {
		auto key = field.key().value();

		if (key == "data")
			simdjson_fields(field.value().get_object(), end, first, last);
		else if (key == "U")
			first = field.value().get_uint64();
		else if (key == "u" || key == "lastUpdateId")
			last = field.value().get_uint64();
		else if (key == "b" || key == "bids")
			simdjson_levels(field.value().get_array(), BOOK_BID, end);
		else if (key == "a" || key == "asks")
			simdjson_levels(field.value().get_array(), BOOK_ASK, end);
	}
}

uint64_t read_simdjson(const message &one)
{
	static simdjson::ondemand::parser parser;
	uint64_t first = 0, last = 0;
	auto document = parser.iterate(one.text, one.size, one.size + simdjson::SIMDJSON_PADDING);

	counts[0] = counts[1] = 0;
	simdjson_fields(document.get_object(), one.text + one.size, first, last);
	return sum_of(first, last);
}

#ifdef WITH_YYJSON

// Its strings end in a NUL of its own memory; a quote there lets the same code read the number.
void yyjson_number(yyjson_val *value, decimal *number)
{
	char *text = const_cast<char *>(yyjson_get_str(value));
	size_t size = yyjson_get_len(value);

	text[size] = '"';
	read_number(text, text + size + 1, number);
}

void yyjson_levels(yyjson_val *array, book_side side)
{
	size_t index, max, count = 0;
	yyjson_val *item;

	yyjson_arr_foreach(array, index, max, item) {
		json_level &level = levels[side][count++];
		yyjson_val *price = yyjson_arr_get_first(item);

		yyjson_number(price, &level.price);
		yyjson_number(unsafe_yyjson_get_next(price), &level.quantity);
	}
	counts[side] = count;
}

void yyjson_fields(yyjson_val *object, uint64_t &first, uint64_t &last)
{
	size_t index, max;
	yyjson_val *key, *value;

	yyjson_obj_foreach(object, index, max, key, value) {
		if (yyjson_equals_str(key, "data"))
			yyjson_fields(value, first, last);
		else if (yyjson_equals_str(key, "U"))
			first = yyjson_get_uint(value);
		else if (yyjson_equals_str(key, "u") || yyjson_equals_str(key, "lastUpdateId"))
			last = yyjson_get_uint(value);
		else if (yyjson_equals_str(key, "b") || yyjson_equals_str(key, "bids"))
			yyjson_levels(value, BOOK_BID);
		else if (yyjson_equals_str(key, "a") || yyjson_equals_str(key, "asks"))
			yyjson_levels(value, BOOK_ASK);
	}
}

// With memory of its own from the start, so that it allocates nothing either.
uint64_t read_yyjson(const message &one)
{
	static char memory[1 << 22];
	yyjson_alc allocator;
	uint64_t first = 0, last = 0;
	yyjson_doc *document;

	yyjson_alc_pool_init(&allocator, memory, sizeof(memory));
	document = yyjson_read_opts(const_cast<char *>(one.text), one.size, 0, &allocator, nullptr);
	if (document == nullptr)
		fail("yyjson cannot read a message");
	counts[0] = counts[1] = 0;
	yyjson_fields(yyjson_doc_get_root(document), first, last);
	return sum_of(first, last);
}

#endif

contender make(const char *name, const std::vector<message> &messages, uint64_t (*read)(const message &))
{
	// Enough of them for the clock.
	return {name, [] {},
		[&messages, read] {
			uint64_t sum = 0;

			for (int i = 0; i < 20; i++)
				for (const message &one : messages)
					sum = sum * 31 + read(one);
			return sum;
		}};
}

void contest(const char *name, const std::vector<message> &messages, int rounds)
{
	double bytes = 0;

	if (messages.empty())
		fail("no such messages are recorded");
	for (const message &one : messages)
		bytes += static_cast<double>(one.size);
	fprintf(stderr, "%s: %zu of %.0f bytes on average\n", name, messages.size(),
		bytes / static_cast<double>(messages.size()));
	run_rounds(name, "ns/message", 20 * static_cast<double>(messages.size()), rounds,
		{make("simdjson", messages, read_simdjson),
#ifdef WITH_YYJSON
			make("yyjson", messages, read_yyjson),
#endif
			make("bookfeed", messages, read_ours)});
}

} // namespace

int main(int argc, char **argv)
{
	int rounds = read_rounds(argc, argv);
	std::string folder = argc > 2 ? argv[2] : ".";
	std::vector<message> depth, snapshots;

	for (const char *venue : {"BINANCE", "BINANCE_FUTURES"}) {
		for (const message &one : read_messages(folder + "/" + venue + ".ws.1.0", "\"depthUpdate\""))
			depth.push_back(one);
		for (const message &one : read_messages(folder + "/" + venue + ".http.0.0", "{\"last"))
			snapshots.push_back(one);
	}
	contest("json, depth messages", depth, rounds);
	contest("json, snapshots", snapshots, rounds);
	return 0;
}
