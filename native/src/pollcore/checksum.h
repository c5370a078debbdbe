// The Internet checksum (RFC 1071) and its incremental update (RFC 1624), on bytes of any
// alignment. Sums are kept in the machine's own byte order: a ones' complement sum does not care,
// and the swap is saved.
#ifndef POLLCORE_CHECKSUM_H
#define POLLCORE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

static inline uint64_t checksum_add(uint64_t sum, uint64_t value)
{
	sum += value;
	return sum + (sum < value);
}

// Fewer bytes than a word, as the low end of one.
static inline uint64_t checksum_gather(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return word;
}

// Adds size bytes to a running sum; an odd last byte counts as if a zero followed it. The last one
// to eight bytes are read as a whole word and shifted clear of those already summed: one load,
// where taking the tail apart needs three branches.
static inline uint64_t checksum_add_bytes(uint64_t sum, const uint8_t *bytes, size_t size)
{
	const uint8_t *last = bytes + size - 8;
	uint64_t carries = 0;

	if (size < 8)
		return checksum_add(sum, checksum_gather(bytes, size));
	for (; last - bytes > 32; bytes += 32) {
		carries += __builtin_add_overflow(sum, bytes_load_raw64(bytes), &sum);
		carries += __builtin_add_overflow(sum, bytes_load_raw64(bytes + 8), &sum);
		carries += __builtin_add_overflow(sum, bytes_load_raw64(bytes + 16), &sum);
		carries += __builtin_add_overflow(sum, bytes_load_raw64(bytes + 24), &sum);
	}
	for (; bytes < last; bytes += 8)
		carries += __builtin_add_overflow(sum, bytes_load_raw64(bytes), &sum);
	carries += __builtin_add_overflow(sum, bytes_load_raw64(last) >> (-size & 7) * 8, &sum);
	return checksum_add(sum, carries);
}

// Whether bytes with this sum carry a right checksum; they must not all be zero. A ones' complement
// sum is a remainder by 0xffff, so it need not be folded to be compared with zero: a number is a
// multiple exactly when its product with the inverse of 0xffff (mod 2^64) is at most 2^64 / 0xffff.
static inline bool checksum_holds(uint64_t sum)
{
	return sum * UINT64_C(0xfffefffefffeffff) <= UINT64_C(0x0001000100010001);
}

// The 16-bit ones' complement sum; 0xffff when the bytes summed carry a right checksum.
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16 & 0xffff) + (sum >> 32) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

// The checksum that stands for the same data once one 16-bit word has changed. All three as read
// from the wire in the same byte order.
static inline uint16_t checksum_update(uint16_t checksum, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~before + after;

	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}

#endif
