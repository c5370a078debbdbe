// Big-endian loads and stores on bytes of any alignment, for whatever reads a wire.
#ifndef POLLCORE_BYTES_H
#define POLLCORE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t bytes_load16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return __builtin_bswap16(value);
}

static inline uint32_t bytes_load32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return __builtin_bswap32(value);
}

static inline void bytes_store16(uint8_t *at, uint16_t value)
{
	value = __builtin_bswap16(value);
	memcpy(at, &value, sizeof(value));
}

static inline void bytes_store32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, sizeof(value));
}

#endif
