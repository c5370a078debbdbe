// libFuzzer target of the WebSocket reader: any bytes in any cuts, never a message outside its
// buffer or over its limit, and the same messages as in one piece.
#include <stdlib.h>
#include <string.h>

#include "cuts.h"
#include "ws.h"

enum { LIMIT = 2000, CAPACITY = LIMIT + WS_SLACK };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// A sum over all messages, to compare two ways to read the same bytes.
static uint64_t mix(uint64_t sum, const struct ws_message *message)
{
	sum = sum * 31 + message->opcode;
	sum = sum * 31 + message->code;
	for (size_t i = 0; i < message->size; i++)
		sum = sum * 31 + message->bytes[i];
	return sum * 31 + message->size;
}

static uint64_t read_in_cuts(const uint8_t *bytes, size_t size, struct cuts cuts)
{
	uint8_t *buffer = malloc(CAPACITY);
	enum ws_verdict verdict = WS_MORE;
	struct ws_message message;
	struct ws_reader reader;
	uint64_t sum = 0;

	ws_reader_init(&reader, buffer, CAPACITY);
	while (size > 0 && verdict != WS_BROKEN) {
		size_t room;
		uint8_t *place = ws_reader_room(&reader, &room);
		size_t some = size < room ? size : room;
		size_t cut = cuts_next(&cuts);

		if (room == 0)
			abort();
		some = some < cut ? some : cut;
		memcpy(place, bytes, some);
		ws_reader_filled(&reader, some);
		bytes += some;
		size -= some;
		while ((verdict = ws_reader_next(&reader, &message)) == WS_MESSAGE) {
			if (message.size > LIMIT || message.bytes < buffer ||
				message.bytes + message.size > buffer + CAPACITY)
				abort();
			sum = mix(sum, &message);
		}
	}
	sum = sum * 31 + reader.code;
	free(buffer);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (read_in_cuts(bytes, size, cuts_of(bytes, size)) !=
		read_in_cuts(bytes, size, (struct cuts){0}))
		abort();
	return 0;
}
