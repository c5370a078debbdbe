// decimal.c and decimal_quoted.h: exact, and the fast path says what the general one says.
#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "decimal.h"
#include "decimal_quoted.h"
#include "random.h"

static const struct {
	const char *text;
	int status;
	int64_t units;
	uint32_t decimals;
} texts[] = {
	{"0", 0, 0, 0},
	{"7", 0, 7, 0},
	{"0.35130000", 0, 35130000, 8},
	{"6195.00000000", 0, 619500000000, 8},
	{"0.000022900", 0, 22900, 9},
	{"437848", 0, 437848, 0},
	{"0.0", 0, 0, 1},
	{"00.10", 0, 10, 2},
	{"123456789012345", 0, 123456789012345, 0},
	{"1234567890.12345", 0, 123456789012345, 5},
	{"1.2345678901234", 0, 12345678901234, 13},
	{"1234567890123456", 0, 1234567890123456, 0},
	{"12345678.90123456", 0, 1234567890123456, 8},
	{"9223372036854775807", 0, INT64_MAX, 0},
	{"92233720368.54775807", 0, INT64_MAX, 8},
	{"9.223372036854775807", 0, INT64_MAX, 18},
	{"000000000000000000000000001", 0, 1, 0},
	{"0.000000000000000001", 0, 1, 18},
	// Zeros at the end that would not fit.
	{"1000000000000.00000000", 0, 1000000000000000000, 6},
	{"9223372036854775807.0", 0, INT64_MAX, 0},
	{"0.50000000000000000000000000", 0, 500000000000000000, 18},
	{"9223372036854775808", -ERANGE, 0, 0},
	{"922337203685477580.8", -ERANGE, 0, 0},
	{"9223372036854775807.1", -ERANGE, 0, 0},
	{"99999999999999999999999999999999999999999999999999", -ERANGE, 0, 0},
	{"0.0000000000000000001", -ERANGE, 0, 0},
	{"", -EINVAL, 0, 0},
	{".", -EINVAL, 0, 0},
	{".5", -EINVAL, 0, 0},
	{"5.", -EINVAL, 0, 0},
	{"1.2.3", -EINVAL, 0, 0},
	{"1..2", -EINVAL, 0, 0},
	{"-1", -EINVAL, 0, 0},
	{"+1", -EINVAL, 0, 0},
	{"1e5", -EINVAL, 0, 0},
	{"1E5", -EINVAL, 0, 0},
	{"0x10", -EINVAL, 0, 0},
	{" 1", -EINVAL, 0, 0},
	{"1 ", -EINVAL, 0, 0},
	{"1,5", -EINVAL, 0, 0},
	{"1_000", -EINVAL, 0, 0},
	{"NaN", -EINVAL, 0, 0},
	{"inf", -EINVAL, 0, 0},
	{"1/2", -EINVAL, 0, 0},
	{"1:2", -EINVAL, 0, 0},
	{"\xB2\xB3", -EINVAL, 0, 0},
	{"1\xB0", -EINVAL, 0, 0},
	{"99999999999999999999x", -EINVAL, 0, 0},
	{"0.0000000000000000001x", -EINVAL, 0, 0},
};

static void each_text(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct decimal found = {-7, 77};
		int status = decimal_parse(texts[i].text, strlen(texts[i].text), &found);

		if (status != texts[i].status)
			printf("# \"%s\"\n", texts[i].text);
		CHECK_EQUAL(status, texts[i].status);
		CHECK_EQUAL(found.units, status == 0 ? texts[i].units : -7);
		CHECK_EQUAL(found.decimals, status == 0 ? texts[i].decimals : 77);
	}
}

// In memory of its exact size, so that the sanitizer sees what is read beyond.
static int quoted(const char *text, size_t *size, struct decimal *decimal)
{
	size_t length = strlen(text);
	char *copy = malloc(length + 1 + DECIMAL_PADDING);
	int status;

	memcpy(copy, text, length);
	copy[length] = '"';
	// What comes after the end must not matter.
	memset(copy + length + 1, '"', DECIMAL_PADDING);
	status = decimal_quoted(copy, copy + length + 1, size, decimal);
	free(copy);
	return status;
}

static void each_text_in_quotes(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct decimal found = {-7, 77};
		size_t size = 0;

		CHECK_EQUAL(quoted(texts[i].text, &size, &found), texts[i].status);
		if (texts[i].status != 0)
			continue;
		CHECK_EQUAL(size, strlen(texts[i].text));
		CHECK_EQUAL(found.units, texts[i].units);
		CHECK_EQUAL(found.decimals, texts[i].decimals);
	}
}

