// The frame parser of ws.h: a header, then its payload, moved down to join what came before.
#include <string.h>

#include "ws.h"

enum {
	FIN = 0x80,
	RESERVED = 0x70,
	OPCODE = 0x0f,
	MASKED = 0x80,
	SIZE_16 = 126,
	SIZE_64 = 127,
	// Less room than a TLS record would cut one in two: rather move what is left to the front.
	ROOM_WANTED = 16384,
};

struct frame {
	uint8_t opcode;
	bool last;
	size_t header;
	uint64_t size;
};

void ws_reader_init(struct ws_reader *reader, uint8_t *buffer, size_t capacity)
{
	memset(reader, 0, sizeof(*reader));
	reader->buffer = buffer;
	reader->capacity = capacity;
	reader->limit = capacity - WS_SLACK;
}

// Moves the message being collected to the front, and what is not parsed yet behind it.
static void compact(struct ws_reader *reader)
{
	size_t unparsed = reader->end - reader->parsed;

	if (reader->opcode == 0)
		reader->collected = 0;
	else if (reader->message != 0)
		memmove(reader->buffer, reader->buffer + reader->message, reader->collected);
	reader->message = 0;
	if (unparsed > 0)
		memmove(reader->buffer + reader->collected, reader->buffer + reader->parsed,
			unparsed);
	reader->parsed = reader->collected;
	reader->end = reader->parsed + unparsed;
}

uint8_t *ws_reader_room(struct ws_reader *reader, size_t *room)
{
	bool idle = reader->opcode == 0 && reader->parsed == reader->end;

	if (idle || reader->capacity - reader->end < ROOM_WANTED)
		compact(reader);
	*room = reader->capacity - reader->end;
	return reader->buffer + reader->end;
}

void ws_reader_filled(struct ws_reader *reader, size_t size)
{
	reader->end += size;
}

static enum ws_verdict broken(struct ws_reader *reader, enum ws_code code, const char *fault)
{
	reader->code = (uint16_t)code;
	reader->fault = fault;
	return WS_BROKEN;
}

