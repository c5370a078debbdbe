// Loads and stores on bytes of any alignment, for whatever reads a wire: big-endian as numbers, or
// raw as they stand, for what is only compared, moved or summed.
#ifndef POLLCORE_BYTES_H
#define POLLCORE_BYTES_H

#include <stdint.h>
#include <string.h>

_Static_assert(
	__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw words are taken apart as little-endian");

static inline uint16_t bytes_load_raw16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t bytes_load_raw32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t bytes_load_raw64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline void bytes_store_raw32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void bytes_store_raw64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static inline uint16_t bytes_load16(const uint8_t *at)
{
	return __builtin_bswap16(bytes_load_raw16(at));
}

static inline uint32_t bytes_load32(const uint8_t *at)
{
	return __builtin_bswap32(bytes_load_raw32(at));
}

static inline void bytes_store16(uint8_t *at, uint16_t value)
{
	value = __builtin_bswap16(value);
	memcpy(at, &value, sizeof(value));
}

static inline void bytes_store32(uint8_t *at, uint32_t value)
{
	bytes_store_raw32(at, __builtin_bswap32(value));
}

#endif
