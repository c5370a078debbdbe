// Text in memory of its exact size and padding, so that sanitizers see every byte that is read
// beyond.
#ifndef TEST_PADDED_H
#define TEST_PADDED_H

#include <stdlib.h>
#include <string.h>

#include "json.h"

// A copy whose padding cannot complete the text, or is what would complete it worst.
static inline char *padded(const char *text, size_t size, int padding)
{
	char *copy = malloc(size + JSON_PADDING);

	memcpy(copy, text, size);
	memset(copy + size, padding, JSON_PADDING);
	return copy;
}

#endif
