// Decimal text to exact integers and back: the general path, a digit at a time. decimal_quoted.h
// has the fast one.
#include "decimal.h"

#include <errno.h>
#include <stdbool.h>

// 10^n, and what undoes it: x is a multiple of 10^n exactly if its n low bits are zero and the rest
// times the inverse of 5^n is at most UINT64_MAX / 5^n; that product is then the quotient.
struct power {
	uint64_t ten;
	uint64_t five_inverse;
	uint64_t limit;
};

static struct power powers[DECIMAL_DECIMALS_MAX + 1];

__attribute__((constructor)) static void fill_powers(void)
{
	uint64_t ten = 1, five = 1;

	for (int n = 0; n <= DECIMAL_DECIMALS_MAX; n++) {
		uint64_t inverse = five; // right in its low 3 bits; each step doubles them

		for (int i = 0; i < 5; i++)
			inverse *= 2 - five * inverse;
		powers[n] = (struct power){ten, inverse, UINT64_MAX / five};
		ten *= 10;
		five *= 5;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

// Appends a digit unless the number would leave 63 bits.
static bool append(int64_t *units, int digit)
{
	return !__builtin_mul_overflow(*units, 10, units) &&
	       !__builtin_add_overflow(*units, digit, units);
}

// Zeros of a fraction are written only when another digit follows, and at the end as far as they
// fit. What is no digit counts for more than what is too large.
static int append_fraction(const char *text, size_t size, struct decimal *decimal)
{
	uint32_t zeros = 0;
	int fault = 0;

	for (size_t i = 0; i < size; i++) {
		if (!is_digit(text[i]))
			return -EINVAL;
		zeros++;
		if (text[i] == '0' || fault != 0)
			continue;
		if (decimal->decimals + zeros > DECIMAL_DECIMALS_MAX)
			fault = -ERANGE;
		for (; fault == 0 && zeros > 1; zeros--, decimal->decimals++)
			fault = append(&decimal->units, 0) ? 0 : -ERANGE;
		if (fault == 0 && !append(&decimal->units, text[i] - '0'))
			fault = -ERANGE;
		decimal->decimals++;
		zeros = 0;
	}
	for (; fault == 0 && zeros > 0 && decimal->decimals < DECIMAL_DECIMALS_MAX; zeros--) {
		int64_t longer = decimal->units;

		if (!append(&longer, 0))
			break;
		decimal->units = longer;
		decimal->decimals++;
	}
	return fault;
}

int decimal_parse(const char *text, size_t size, struct decimal *decimal)
{
	struct decimal found = {0};
	size_t whole = 0;
	bool large = false;
	int fault = 0;

	for (; whole < size && is_digit(text[whole]); whole++)
		large = large || !append(&found.units, text[whole] - '0');
	if (whole == 0)
		return -EINVAL;
	if (whole < size) {
		if (text[whole] != '.' || whole + 1 == size)
			return -EINVAL;
		fault = append_fraction(text + whole + 1, size - whole - 1, &found);
	}
	if (fault == 0 && large)
		fault = -ERANGE;
	if (fault == 0)
		*decimal = found;
	return fault;
}

int decimal_scale(struct decimal decimal, uint32_t decimals, int64_t *units)
{
	const struct power *power;
	uint64_t quotient;
	uint32_t surplus;

	if (decimal.decimals == decimals) {
		*units = decimal.units;
		return 0;
	}
	if (decimal.decimals < decimals) {
		int64_t product;
		uint32_t missing = decimals - decimal.decimals;

		if (missing > DECIMAL_DECIMALS_MAX)
			return decimal.units == 0 ? (*units = 0, 0) : -ERANGE;
		if (__builtin_mul_overflow(decimal.units, (int64_t)powers[missing].ten, &product))
			return -ERANGE;
		*units = product;
		return 0;
	}
	surplus = decimal.decimals - decimals;
	if (surplus > DECIMAL_DECIMALS_MAX)
		return -EDOM;
	power = &powers[surplus];
	quotient = ((uint64_t)decimal.units >> surplus) * power->five_inverse;
	if (((uint64_t)decimal.units & ((UINT64_C(1) << surplus) - 1)) != 0 ||
		quotient > power->limit)
		return -EDOM;
	*units = (int64_t)quotient;
	return 0;
}

uint32_t decimal_significant(struct decimal decimal)
{
	if (decimal.units == 0)
		return 0;
	for (; decimal.decimals > 0 && decimal.units % 10 == 0; decimal.decimals--)
		decimal.units /= 10;
	return decimal.decimals;
}

int64_t decimal_ten_to(uint32_t decimals)
{
	return (int64_t)powers[decimals].ten;
}

size_t decimal_print(int64_t units, uint32_t decimals, char text[DECIMAL_TEXT_SIZE])
{
	char digits[DECIMAL_TEXT_SIZE];
	uint64_t left = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
	size_t at = sizeof(digits), size;

	for (uint32_t written = 0; left > 0 || written <= decimals; written++, left /= 10) {
		if (written == decimals && decimals > 0)
			digits[--at] = '.';
		digits[--at] = (char)('0' + left % 10);
	}
	if (units < 0)
		digits[--at] = '-';
	size = sizeof(digits) - at;
	for (size_t i = 0; i < size; i++)
		text[i] = digits[at + i];
	text[size] = '\0';
	return size;
}
