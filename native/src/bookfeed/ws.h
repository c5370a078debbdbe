// WebSocket frames (RFC 6455), the client's side. A codec that owns no socket and no memory: the
// caller puts received bytes where ws_reader_room() says, and takes whole messages out of that same
// buffer. Resumes at any byte; fragments are joined in place.
#ifndef BOOKFEED_WS_H
#define BOOKFEED_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WS_HEADER_MAX = 14,
	WS_CONTROL_MAX = 125, // payload of a ping, pong or close
	// What a buffer must have beyond the largest message: a header and a control frame between
	// two fragments.
	WS_SLACK = 512,
};

enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

// Close codes that we send (RFC 6455, 7.4.1).
enum ws_code {
	WS_CODE_NORMAL = 1000,
	WS_CODE_PROTOCOL = 1002,
	WS_CODE_NO_STATUS = 1005, // never sent: a close frame without a code
	WS_CODE_BAD_TEXT = 1007,
	WS_CODE_TOO_BIG = 1009,
};

enum ws_verdict {
	WS_MORE,    // nothing whole is there yet
	WS_MESSAGE, // a whole text or binary message, or a control frame
	WS_BROKEN,  // reader->fault and ->code say why; the connection is of no more use
};

// Points into the reader's buffer; good until the reader is used again. The bytes after it belong
// to the next frame.
struct ws_message {
	enum ws_opcode opcode; // never WS_CONTINUATION
	uint8_t *bytes;        // of a close frame: its reason
	size_t size;
	uint16_t code; // of a close frame
};

struct ws_reader {
	uint8_t *buffer;
	size_t capacity;
	size_t limit;     // largest message
	size_t message;   // where the message being collected begins
	size_t collected; // how much of it is in place
	size_t parsed;    // first byte not looked at yet
	size_t end;       // first byte not received yet
	uint64_t left;    // payload that the current data frame still owes
	uint8_t opcode;   // of the message being collected; 0: none
	bool in_frame;    // between a data frame's header and its end
	bool last;        // the current data frame ends its message
	uint16_t code;
	const char *fault;
};

// The buffer must hold limit + WS_SLACK bytes.
void ws_reader_init(struct ws_reader *reader, uint8_t *buffer, size_t capacity);

// Where received bytes go next, and how many fit; at least one does.
uint8_t *ws_reader_room(struct ws_reader *reader, size_t *room);
void ws_reader_filled(struct ws_reader *reader, size_t size);

// The next message or control frame, if a whole one is there. Call until it says WS_MORE.
enum ws_verdict ws_reader_next(struct ws_reader *reader, struct ws_message *out);

// Writes one whole frame, masked as a client must; returns its size, at most size + WS_HEADER_MAX.
size_t ws_frame(uint8_t *out, enum ws_opcode opcode, const void *payload, size_t size,
	const uint8_t mask[4]);

bool ws_utf8_valid(const uint8_t *bytes, size_t size);

#endif
