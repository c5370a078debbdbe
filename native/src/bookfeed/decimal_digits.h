// Sixteen digits at once, for the two fast paths that read numbers. Without SSE 4.1 they go by
// other ways.
#ifndef BOOKFEED_DECIMAL_DIGITS_H
#define BOOKFEED_DECIMAL_DIGITS_H

#ifdef __SSE4_1__

#include <smmintrin.h>
#include <stdint.h>

// The value of each digit a byte, the first lowest; digits to the left that are not there are 0.
static inline uint64_t decimal_of_digits(__m128i digits)
{
	uint64_t halves;

	digits = _mm_maddubs_epi16(digits, _mm_set1_epi16(1 << 8 | 10));
	digits = _mm_madd_epi16(digits, _mm_set1_epi32(1 << 16 | 100));
	digits = _mm_packus_epi32(digits, digits);
	digits = _mm_madd_epi16(digits, _mm_set1_epi32(1 << 16 | 10000));
	halves = (uint64_t)_mm_cvtsi128_si64(digits);
	return (halves & UINT32_MAX) * 100000000 + (halves >> 32);
}

// Where each byte comes from so that the first count of them end at the right; zeros come from
// nowhere.
static inline __m128i decimal_to_the_right(unsigned int count)
{
	const __m128i order = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

	return _mm_sub_epi8(order, _mm_set1_epi8((char)(16 - count)));
}

#endif

#endif
