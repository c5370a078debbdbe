// The scanner's inner part, inline so that a reader's position stays in registers: whatever is not
// inline gets a copy of it. Included by json.h alone.
#ifndef BOOKFEED_JSON_INLINE_H
#define BOOKFEED_JSON_INLINE_H

#include "decimal_digits.h"
#include "json.h"

// From the opening quote on, with escapes and of any size.
bool json_string_general(struct json *json, struct json_text *text);
bool json_unsigned_general(struct json *json, uint64_t *number);
bool json_skip_general(struct json *json);

static inline void json_space(struct json *json)
{
	// Venues send none, so one comparison is all that it costs.
	while (__builtin_expect(json->at < json->end && (uint8_t)*json->at <= ' ', 0)) {
		if (*json->at != ' ' && *json->at != '\n' && *json->at != '\r' && *json->at != '\t')
			return;
		json->at++;
	}
}

static inline char json_peek(struct json *json)
{
	json_space(json);
	return json->at < json->end ? *json->at : '\0';
}

// Over that byte, with space before it.
static inline bool json_take(struct json *json, char byte)
{
	json_space(json);
	if (json->at >= json->end || *json->at != byte)
		return false;
	json->at++;
	return true;
}

static inline bool json_enter(struct json *json, char bracket)
{
	json->fresh = true;
	return json_take(json, bracket);
}

static inline bool json_object(struct json *json)
{
	return json_enter(json, '{');
}

static inline bool json_array(struct json *json)
{
	return json_enter(json, '[');
}

// How many bytes from there on are neither quote, backslash nor control character, up to 16.
static inline unsigned int json_plain(const char *at)
{
#ifdef __SSE4_1__
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
		_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')),
			_mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes)));

	return (unsigned int)__builtin_ctz((unsigned int)_mm_movemask_epi8(special) | 1U << 16);
#else
	unsigned int count = 0;

	while (count < 16 && at[count] != '"' && at[count] != '\\' && (uint8_t)at[count] > 0x1F)
		count++;
	return count;
#endif
}

static inline bool json_string(struct json *json, struct json_text *text)
{
	const char *at;
	unsigned int plain;
	struct json copy;
	bool right;

	json_space(json);
	at = json->at + 1;
	plain = json_plain(at);
	if (__builtin_expect(
		    at + plain < json->end && *json->at == '"' && plain < 16 && at[plain] == '"',
		    1)) {
		*text = (struct json_text){at, plain, false};
		json->at = at + plain + 1;
		return true;
	}
	copy = *json;
	right = json_string_general(&copy, text);
	*json = copy;
	return right;
}

// Up to the next item of an object or array, or over its end.
static inline enum json_step json_step(struct json *json, char bracket)
{
	bool fresh = json->fresh;

	json->fresh = false;
	json_space(json);
	if (json->at >= json->end)
		return JSON_BROKEN;
	if (*json->at == bracket) {
		json->at++;
		return JSON_CLOSED;
	}
	if (fresh)
		return JSON_ITEM;
	if (*json->at != ',')
		return JSON_BROKEN;
	json->at++;
	return JSON_ITEM;
}

static inline enum json_step json_item(struct json *json)
{
	return json_step(json, ']');
}

static inline enum json_step json_key(struct json *json, struct json_text *key)
{
	enum json_step found = json_step(json, '}');

	if (found == JSON_ITEM && (!json_string(json, key) || !json_take(json, ':')))
		return JSON_BROKEN;
	return found;
}

// How many digits there are, up to 16.
static inline unsigned int json_digits(const char *at)
{
#ifdef __SSE4_1__
	__m128i digits = _mm_xor_si128(
		_mm_loadu_si128((const __m128i *)(const void *)at), _mm_set1_epi8('0'));
	__m128i are = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);

	return (unsigned int)__builtin_ctz(~(unsigned int)_mm_movemask_epi8(are));
#else
	unsigned int count = 0;

	while (count < 16 && at[count] >= '0' && at[count] <= '9')
		count++;
	return count;
#endif
}

// A whole number of 1 to 15 digits that ends before the text does, as JSON writes it.
static inline bool json_is_short(const struct json *json, unsigned int digits)
{
	const char *at = json->at;

	return digits - 1 < 15 && at + digits < json->end && (*at != '0' || digits == 1) &&
	       at[digits] != '.' && (at[digits] | 0x20) != 'e';
}

static inline uint64_t json_short(const char *at, unsigned int digits)
{
#ifdef __SSE4_1__
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);

	bytes = _mm_xor_si128(bytes, _mm_set1_epi8('0'));
	return decimal_of_digits(_mm_shuffle_epi8(bytes, decimal_to_the_right(digits)));
#else
	uint64_t number = 0;

	for (unsigned int i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(at[i] - '0');
	return number;
#endif
}

static inline bool json_unsigned(struct json *json, uint64_t *number)
{
	unsigned int digits;
	struct json copy;
	bool right;

	json_space(json);
	digits = json_digits(json->at);
	if (__builtin_expect(json_is_short(json, digits), 1)) {
		*number = json_short(json->at, digits);
		json->at += digits;
		return true;
	}
	copy = *json;
	right = json_unsigned_general(&copy, number);
	*json = copy;
	return right;
}

static inline bool json_skip(struct json *json)
{
	struct json_text text;
	unsigned int digits;
	struct json copy;
	bool right;

	if (json_peek(json) == '"')
		return json_string(json, &text);
	digits = json_digits(json->at);
	if (json_is_short(json, digits)) {
		json->at += digits;
		return true;
	}
	copy = *json;
	right = json_skip_general(&copy);
	*json = copy;
	return right;
}

static inline bool json_close(struct json *json)
{
	json_space(json);
	return json->at == json->end;
}

#endif