static void a_quote_beyond_the_end(void)
{
	static const char text[64] = "123.45\"";
	struct decimal found;
	size_t size;

	for (size_t end = 0; end <= 6; end++)
		CHECK_EQUAL(decimal_quoted(text, text + end, &size, &found), -EINVAL);
	CHECK_EQUAL(decimal_quoted(text, text + 7, &size, &found), 0);
	CHECK_EQUAL(found.units, 12345);
}

// Every byte in every place of numbers of every shape.
static void the_fast_path_agrees(void)
{
	bool right = true;

	for (size_t length = 1; length <= 18; length++)
		for (size_t point = 0; point <= length; point++)
			for (size_t place = 0; place < length; place++)
				for (int byte = 1; byte < 256; byte++) {
					struct decimal fast = {0}, general = {0};
					char text[64] = "";
					size_t size = 0;
					int status;

					memcpy(text, "918273645546372819", length);
					if (point < length)
						text[point] = '.';
					text[place] = (char)byte;
					if (byte == '"')
						continue;
					status = decimal_parse(text, length, &general);
					text[length] = '"';
					right = right &&
						decimal_quoted(text, text + length + 1, &size,
							&fast) == status &&
						(status != 0 ||
							(size == length &&
								fast.units == general.units &&
								fast.decimals == general.decimals));
				}
	CHECK(right);
}

static void scaled(void)
{
	int64_t units = -7;

	CHECK_EQUAL(decimal_scale((struct decimal){35130000, 8}, 4, &units), 0);
	CHECK_EQUAL(units, 3513);
	CHECK_EQUAL(decimal_scale((struct decimal){35130000, 8}, 3, &units), -EDOM);
	CHECK_EQUAL(units, 3513);
	CHECK_EQUAL(decimal_scale((struct decimal){7, 0}, 18, &units), 0);
	CHECK_EQUAL(units, 7000000000000000000);
	CHECK_EQUAL(decimal_scale((struct decimal){10, 0}, 18, &units), -ERANGE);
	CHECK_EQUAL(decimal_scale((struct decimal){0, 18}, 0, &units), 0);
	CHECK_EQUAL(units, 0);
	CHECK_EQUAL(decimal_scale((struct decimal){1, 18}, 0, &units), -EDOM);
	CHECK_EQUAL(decimal_scale((struct decimal){1000000000000000000, 18}, 0, &units), 0);
	CHECK_EQUAL(units, 1);
	CHECK_EQUAL(decimal_significant((struct decimal){35130000, 8}), 4);
	CHECK_EQUAL(decimal_significant((struct decimal){35130000, 3}), 0);
	CHECK_EQUAL(decimal_significant((struct decimal){0, 8}), 0);
}

// Dividing by a power of ten without a division.
static void scaled_as_by_division(void)
{
	uint64_t state = 11;
	bool right = true;

	for (int i = 0; i < 200000; i++) {
		uint32_t surplus = (uint32_t)(random_next(&state) % 19);
		int64_t ten = decimal_ten_to(surplus), units = -1;
		int64_t value = (int64_t)(random_next(&state) >> (1 + random_next(&state) % 60));
		int status;

		if (i % 2 == 0)
			value -= value % ten;
		status = decimal_scale((struct decimal){value, surplus}, 0, &units);
		right = right && status == (value % ten == 0 ? 0 : -EDOM) &&
			(status != 0 || units == value / ten);
	}
	CHECK(right);
}

static void printed(void)
{
	char text[DECIMAL_TEXT_SIZE];
	uint64_t state = 5;

	CHECK_EQUAL(decimal_print(3513, 4, text), 6);
	CHECK_TEXT(text, "0.3513");
	decimal_print(0, 0, text);
	CHECK(strcmp(text, "0") == 0);
	decimal_print(0, 2, text);
	CHECK(strcmp(text, "0.00") == 0);
	decimal_print(-5, 2, text);
	CHECK(strcmp(text, "-0.05") == 0);
	CHECK_EQUAL(decimal_print(INT64_MIN, 18, text), 21);
	CHECK(strcmp(text, "-9.223372036854775808") == 0);
	for (int i = 0; i < 10000; i++) {
		struct decimal number = {
			(int64_t)(random_next(&state) >> (1 + random_next(&state) % 63)),
			(uint32_t)(random_next(&state) % 19)};
		struct decimal back = {-1, 0};
		size_t size = decimal_print(number.units, number.decimals, text);

		CHECK_EQUAL(decimal_parse(text, size, &back), 0);
		CHECK(back.units == number.units && back.decimals == number.decimals);
	}
}

int main(void)
{
	static const struct check_case cases[] = {
		{"each text", each_text},
		{"each text in quotes", each_text_in_quotes},
		{"a quote beyond the end", a_quote_beyond_the_end},
		{"the fast path agrees with the general one", the_fast_path_agrees},
		{"scaled", scaled},
		{"scaled as by division", scaled_as_by_division},
		{"printed", printed},
	};

	return CHECK_RUN(cases);
}
