// json*.c: the values that a schema has: levels, whole numbers, names.
#include <errno.h>

#include "check.h"
#include "padded.h"

static int levels_of(const char *text, size_t capacity, size_t *count)
{
	struct json_level levels[4];
	char *copy = padded(text, strlen(text), ']');
	struct json json;
	int status;

	json_open(&json, copy, strlen(text));
	*count = 0;
	status = json_levels(&json, levels, capacity, count);
	free(copy);
	return status;
}

static void levels(void)
{
	static const struct {
		const char *text;
		int status;
		size_t count;
	} texts[] = {
		{"[]", 0, 0},
		{"[[\"1\",\"2\"]]", 0, 1},
		{"[[\"1\",\"2\",\"1618678132.136369\",\"r\"],[\"1.5\",\"2\",3,{}]]", 0, 2},
		{"[ [ \"1\" , \"2\" ] ]", 0, 1},
		{"[[\"1\",\"99999999999999999999\"]]", -ERANGE, 0},
		{"[[\"0.0000000000000000001\",\"2\"]]", -ERANGE, 0},
		{"[[\"1\",\"2\"],[\"1\",\"2\"],[\"1\",\"2\"],[\"1\",\"2\"],[\"1\",\"2\"]]", -ENOSPC,
			0},
		{"[[\"1\"]]", -EINVAL, 0},
		{"[[]]", -EINVAL, 0},
		{"[[1,2]]", -EINVAL, 0},
		{"[[\"1\",2]]", -EINVAL, 0},
		{"[[\"1\",\"-2\"]]", -EINVAL, 0},
		{"[[\"1\",\"1e5\"]]", -EINVAL, 0},
		{"[[\"1\",\"2\"],]", -EINVAL, 0},
		{"[[\"1\",\"2\",]]", -EINVAL, 0},
		{"[[\"1\",\"2\"]", -EINVAL, 0},
		{"[[\"1\",\"2\"", -EINVAL, 0},
		{"{}", -EINVAL, 0},
		{"\"1\"", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t count;

		CHECK_EQUAL(levels_of(texts[i].text, 4, &count), texts[i].status);
		CHECK_EQUAL(count, texts[i].count);
	}
}

static void whole_numbers(void)
{
	static const struct {
		const char *text;
		bool right;
		uint64_t number;
	} texts[] = {
		{"0", true, 0},
		{"1633998512068,", true, 1633998512068},
		{"18446744073709551615}", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"99999999999999999999999", false, 0},
		{"01", false, 0},
		{"-1", false, 0},
		{"1.0", false, 0},
		{"1e2", false, 0},
		{"", false, 0},
		{"\"1\"", false, 0},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *copy = padded(texts[i].text, strlen(texts[i].text), '0');
		uint64_t number = 0;
		struct json json;

		json_open(&json, copy, strlen(texts[i].text));
		CHECK(json_unsigned(&json, &number) == texts[i].right);
		CHECK(number == texts[i].number);
		free(copy);
	}
}

static void escapes(void)
{
	char *copy = padded("\"WAVES\\/\\u0045UR\"", 17, 0), name[16];
	struct json_text text;
	struct json json;
	size_t size = 0;

	json_open(&json, copy, 17);
	CHECK(json_string(&json, &text));
	CHECK(text.escaped);
	CHECK(!json_equal(&text, "WAVES\\/\\u0045UR"));
	CHECK(json_unescape(&text, name, sizeof(name), &size));
	CHECK_TEXT(name, "WAVES/EUR");
	CHECK_EQUAL(size, 9);
	CHECK(!json_unescape(&text, name, 9, &size));
	free(copy);
	copy = padded("\"\\u00e9\"", 8, 0);
	json_open(&json, copy, 8);
	CHECK(json_string(&json, &text));
	CHECK(!json_unescape(&text, name, sizeof(name), &size));
	free(copy);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"levels", levels},
		{"whole numbers", whole_numbers},
		{"escapes", escapes},
	};

	return CHECK_RUN(cases);
}
