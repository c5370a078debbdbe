// What the fuzzers of the respond path share: an input is a frame, and here is how one is changed.
#ifndef FUZZ_FRAME_H
#define FUZZ_FRAME_H

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static inline void promise(int kept)
{
	if (!kept)
		abort();
}

static void repair(uint8_t *checksum, uint64_t sum, const uint8_t *bytes, size_t size)
{
	uint16_t value;

	memset(checksum, 0, 2);
	value = (uint16_t)~checksum_fold(checksum_add_bytes(sum, bytes, size));
	memcpy(checksum, &value, sizeof(value));
}

static void repair_ipv6(uint8_t *ip, size_t size)
{
	uint32_t payload = bytes_load16(ip + 4);
	uint64_t sum = checksum_add_bytes((uint64_t)ip[6] << 8, ip + 8, 32);

	if (payload < 8 || payload > size - 40)
		return;
	sum = checksum_add(sum, __builtin_bswap16((uint16_t)payload));
	repair(ip + (ip[6] == 17 ? 46 : 42), sum, ip + 40, payload);
}

// A checksum is what random changes hardly ever get right, and behind it lies
// half of the code: mend it, most times.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint8_t *ip = data + 14;
	uint32_t total;
	uint64_t pseudo;

	size = LLVMFuzzerMutate(data, size, max_size);
	if (size >= 62 && bytes_load16(data + 12) == 0x86dd && seed % 8 != 0) {
		repair_ipv6(ip, size - 14);
		return size;
	}
	if (seed % 8 == 0 || size < 42)
		return size;
	repair(ip + 10, 0, ip, 20);
	total = bytes_load16(ip + 2);
	if (seed % 8 == 1 || total < 28 || total > size - 14)
		return size;
	if (ip[9] == 1)
		repair(ip + 22, 0, ip + 20, total - 20);
	if (ip[9] == 17 && bytes_load16(ip + 24) == total - 20) {
		pseudo = (uint64_t)17 << 8 | (uint64_t)__builtin_bswap16((uint16_t)(total - 20))
						     << 16;
		repair(ip + 26, checksum_add_bytes(pseudo, ip + 12, 8), ip + 20, total - 20);
	}
	return size;
}

#endif
