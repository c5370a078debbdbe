// Decimal numbers as exact integers: "0.3513" at 8 decimals is 35130000 units. Nothing passes
// through a double. Prices and quantities are types of their own, so that one is never taken for
// the other.
#ifndef BOOKFEED_DECIMAL_H
#define BOOKFEED_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

enum {
	DECIMAL_DECIMALS_MAX = 18,
	DECIMAL_TEXT_SIZE = 24, // what decimal_print writes at most, with its NUL
	DECIMAL_PADDING = 32, // readable bytes, of any value, that must follow a text to be parsed
};

struct price {
	int64_t units;
};

struct quantity {
	int64_t units;
};

struct level {
	struct price price;
	struct quantity quantity;
};

// A number as it was written: "0.3500" is {3500, 4}.
struct decimal {
	int64_t units;     // not negative
	uint32_t decimals; // 0 to DECIMAL_DECIMALS_MAX
};

// Digits, at most one point between two of them, nothing else: no sign, no exponent, no space. Only
// if the number is too large otherwise, zeros at the end of its fraction are left out. -EINVAL: not
// such a number; -ERANGE: more than INT64_MAX units or too many decimals.
int decimal_parse(const char *text, size_t size, struct decimal *decimal);

// In units of 10^-decimals. -EDOM: not whole at that scale, it needs more decimals; -ERANGE: too
// large at that scale.
int decimal_scale(struct decimal decimal, uint32_t decimals, int64_t *units);

// How many decimals are left without the zeros at the end: 2 for 0.3500.
uint32_t decimal_significant(struct decimal decimal);

// 10^decimals; decimals is at most DECIMAL_DECIMALS_MAX.
int64_t decimal_ten_to(uint32_t decimals);

// The size of the text without its NUL; negative units have a sign.
size_t decimal_print(int64_t units, uint32_t decimals, char text[DECIMAL_TEXT_SIZE]);

#endif
