// libFuzzer target of the HTTP response reader: any bytes in any cuts, never a body outside its
// buffer, and the same answer as in one piece; and of the head alone, as a WebSocket's handshake
// reads it.
#include <stdlib.h>
#include <string.h>

#include "cuts.h"
#include "http.h"

enum { CAPACITY = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint64_t read_in_cuts(const uint8_t *bytes, size_t size, struct cuts cuts)
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
		size_t cut = cuts_next(&cuts);

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

static bool within(struct http_slice slice, const char *bytes, size_t size)
{
	return slice.text >= bytes && slice.text + slice.size <= bytes + size;
}

// Every field lies in the head, and a list's token is found in it.
static void read_head(const uint8_t *from, size_t size)
{
	char *bytes = malloc(size);
	const char *fault = NULL;
	struct http_head head;

	memcpy(bytes, from, size);
	if (http_head_parse(bytes, size, &head, &fault) == HTTP_DONE) {
		const struct http_slice *upgrade = http_find(&head, "upgrade");

		if (head.size > size || head.count > HTTP_FIELDS_MAX)
			abort();
		for (size_t i = 0; i < head.count; i++)
			if (!within(head.fields[i].name, bytes, head.size) ||
				!within(head.fields[i].value, bytes, head.size))
				abort();
		if (upgrade != NULL && http_slice_is(*upgrade, "websocket") &&
			!http_has_token(&head, "Upgrade", "WebSocket"))
			abort();
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint64_t whole = read_in_cuts(bytes, size, (struct cuts){0});

	// Chunk headers that arrive in pieces make room earlier, so only what fits at once must
	// agree.
	if (read_in_cuts(bytes, size, cuts_of(bytes, size)) != whole && size <= CAPACITY / 2)
		abort();
	read_head(bytes, size);
	return 0;
}
