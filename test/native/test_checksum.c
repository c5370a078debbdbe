// checksum.h against the definition in RFC 1071, word by word.
#include <stdlib.h>

#include "bytes.h"
#include "check.h"
#include "checksum.h"

static uint16_t naive_sum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

// In wire order, so that it can be compared with the definition.
static uint16_t our_sum(const uint8_t *bytes, size_t size)
{
	return __builtin_bswap16(checksum_fold(checksum_add_bytes(0, bytes, size)));
}

static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)rand();
}

static void example_of_the_rfc(void)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	CHECK_EQUAL(our_sum(bytes, sizeof(bytes)), 0xddf2);
}

static void every_size_and_alignment(void)
{
	for (size_t size = 0; size <= 200; size++) {
		for (size_t shift = 0; shift < 8; shift++) {
			// Just as large as needed: a read past the end is the sanitizer's to find.
			uint8_t *bytes = malloc(shift + size + (shift + size == 0));

			fill(bytes, shift + size);
			CHECK_EQUAL(our_sum(bytes + shift, size), naive_sum(bytes + shift, size));
			free(bytes);
		}
	}
}

static void carries(void)
{
	uint8_t bytes[9000];

	memset(bytes, 0xff, sizeof(bytes));
	CHECK_EQUAL(our_sum(bytes, sizeof(bytes)), 0xffff);
	memset(bytes, 0, sizeof(bytes));
	CHECK_EQUAL(our_sum(bytes, sizeof(bytes)), 0);
	bytes[8999] = 1;
	CHECK_EQUAL(our_sum(bytes, sizeof(bytes)), 1);
	CHECK_EQUAL(checksum_fold(UINT64_MAX), 0xffff);
	CHECK_EQUAL(checksum_fold(0x0000ffff0000ffff), 0xffff);
	CHECK_EQUAL(checksum_fold(0xffffffff00000001), 1);
	CHECK_EQUAL(checksum_add(UINT64_MAX, 1), 1);
}

static void parts_add_up(void)
{
	uint8_t bytes[64];

	fill(bytes, sizeof(bytes));
	for (size_t split = 0; split <= sizeof(bytes); split += 2) {
		uint64_t sum = checksum_add_bytes(0, bytes, split);

		sum = checksum_add_bytes(sum, bytes + split, sizeof(bytes) - split);
		CHECK_EQUAL(__builtin_bswap16(checksum_fold(sum)), naive_sum(bytes, sizeof(bytes)));
	}
}

// An updated checksum must hold exactly when the old one did.
static void update_keeps_the_sum_right(void)
{
	uint8_t bytes[20];

	for (int i = 0; i < 100000; i++) {
		uint16_t before;
		uint16_t after = (uint16_t)rand();

		fill(bytes, sizeof(bytes));
		bytes_store16(bytes + 10, 0);
		bytes_store16(bytes + 10, (uint16_t)~naive_sum(bytes, sizeof(bytes)));
		before = bytes_load16(bytes + 8);
		bytes_store16(bytes + 8, after);
		bytes_store16(bytes + 10, checksum_update(bytes_load16(bytes + 10), before, after));
		CHECK_EQUAL(naive_sum(bytes, sizeof(bytes)), 0xffff);
	}
}

static const struct check_case cases[] = {
	{"the example of RFC 1071", example_of_the_rfc},
	{"every size and alignment as the definition says", every_size_and_alignment},
	{"carries come around", carries},
	{"the sum of parts is the sum of the whole", parts_add_up},
	{"an updated checksum holds", update_keeps_the_sum_right},
};

int main(void)
{
	return CHECK_RUN(cases);
}