static uint64_t load_big_endian(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static enum ws_verdict check_control(struct ws_reader *reader, const struct frame *frame)
{
	if (frame->opcode > WS_PONG)
		return broken(reader, WS_CODE_PROTOCOL, "a reserved opcode");
	if (!frame->last)
		return broken(reader, WS_CODE_PROTOCOL, "a control frame in fragments");
	if (frame->size > WS_CONTROL_MAX)
		return broken(reader, WS_CODE_PROTOCOL, "a control frame over 125 bytes");
	return WS_MESSAGE;
}

static enum ws_verdict check_data(struct ws_reader *reader, const struct frame *frame)
{
	size_t before = reader->opcode == 0 ? 0 : reader->collected;

	if (frame->opcode > WS_BINARY)
		return broken(reader, WS_CODE_PROTOCOL, "a reserved opcode");
	if (frame->opcode == WS_CONTINUATION && reader->opcode == 0)
		return broken(reader, WS_CODE_PROTOCOL, "a continuation of nothing");
	if (frame->opcode != WS_CONTINUATION && reader->opcode != 0)
		return broken(reader, WS_CODE_PROTOCOL, "a new message before the last one's end");
	if (frame->size > reader->limit - before)
		return broken(reader, WS_CODE_TOO_BIG, "a message over the size allowed");
	return WS_MESSAGE;
}

// WS_MESSAGE: a whole header is there and allowed.
static enum ws_verdict read_header(struct ws_reader *reader, struct frame *frame)
{
	const uint8_t *bytes = reader->buffer + reader->parsed;
	size_t there = reader->end - reader->parsed;
	size_t wide;

	if (there < 2)
		return WS_MORE;
	if ((bytes[0] & RESERVED) != 0)
		return broken(reader, WS_CODE_PROTOCOL, "a reserved bit without an extension");
	if ((bytes[1] & MASKED) != 0)
		return broken(reader, WS_CODE_PROTOCOL, "a masked frame from a server");
	frame->opcode = bytes[0] & OPCODE;
	frame->last = (bytes[0] & FIN) != 0;
	frame->size = bytes[1];
	wide = frame->size == SIZE_64 ? 8 : frame->size == SIZE_16 ? 2 : 0;
	frame->header = 2 + wide;
	if (there < frame->header)
		return WS_MORE;
	if (wide > 0) {
		frame->size = load_big_endian(bytes + 2, wide);
		if (frame->size < (wide == 8 ? 0x10000 : SIZE_16) || frame->size >> 63 != 0)
			return broken(reader, WS_CODE_PROTOCOL, "a size not in its shortest form");
	}
	return (frame->opcode & WS_CLOSE) != 0 ? check_control(reader, frame)
					       : check_data(reader, frame);
}

// Which codes a peer may send (RFC 6455, 7.4, and IANA's later entries).
static bool close_code_valid(uint16_t code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

static enum ws_verdict read_close(struct ws_reader *reader, struct ws_message *out)
{
	out->code = WS_CODE_NO_STATUS;
	if (out->size == 0)
		return WS_MESSAGE;
	if (out->size == 1)
		return broken(reader, WS_CODE_PROTOCOL, "half a close code");
	out->code = (uint16_t)load_big_endian(out->bytes, 2);
	out->bytes += 2;
	out->size -= 2;
	if (!close_code_valid(out->code))
		return broken(reader, WS_CODE_PROTOCOL, "a close code that is not allowed");
	if (!ws_utf8_valid(out->bytes, out->size))
		return broken(reader, WS_CODE_BAD_TEXT, "a close reason that is not UTF-8");
	return WS_MESSAGE;
}

static enum ws_verdict take_control(
	struct ws_reader *reader, const struct frame *frame, struct ws_message *out)
{
	if (reader->end - reader->parsed < frame->header + frame->size)
		return WS_MORE;
	*out = (struct ws_message){
		.opcode = (enum ws_opcode)frame->opcode,
		.bytes = reader->buffer + reader->parsed + frame->header,
		.size = (size_t)frame->size,
	};
	reader->parsed += frame->header + out->size;
	return frame->opcode == WS_CLOSE ? read_close(reader, out) : WS_MESSAGE;
}

static void begin_data(struct ws_reader *reader, const struct frame *frame)
{
	reader->parsed += frame->header;
	if (frame->opcode != WS_CONTINUATION) {
		reader->opcode = frame->opcode;
		reader->message = reader->parsed;
		reader->collected = 0;
	}
	reader->left = frame->size;
	reader->last = frame->last;
	reader->in_frame = true;
}

// Takes what is there of the current frame's payload; WS_MESSAGE: it ended a message.
static enum ws_verdict take_payload(struct ws_reader *reader, struct ws_message *out)
{
	size_t there = reader->end - reader->parsed;
	size_t size = there < reader->left ? there : (size_t)reader->left;
	uint8_t *place = reader->buffer + reader->message + reader->collected;

	if (place != reader->buffer + reader->parsed)
		memmove(place, reader->buffer + reader->parsed, size);
	reader->parsed += size;
	reader->collected += size;
	reader->left -= size;
	if (reader->left > 0)
		return WS_MORE;
	reader->in_frame = false;
	if (!reader->last)
		return WS_MORE;
	*out = (struct ws_message){
		.opcode = (enum ws_opcode)reader->opcode,
		.bytes = reader->buffer + reader->message,
		.size = reader->collected,
	};
	reader->opcode = 0;
	if (out->opcode == WS_TEXT && !ws_utf8_valid(out->bytes, out->size))
		return broken(reader, WS_CODE_BAD_TEXT, "a text that is not UTF-8");
	return WS_MESSAGE;
}

enum ws_verdict ws_reader_next(struct ws_reader *reader, struct ws_message *out)
{
	enum ws_verdict verdict;

	if (reader->fault != NULL)
		return WS_BROKEN;
	for (;;) {
		struct frame frame;

		if (!reader->in_frame) {
			verdict = read_header(reader, &frame);
			if (verdict != WS_MESSAGE)
				return verdict;
			if ((frame.opcode & WS_CLOSE) != 0)
				return take_control(reader, &frame, out);
			begin_data(reader, &frame);
		}
		verdict = take_payload(reader, out);
		// A fragment that is whole may be followed by the next one.
		if (verdict != WS_MORE || reader->in_frame)
			return verdict;
	}
}
