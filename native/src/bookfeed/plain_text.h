// What a server says, as a terminal can show it: none of its bytes is a command. For the feed and
// the session.
#ifndef BOOKFEED_PLAIN_TEXT_H
#define BOOKFEED_PLAIN_TEXT_H

#include <stddef.h>

// Each byte that is not printable ASCII becomes '?'. out has room for size characters and the 0
// that ends them.
static inline void plain_text(char *out, const void *bytes, size_t size)
{
	const char *text = bytes;

	for (size_t i = 0; i < size; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[size] = '\0';
}

#endif
