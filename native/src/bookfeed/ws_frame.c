// What a client sends: whole frames, masked. See ws.h.
#include <string.h>

#include "ws.h"

enum { FIN = 0x80, MASKED = 0x80, SIZE_16 = 126, SIZE_64 = 127 };

static size_t write_header(uint8_t *out, enum ws_opcode opcode, size_t size)
{
	size_t wide = size > UINT16_MAX ? 8 : size >= SIZE_16 ? 2 : 0;

	out[0] = (uint8_t)(FIN | opcode);
	if (wide == 0)
		out[1] = (uint8_t)(MASKED | size);
	else
		out[1] = (uint8_t)(MASKED | (wide == 2 ? SIZE_16 : SIZE_64));
	for (size_t i = 0; i < wide; i++)
		out[2 + i] = (uint8_t)((uint64_t)size >> 8 * (wide - 1 - i));
	return 2 + wide;
}

size_t ws_frame(uint8_t *out, enum ws_opcode opcode, const void *payload, size_t size,
	const uint8_t mask[4])
{
	const uint8_t *bytes = payload;
	size_t at = write_header(out, opcode, size);

	memcpy(out + at, mask, 4);
	at += 4;
	for (size_t i = 0; i < size; i++)
		out[at + i] = bytes[i] ^ mask[i % 4];
	return at + size;
}
