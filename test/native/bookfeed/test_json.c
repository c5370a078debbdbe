// json*.c: what is JSON and what is not, at the edge of memory, cut at every byte, and mutated.
#include "check.h"
#include "padded.h"
#include "random.h"

static bool is_json(const char *text, size_t size)
{
	static const int paddings[] = {'"', '0', ']', '}', ' ', '\\', 0};
	bool right[sizeof(paddings) / sizeof(paddings[0])];

	for (size_t i = 0; i < sizeof(right); i++) {
		char *copy = padded(text, size, paddings[i]);
		struct json json;

		json_open(&json, copy, size);
		right[i] = json_skip(&json) && json_close(&json);
		free(copy);
		CHECK(right[i] == right[0]);
	}
	return right[0];
}

static void right_texts(void)
{
	static const char *const texts[] = {"0", "-0", "12", "-1.5", "1e5", "1E+5", "1.25e-10",
		"true", "false", "null", "\"\"", "\"a\"", "[]", "{}", " [ ] ", "\t{\r\n} ",
		"[1,2,3]", "[[],{},[{}]]", "{\"a\":1}", "{\"a\":{\"b\":[1,\"c\"]},\"d\":null}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"sixteen bytes...\"",
		"\"a text that is longer than sixteen bytes\\\" and goes on\"", "[ 1 , 2 ]",
		"{ \"a\" : 1 , \"b\" : 2 }", "\"\xC3\xA9\""};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!is_json(texts[i], strlen(texts[i])))
			printf("# %s\n", texts[i]);
		CHECK(is_json(texts[i], strlen(texts[i])));
	}
}

static void wrong_texts(void)
{
	static const char *const texts[] = {"", " ", "01", "-", "+1", "1.", ".5", "1e", "1e+",
		"0x1", "tru", "nul", "truE", "True", "\"", "\"a", "\"\\x\"", "\"\\u12g4\"",
		"\"\\u12\"", "\"\n\"", "\"\x01\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]",
		"[1}", "{", "}", "{a:1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,\"a\":1}",
		"{\"a\":1 \"b\":2}", "{1:2}", "{\"a\":1]", "1 2", "[]]", "{}{}", "'a'", "\"\\",
		"[1],", "NaN", "\v1", "\f[]"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (is_json(texts[i], strlen(texts[i])))
			printf("# %s\n", texts[i]);
		CHECK(!is_json(texts[i], strlen(texts[i])));
	}
	CHECK(!is_json("[0\0]", 4));
	CHECK(!is_json("\"a\0\"", 4));
	CHECK(!is_json("\"\\\0\"", 4));
}

static void depth_is_bounded(void)
{
	char text[2 * JSON_DEPTH_MAX + 4];

	for (size_t depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		CHECK(is_json(text, 2 * depth) == (depth <= JSON_DEPTH_MAX));
	}
}

static const char message[] =
	"{\"stream\":\"nknusdt@depth\",\"data\":{\"e\":\"depthUpdate\",\"E\":1633998512068,\"x\":"
	"[1,{\"y\":null}],\"b\":[[\"0.35130000\",\"6195.00000000\"],[\"0.34750000\",\"5548\"]],"
	"\"a\":[]}}";

// The message's levels as a schema's reader takes them.
static bool read(const char *text, size_t size, struct json_level *levels, size_t *count)
{
	struct json_text key;
	struct json json;
	enum json_step step;

	json_open(&json, text, size);
	*count = 0;
	if (!json_object(&json))
		return false;
	while ((step = json_key(&json, &key)) == JSON_ITEM) {
		if (!json_equal(&key, "data")) {
			if (!json_skip(&json))
				return false;
			continue;
		}
		if (!json_object(&json))
			return false;
		while ((step = json_key(&json, &key)) == JSON_ITEM)
			if (json_equal(&key, "b") || json_equal(&key, "a")
					? json_levels(&json, levels, 4, count) != 0
					: !json_skip(&json))
				return false;
		if (step != JSON_CLOSED)
			return false;
	}
	return step == JSON_CLOSED && json_close(&json);
}

static void a_message(void)
{
	struct json_level levels[4];
	char *copy = padded(message, sizeof(message) - 1, '"');
	size_t count;

	CHECK(read(copy, sizeof(message) - 1, levels, &count));
	CHECK_EQUAL(count, 2);
	CHECK_EQUAL(levels[0].price.units, 35130000);
	CHECK_EQUAL(levels[0].price.decimals, 8);
	CHECK_EQUAL(levels[0].quantity.units, 619500000000);
	CHECK_EQUAL(levels[1].quantity.units, 5548);
	CHECK_EQUAL(levels[1].quantity.decimals, 0);
	free(copy);
}

static void cut_at_every_byte(void)
{
	static const int paddings[] = {'"', ']', '}', '0', ','};
	char *whole = padded(message, sizeof(message) - 1, 0);
	struct json_level levels[4];
	size_t count;

	for (size_t size = 0; size < sizeof(message) - 1; size++) {
		for (size_t i = 0; i < sizeof(paddings) / sizeof(paddings[0]); i++) {
			char *copy = padded(message, size, paddings[i]);

			CHECK(!read(copy, size, levels, &count));
			free(copy);
		}
		// The rest lies behind the end, as in a buffer that has been used before.
		CHECK(!is_json(whole, size));
		CHECK(!read(whole, size, levels, &count));
	}
	free(whole);
}

// Space wherever the grammar allows it.
static void with_space(void)
{
	struct json_level levels[4];
	bool inside = false;
	char text[4 * sizeof(message) + JSON_PADDING];
	size_t size = 0, count;

	for (size_t i = 0; i + 1 < sizeof(message); i++) {
		bool token = strchr("{}[],:", message[i]) != NULL && !inside;

		if (token)
			text[size++] = ' ';
		text[size++] = message[i];
		if (token)
			text[size++] = '\n';
		inside = inside != (message[i] == '"');
	}
	CHECK(read(text, size, levels, &count));
	CHECK_EQUAL(count, 2);
	CHECK_EQUAL(levels[1].price.units, 34750000);
}

static void changed_at_random(void)
{
	struct json_level levels[4];
	uint64_t state = 3;
	size_t count, right = 0;

	for (int i = 0; i < 100000; i++) {
		char *copy = padded(message, sizeof(message) - 1, 0);

		for (uint64_t changes = random_next(&state) % 4; changes < 4; changes++)
			copy[random_next(&state) % (sizeof(message) - 1)] =
				i % 2 ? (char)random_next(&state)
				      : "\"[]{},:.0-\\eE tn"[random_next(&state) % 16];
		right += read(copy, sizeof(message) - 1, levels, &count);
		CHECK(count <= 4);
		free(copy);
	}
	CHECK(right > 0 && right < 100000);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"texts that are JSON", right_texts},
		{"texts that are not", wrong_texts},
		{"depth is bounded", depth_is_bounded},
		{"a message", a_message},
		{"a message cut at every byte", cut_at_every_byte},
		{"a message with space", with_space},
		{"a message changed at random", changed_at_random},
	};

	return CHECK_RUN(cases);
}
