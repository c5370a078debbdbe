// HTTP/1.1 responses (RFC 9112), as much of it as a WebSocket handshake and a snapshot need. A
// parser that owns no socket and no memory, resumes at any byte, and joins a chunked body in place.
#ifndef BOOKFEED_HTTP_H
#define BOOKFEED_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_HEAD_MAX = 16384, // bytes of status line and fields
	HTTP_FIELDS_MAX = 64,
	HTTP_LINE_MAX = 1024, // bytes of a chunk's size line or of a trailer
};

enum http_verdict {
	HTTP_MORE,
	HTTP_DONE,
	HTTP_BROKEN, // *fault says why
};

struct http_slice {
	const char *text; // not terminated
	size_t size;
};

struct http_field {
	struct http_slice name;
	struct http_slice value;
};

// Points into the bytes that were parsed.
struct http_head {
	int status;
	size_t size; // bytes up to and with the blank line
	size_t count;
	struct http_field fields[HTTP_FIELDS_MAX];
};

// Looks at bytes from the start of a response on.
enum http_verdict http_head_parse(
	const char *bytes, size_t size, struct http_head *out, const char **fault);

// The value of the first field of that name, NULL when there is none.
const struct http_slice *http_find(const struct http_head *head, const char *name);

// Whether a comma-separated field, given once or more, has the token.
bool http_has_token(const struct http_head *head, const char *name, const char *token);

bool http_slice_is(struct http_slice slice, const char *text); // letters of either case

enum http_phase {
	HTTP_HEAD,
	HTTP_SIZED,      // a body of `left` bytes
	HTTP_TO_END,     // a body that ends with the connection
	HTTP_CHUNK_SIZE, // the line before a chunk
	HTTP_CHUNK,      // `left` bytes of one
	HTTP_CHUNK_END,  // the line end behind it
	HTTP_TRAILER,
	HTTP_WHOLE,
};

struct http_reader {
	char *buffer;
	size_t capacity;
	enum http_phase phase;
	int status;
	size_t body; // where it begins
	size_t body_size;
	size_t parsed;
	size_t end;
	uint64_t left;
	const char *fault;
};

// Head and body share the buffer, so it bounds both.
void http_reader_init(struct http_reader *reader, char *buffer, size_t capacity);

// Where received bytes go, and how many fit: 0 when the response is larger than the buffer.
char *http_reader_room(struct http_reader *reader, size_t *room);
void http_reader_filled(struct http_reader *reader, size_t size);

// HTTP_DONE: status, body and body_size are there.
enum http_verdict http_reader_next(struct http_reader *reader);

// The connection has ended in good order: the end of a body without a length, else a fault.
enum http_verdict http_reader_ended(struct http_reader *reader);

#endif
