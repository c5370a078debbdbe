// The fast path of decimal numbers: one that ends in a quote within 16 bytes, in about thirty
// instructions and no loop. Inline, for the scanner alone.
#ifndef BOOKFEED_DECIMAL_QUOTED_H
#define BOOKFEED_DECIMAL_QUOTED_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "decimal.h"
#include "decimal_digits.h"

// What is known of the 16 bytes: how many come before the quote, and where the point is among them.
struct decimal_shape {
	uint32_t size;
	uint32_t point; // equal to size: there is none
};

#ifdef __SSE4_1__

// False: no quote within 16 bytes, or something that is no number; the general path says which.
static inline bool decimal_shape(__m128i text, struct decimal_shape *shape)
{
	__m128i digits = _mm_xor_si128(text, _mm_set1_epi8('0'));
	uint32_t quotes = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')));
	uint32_t points = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('.')));
	uint32_t others = ~(uint32_t)_mm_movemask_epi8(
		_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits));

	if (quotes == 0)
		return false;
	shape->size = (uint32_t)__builtin_ctz(quotes);
	// Both include the quote's bit, so neither is ever 0.
	points |= quotes;
	others &= (quotes & (0 - quotes)) * 2 - 1;
	shape->point = (uint32_t)__builtin_ctz(points);
	// Nothing but digits, the first point, and the quote; a point has a digit on either side.
	return others == ((UINT32_C(1) << shape->point) | (UINT32_C(1) << shape->size)) &&
	       shape->point > 0 && shape->point + 1 != shape->size;
}

static inline bool decimal_quoted_fast(const char *text, size_t *size, struct decimal *decimal)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)text), from, digits;
	struct decimal_shape shape;
	uint32_t fraction;

	if (!decimal_shape(bytes, &shape))
		return false;
	fraction = shape.size - shape.point; // with its point
	// To the right end, and over the point.
	from = decimal_to_the_right(shape.size - (fraction > 0));
	from = _mm_sub_epi8(from, _mm_cmpgt_epi8(from, _mm_set1_epi8((char)(shape.point - 1))));
	digits = _mm_shuffle_epi8(_mm_xor_si128(bytes, _mm_set1_epi8('0')), from);
	decimal->units = (int64_t)decimal_of_digits(digits);
	decimal->decimals = fraction - (fraction > 0);
	*size = shape.size;
	return true;
}

#else

#define DECIMAL_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

// The high bit of each byte that is equal; right up to and including the first one.
static inline uint64_t decimal_equal(uint64_t bytes, char byte)
{
	uint64_t other = bytes ^ DECIMAL_EACH((uint8_t)byte);

	return (other - DECIMAL_EACH(1)) & ~other & DECIMAL_EACH(0x80);
}

static inline uint32_t decimal_index(uint64_t low, uint64_t high)
{
	if (low != 0)
		return (uint32_t)__builtin_ctzll(low) / 8;
	return high != 0 ? 8 + (uint32_t)__builtin_ctzll(high) / 8 : 16;
}

// Eight digits, the first in the lowest byte.
static inline uint64_t decimal_eight(uint64_t digits)
{
	digits = (digits * 10 + (digits >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
	digits = (digits * 100 + (digits >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
	return (digits * 10000 + (digits >> 32)) & UINT32_MAX;
}

// That each of eight bytes is a digit's value.
static inline bool decimal_are_digits(uint64_t digits)
{
	uint64_t over = (digits & DECIMAL_EACH(0x7F)) + DECIMAL_EACH(0x76);

	return ((over | digits) & DECIMAL_EACH(0x80)) == 0;
}

static inline bool decimal_quoted_fast(const char *text, size_t *size, struct decimal *decimal)
{
	unsigned __int128 digits, one = 1;
	uint64_t low, high;
	uint32_t quote, point;

	// Little-endian, as x86 and arm64 are: the first byte is the lowest.
	memcpy(&low, text, 8);
	memcpy(&high, text + 8, 8);
	quote = decimal_index(decimal_equal(low, '"'), decimal_equal(high, '"'));
	point = decimal_index(decimal_equal(low, '.'), decimal_equal(high, '.'));
	if (quote == 16 || quote == 0 || point == 0 || point + 1 == quote)
		return false;
	digits = (unsigned __int128)(high ^ DECIMAL_EACH('0')) << 64 | (low ^ DECIMAL_EACH('0'));
	digits &= (one << 8 * quote) - 1;
	if (point < quote)
		digits =
			(digits & ((one << 8 * point) - 1)) | digits >> 8 * point >> 8 << 8 * point;
	if (!decimal_are_digits((uint64_t)digits) || !decimal_are_digits((uint64_t)(digits >> 64)))
		return false;
	digits <<= 8 * (16 - quote + (point < quote));
	decimal->units = (int64_t)(decimal_eight((uint64_t)digits) * 100000000 +
				   decimal_eight((uint64_t)(digits >> 64)));
	decimal->decimals = point < quote ? quote - point - 1 : 0;
	*size = quote;
	return true;
}

#endif

// From behind the opening quote; *size is then what comes before the closing one, which is searched
// up to end. DECIMAL_PADDING bytes after end may be read. Errors as decimal_parse.
static inline int decimal_quoted(
	const char *text, const char *end, size_t *size, struct decimal *decimal)
{
	const char *quote;
	int fault;

	if (__builtin_expect(decimal_quoted_fast(text, size, decimal), 1))
		return *size < (size_t)(end - text) ? 0 : -EINVAL;
	quote = (const char *)memchr(text, '"', (size_t)(end - text));
	if (quote == NULL)
		return -EINVAL;
	fault = decimal_parse(text, (size_t)(quote - text), decimal);
	if (fault == 0)
		*size = (size_t)(quote - text);
	return fault;
}

#endif
