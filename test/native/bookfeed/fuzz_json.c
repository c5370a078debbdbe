// libFuzzer: any bytes through the scanner, as a value and as levels. Two readers that must agree:
// what json_levels takes is JSON, and what it takes fast is what the general reader of numbers
// says.
#include <stdlib.h>

#include "json.h"

enum { LEVELS = 16 };

static void require(bool right)
{
	if (!right)
		abort();
}

static bool is_json(const char *text, size_t size)
{
	struct json json;

	json_open(&json, text, size);
	return json_skip(&json) && json_close(&json);
}

// The numbers of a level are read again, from the text between their quotes.
static void check_level(struct json *json, const struct json_level *level)
{
	const struct decimal *wanted[] = {&level->price, &level->quantity};
	enum json_step step;

	require(json_array(json));
	for (int i = 0; i < 2; i++) {
		struct json_text text;
		struct decimal number;

		require(json_item(json) == JSON_ITEM && json_string(json, &text));
		require(decimal_parse(text.at, text.size, &number) == 0);
		require(number.units == wanted[i]->units && number.decimals == wanted[i]->decimals);
	}
	while ((step = json_item(json)) == JSON_ITEM)
		require(json_skip(json));
	require(step == JSON_CLOSED);
}

static void check_levels(const char *text, size_t size)
{
	struct json_level levels[LEVELS];
	struct json json;
	size_t count = 0;

	json_open(&json, text, size);
	if (json_levels(&json, levels, LEVELS, &count) != 0 || !json_close(&json))
		return;
	require(count <= LEVELS && is_json(text, size));
	json_open(&json, text, size);
	require(json_array(&json));
	for (size_t i = 0; i < count; i++) {
		require(json_item(&json) == JSON_ITEM);
		check_level(&json, &levels[i]);
	}
	require(json_item(&json) == JSON_CLOSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + JSON_PADDING);

	if (size > 0)
		memcpy(text, bytes, size);
	// What would complete a text that is cut must not.
	for (int i = 0; i < 3; i++) {
		memset(text + size, "\"]0"[i], JSON_PADDING);
		is_json(text, size);
		check_levels(text, size);
	}
	free(text);
	return 0;
}
