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

// The further items of a level, and its end.
static int rest_of_level(struct json *json)
{
	enum json_step step;

	while ((step = json_item(json)) == JSON_ITEM)
		if (!json_skip(json))
			return -EINVAL;
	return step == JSON_CLOSED ? 0 : -EINVAL;
}

// One level as it may be written too: with space, with large numbers.
static int general_level(struct json *json, struct json_level *level)
{
	int fault;

	if (!json_array(json) || json_item(json) != JSON_ITEM)
		return -EINVAL;
	fault = json_decimal(json, &level->price);
	if (fault != 0)
		return fault;
	if (json_item(json) != JSON_ITEM)
		return -EINVAL;
	fault = json_decimal(json, &level->quantity);
	return fault != 0 ? fault : rest_of_level(json);
}

// Where the quotes are in 32 bytes.
static inline uint32_t quotes_of(const char *at)
{
#ifdef __SSE4_1__
	const __m128i quote = _mm_set1_epi8('"');
	__m128i low = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i high = _mm_loadu_si128((const __m128i *)(const void *)(at + 16));

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(low, quote)) |
	       (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(high, quote)) << 16;
#else
	uint32_t quotes = 0;

	for (int i = 0; i < 32; i++)
		quotes |= (uint32_t)(at[i] == '"') << i;
	return quotes;
#endif
}

// Exactly ["price","quantity" with nothing between; the byte after it, or NULL. All quotes are
// found at once, so that the next level need not wait until this one's numbers have been read.
static inline const char *dense_level(const char *at, const char *end, struct json_level *level)
{
	uint32_t quotes = quotes_of(at + 2), price_end, quantity_end;
	size_t size;

	if (memcmp(at, "[\"", 2) != 0 || quotes == 0)
		return NULL;
	price_end = (uint32_t)__builtin_ctz(quotes);
	quotes &= quotes - 1;
	quotes &= quotes - 1;
	if (quotes == 0)
		return NULL;
	quantity_end = (uint32_t)__builtin_ctz(quotes);
	at += 2;
	if ((size_t)(end - at) <= quantity_end || memcmp(at + price_end, "\",\"", 3) != 0 ||
		!decimal_quoted_fast(at, &size, &level->price) ||
		!decimal_quoted_fast(at + price_end + 3, &size, &level->quantity))
		return NULL;
	return at + quantity_end + 1;
}

// As many dense levels as there are, up to capacity. Behind a comma: what comes next is not dense.
static int dense_levels(
	struct json *json, struct json_level *levels, size_t capacity, size_t *count)
{
	const char *at = json->at, *end = json->end;

	while (*count < capacity && end - at > 2) {
		const char *after = dense_level(at, end, &levels[*count]);

		if (after == NULL)
			break;
		++*count;
		at = after;
		if (at < end && *at == ']') {
			at++;
		} else {
			int fault;

			*json = (struct json){at, end, false};
			fault = rest_of_level(json);
			if (fault != 0)
				return fault;
			at = json->at;
		}
		if (end - at < 2 || at[0] != ',' || at[1] != '[')
			break;
		at++;
	}
	json->at = at;
	return 0;
}

int json_levels(struct json *json, struct json_level *levels, size_t capacity, size_t *count)
{
	size_t found = *count;
	enum json_step step;

	if (!json_array(json))
		return -EINVAL;
	while ((step = json_item(json)) == JSON_ITEM) {
		size_t before = found;
		int fault = dense_levels(json, levels, capacity, &found);

		if (fault == 0 && (found == before || json->at[-1] == ',')) {
			fault = found == capacity ? -ENOSPC : general_level(json, &levels[found]);
			found++;
		}
		if (fault != 0)
			return fault;
	}
	if (step != JSON_CLOSED)
		return -EINVAL;
	*count = found;
	return 0;
}
