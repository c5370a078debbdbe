// Where a fuzzer cuts its bytes into pieces: by chance, but the same each time for the same bytes.
#ifndef FUZZ_CUTS_H
#define FUZZ_CUTS_H

#include <stddef.h>
#include <stdint.h>

struct cuts {
	uint64_t state; // 0: no cuts, all in one piece
};

static inline struct cuts cuts_of(const uint8_t *bytes, size_t size)
{
	uint64_t state = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		state = (state ^ bytes[i]) * UINT64_C(0x100000001b3);
	return (struct cuts){state | 1};
}

// The size of the next piece: often a byte or a few, at times many.
static inline size_t cuts_next(struct cuts *cuts)
{
	if (cuts->state == 0)
		return SIZE_MAX;
	cuts->state ^= cuts->state << 13;
	cuts->state ^= cuts->state >> 7;
	cuts->state ^= cuts->state << 17;
	return 1 + (cuts->state >> 40) % (size_t)(UINT64_C(1) << (cuts->state >> 60) / 2);
}

#endif
