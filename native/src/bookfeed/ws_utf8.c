// UTF-8 as RFC 3629 has it: shortest forms, no surrogates, nothing above U+10FFFF. What exchanges
// send is ASCII, so that is looked at in words.
#include <string.h>

#include "ws.h"

// How many of the first bytes are plain ASCII; stops at the word in which one is not.
static size_t skip_ascii(const uint8_t *bytes, size_t size)
{
	size_t at = 0;

	for (; at + 32 <= size; at += 32) {
		uint64_t words[4];

		memcpy(words, bytes + at, sizeof(words));
		if (((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080) != 0)
			break;
	}
	return at;
}

static bool continues(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

// The bytes of the character that starts here, 0 when it is none.
static size_t character(const uint8_t *bytes, size_t size)
{
	uint8_t lead = bytes[0];

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4 || size < 2 || !continues(bytes[1]))
		return 0;
	if (lead < 0xe0)
		return 2;
	if (size < 3 || !continues(bytes[2]))
		return 0;
	if (lead < 0xf0) {
		bool long_form = lead == 0xe0 && bytes[1] < 0xa0;
		bool surrogate = lead == 0xed && bytes[1] > 0x9f;

		return long_form || surrogate ? 0 : 3;
	}
	if (size < 4 || !continues(bytes[3]))
		return 0;
	if ((lead == 0xf0 && bytes[1] < 0x90) || (lead == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return 4;
}

bool ws_utf8_valid(const uint8_t *bytes, size_t size)
{
	size_t at = skip_ascii(bytes, size);

	while (at < size) {
		size_t step = character(bytes + at, size - at);

		if (step == 0)
			return false;
		at += step;
	}
	return true;
}
