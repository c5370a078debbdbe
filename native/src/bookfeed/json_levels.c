// The scanner's hot path: levels of a book, as every venue writes them.
#include <errno.h>

#include "decimal_quoted.h"
#include "json.h"

int json_decimal(struct json *json, struct decimal *decimal)
{
	size_t size;
	int fault;

	if (!json_take(json, '"'))
		return -EINVAL;
	fault = decimal_quoted(json->at, json->end, &size, decimal);
	if (fault == 0)
		json->at += size + 1;
	return fault;
}

// One level as it may be written too: with space, with further items.
static int general_level(struct json *json, struct json_level *level)
{
	enum json_step step;
	int fault;

	if (!json_array(json) || json_item(json) != JSON_ITEM)
		return -EINVAL;
	fault = json_decimal(json, &level->price);
	if (fault != 0)
		return fault;
	if (json_item(json) != JSON_ITEM)
		return -EINVAL;
	fault = json_decimal(json, &level->quantity);
	if (fault != 0)
		return fault;
	while ((step = json_item(json)) == JSON_ITEM)
		if (!json_skip(json))
			return -EINVAL;
	return step == JSON_CLOSED ? 0 : -EINVAL;
}

// Exactly ["price","quantity"] with nothing between; the byte after it, or NULL.
static inline const char *dense_level(const char *at, const char *end, struct json_level *level)
{
	size_t size;

	if (end - at < 2 || memcmp(at, "[\"", 2) != 0)
		return NULL;
	at += 2;
	if (!decimal_quoted_fast(at, &size, &level->price) || (size_t)(end - at) < size + 3)
		return NULL;
	at += size;
	if (memcmp(at, "\",\"", 3) != 0)
		return NULL;
	at += 3;
	if (!decimal_quoted_fast(at, &size, &level->quantity) || (size_t)(end - at) < size + 2)
		return NULL;
	at += size;
	return memcmp(at, "\"]", 2) == 0 ? at + 2 : NULL;
}

// As many dense levels as there are, up to capacity; where they end, with their commas.
static const char *dense_levels(
	const char *at, const char *end, struct json_level *levels, size_t capacity, size_t *count)
{
	while (*count < capacity) {
		const char *after = dense_level(at, end, &levels[*count]);

		if (after == NULL)
			return at;
		++*count;
		at = after;
		// A comma is taken only with what must come after it.
		if (end - at < 2 || at[0] != ',' || at[1] != '[')
			return at;
		at++;
	}
	return at;
}

int json_levels(struct json *json, struct json_level *levels, size_t capacity, size_t *count)
{
	size_t found = *count;
	enum json_step step;

	if (!json_array(json))
		return -EINVAL;
	while ((step = json_item(json)) == JSON_ITEM) {
		size_t before = found;

		json->at = dense_levels(json->at, json->end, levels, capacity, &found);
		// Behind a comma, or before anything that is not dense.
		if (found == before || json->at[-1] == ',') {
			int fault =
				found == capacity ? -ENOSPC : general_level(json, &levels[found]);

			if (fault != 0)
				return fault;
			found++;
		}
	}
	if (step != JSON_CLOSED)
		return -EINVAL;
	*count = found;
	return 0;
}
