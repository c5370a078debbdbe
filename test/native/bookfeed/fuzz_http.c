// libFuzzer target of the HTTP response reader: any bytes in any cuts, never a body outside its
// buffer, and the same answer as in one piece.
#include <stdlib.h>
#include <string.h>

#include "http.h"

enum { CAPACITY = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint64_t read_in_cuts(const uint8_t *bytes, size_t size, size_t cut)
{
	char *buffer = malloc(CAPACITY);
	enum http_verdict verdict = HTTP_MORE;
	struct http_reader reader;
	uint64_t sum = 0;

	http_reader_init(&reader, buffer, CAPACITY);
	while (size > 0 && verdict == HTTP_MORE) {
		size_t room;
		char *place = http_reader_room(&reader, &room);
		size_t some = size < room ? size : room;

		if (room == 0)
			break;
		some = some < cut ? some : cut;
		memcpy(place, bytes, some);
		http_reader_filled(&reader, some);
		bytes += some;
		size -= some;
		verdict = http_reader_next(&reader);
	}
	if (verdict == HTTP_MORE)
		verdict = http_reader_ended(&reader);
	if (verdict == HTTP_DONE) {
		if (reader.body + reader.body_size > CAPACITY)
			abort();
		for (size_t i = 0; i < reader.body_size; i++)
			sum = sum * 31 + (uint8_t)reader.buffer[reader.body + i];
		sum = sum * 31 + (uint64_t)reader.status;
	}
	sum = sum * 31 + verdict;
	free(buffer);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	// Chunk headers that arrive in pieces make room earlier, so only what fits at once must
	// agree.
	uint64_t whole = read_in_cuts(bytes, size, SIZE_MAX);

	if (size > 0 && read_in_cuts(bytes, size, 1 + bytes[0] % 7) != whole &&
		size <= CAPACITY / 2)
		abort();
	return 0;
}
