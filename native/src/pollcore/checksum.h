// The Internet checksum (RFC 1071) and its incremental update (RFC 1624), on bytes of any
// alignment. Sums are kept in the machine's own byte order: a ones' complement sum does not care,
// and the swap is saved.
#ifndef POLLCORE_CHECKSUM_H
#define POLLCORE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t checksum_add(uint64_t sum, uint64_t value)
{
	sum += value;
	return sum + (sum < value);
}

// Adds size bytes to a running sum; an odd last byte counts as if a zero followed it. The tail is
// added piece by piece, as gathering it in memory first would cost a failed store forwarding.
static inline uint64_t checksum_add_bytes(uint64_t sum, const uint8_t *bytes, size_t size)
{
	uint64_t word64;
	uint32_t word32;
	uint16_t word16;
	uint8_t last[2] = {0, 0};

	for (; size >= 8; bytes += 8, size -= 8) {
		memcpy(&word64, bytes, 8);
		sum = checksum_add(sum, word64);
	}
	if ((size & 4) != 0) {
		memcpy(&word32, bytes, 4);
		sum = checksum_add(sum, word32);
		bytes += 4;
	}
	if ((size & 2) != 0) {
		memcpy(&word16, bytes, 2);
		sum = checksum_add(sum, word16);
		bytes += 2;
	}
	if ((size & 1) != 0) {
		last[0] = bytes[0];
		memcpy(&word16, last, 2);
		sum = checksum_add(sum, word16);
	}
	return sum;
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
