// The frames that we send, of each size of header.
#include "check.h"
#include "ws.h"

// What we send, read back by the rules of RFC 6455, 5.3.
static void frames_are_masked(void)
{
	static const size_t sizes[] = {0, 1, 5, 125, 126, 127, 65535, 65536, 70000};
	static const uint8_t mask[4] = {0x11, 0x22, 0x33, 0x44};
	static uint8_t payload[70000], out[70000 + WS_HEADER_MAX];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = sizes[i];
		size_t header = size < 126 ? 2 : size < 65536 ? 4 : 10;
		bool same = true;

		CHECK_EQUAL(ws_frame(out, WS_TEXT, payload, size, mask), header + 4 + size);
		CHECK_EQUAL(out[0], 0x81);
		CHECK((out[1] & 0x80) != 0);
		CHECK_EQUAL(out[1] & 0x7f, size < 126 ? size : size < 65536 ? 126 : 127);
		if (header == 4)
			CHECK_EQUAL(out[2] << 8 | out[3], size);
		if (header == 10)
			CHECK_EQUAL(out[7] << 16 | out[8] << 8 | out[9], size);
		CHECK(memcmp(out + header, mask, 4) == 0);
		for (size_t j = 0; j < size; j++)
			same = same && (out[header + 4 + j] ^ mask[j % 4]) == payload[j];
		CHECK(same);
	}
}

int main(void)
{
	static const struct check_case cases[] = {
		{"frames are masked", frames_are_masked},
	};

	return CHECK_RUN(cases);
}
