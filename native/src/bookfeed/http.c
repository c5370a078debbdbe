// The body of a response: by length, in chunks or to the connection's end. See http.h.
#include <string.h>

#include "http.h"

void http_reader_init(struct http_reader *reader, char *buffer, size_t capacity)
{
	memset(reader, 0, sizeof(*reader));
	reader->buffer = buffer;
	reader->capacity = capacity;
}

// Bytes before `parsed` that belong to no body are of no more use.
char *http_reader_room(struct http_reader *reader, size_t *room)
{
	size_t kept = reader->body + reader->body_size;

	if (reader->phase != HTTP_HEAD && kept < reader->parsed) {
		memmove(reader->buffer + kept, reader->buffer + reader->parsed,
			reader->end - reader->parsed);
		reader->end -= reader->parsed - kept;
		reader->parsed = kept;
	}
	*room = reader->capacity - reader->end;
	return reader->buffer + reader->end;
}

void http_reader_filled(struct http_reader *reader, size_t size)
{
	reader->end += size;
}

static enum http_verdict broken(struct http_reader *reader, const char *fault)
{
	reader->fault = fault;
	return HTTP_BROKEN;
}

static bool read_length(struct http_slice text, uint64_t *length)
{
	*length = 0;
	// 15 digits stay clear of any overflow.
	if (text.size == 0 || text.size > 15)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		*length = *length * 10 + (uint64_t)(text.text[i] - '0');
	}
	return true;
}

// How the body ends. A response that says it twice is how smuggling begins, so it is refused.
static enum http_verdict choose_body(struct http_reader *reader, const struct http_head *head)
{
	const struct http_slice *coding = NULL, *length = NULL;

	if (!(http_find(head, "content-encoding") == NULL ||
		    http_has_token(head, "content-encoding", "identity")))
		return broken(reader, "a compressed body, which was not asked for");
	for (size_t i = 0; i < head->count; i++) {
		bool coded = http_slice_is(head->fields[i].name, "transfer-encoding");

		if (!coded && !http_slice_is(head->fields[i].name, "content-length"))
			continue;
		if (length != NULL || coding != NULL)
			return broken(reader, "a body whose length is given twice");
		*(coded ? &coding : &length) = &head->fields[i].value;
	}
	reader->phase = HTTP_TO_END;
	if (coding != NULL) {
		if (!http_slice_is(*coding, "chunked"))
			return broken(reader, "a transfer coding other than chunked");
		reader->phase = HTTP_CHUNK_SIZE;
	} else if (length != NULL) {
		if (!read_length(*length, &reader->left))
			return broken(reader, "a content length that is no number");
		if (reader->left > reader->capacity - reader->body)
			return broken(reader, "a body over the size allowed");
		reader->phase = HTTP_SIZED;
	}
	if (reader->status == 204 || reader->status == 304)
		reader->phase = HTTP_WHOLE;
	return HTTP_DONE;
}

static enum http_verdict read_head(struct http_reader *reader)
{
	struct http_head head;
	enum http_verdict verdict = http_head_parse(reader->buffer + reader->parsed,
		reader->end - reader->parsed, &head, &reader->fault);

	if (verdict != HTTP_DONE)
		return verdict;
	reader->parsed += head.size;
	reader->status = head.status;
	// An interim answer: the real one follows.
	if (head.status < 200)
		return head.status == 101 ? broken(reader, "a change of protocol nobody asked for")
					  : HTTP_DONE;
	reader->body = reader->parsed;
	return choose_body(reader, &head);
}

// HTTP_DONE: the current stretch of body is whole.
static enum http_verdict take_body(struct http_reader *reader)
{
	size_t there = reader->end - reader->parsed;
	size_t size = there < reader->left ? there : (size_t)reader->left;
	char *place = reader->buffer + reader->body + reader->body_size;

	if (place != reader->buffer + reader->parsed)
		memmove(place, reader->buffer + reader->parsed, size);
	reader->parsed += size;
	reader->body_size += size;
	reader->left -= size;
	return reader->left == 0 ? HTTP_DONE : HTTP_MORE;
}

// The next line without its end, in *line.
static enum http_verdict take_line(struct http_reader *reader, struct http_slice *line)
{
	const char *start = reader->buffer + reader->parsed;
	size_t there = reader->end - reader->parsed;
	size_t looked = there < HTTP_LINE_MAX ? there : HTTP_LINE_MAX;
	const char *end = memmem(start, looked, "\r\n", 2);

	if (end == NULL)
		return looked < HTTP_LINE_MAX ? HTTP_MORE
					      : broken(reader, "a line of a chunk over 1 KB");
	*line = (struct http_slice){start, (size_t)(end - start)};
	reader->parsed += line->size + 2;
	return HTTP_DONE;
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

static enum http_verdict read_chunk_size(struct http_reader *reader)
{
	struct http_slice line;
	enum http_verdict verdict = take_line(reader, &line);
	size_t digits = 0;

	if (verdict != HTTP_DONE)
		return verdict;
	reader->left = 0;
	while (digits < line.size && digits < 9 && hex_digit(line.text[digits]) >= 0)
		reader->left = reader->left << 4 | (uint64_t)hex_digit(line.text[digits++]);
	// What may follow is an extension, which nobody uses and everybody must skip.
	if (digits == 0 || (digits < line.size && line.text[digits] != ';' &&
				   line.text[digits] != ' ' && line.text[digits] != '\t'))
		return broken(reader, "a chunk without its size");
	if (reader->left > reader->capacity - reader->body - reader->body_size)
		return broken(reader, "a body over the size allowed");
	reader->phase = reader->left == 0 ? HTTP_TRAILER : HTTP_CHUNK;
	return HTTP_DONE;
}

static enum http_verdict read_chunk_end(struct http_reader *reader)
{
	struct http_slice line;
	enum http_verdict verdict = take_line(reader, &line);

	if (verdict == HTTP_DONE && line.size > 0)
		return broken(reader, "a chunk longer than its size");
	reader->phase = verdict == HTTP_DONE ? HTTP_CHUNK_SIZE : HTTP_CHUNK_END;
	return verdict;
}

static enum http_verdict read_trailer(struct http_reader *reader)
{
	struct http_slice line;
	enum http_verdict verdict = take_line(reader, &line);

	if (verdict == HTTP_DONE && line.size == 0)
		reader->phase = HTTP_WHOLE;
	return verdict;
}

static enum http_verdict step(struct http_reader *reader)
{
	enum http_verdict verdict;

	switch (reader->phase) {
	case HTTP_HEAD:
		return read_head(reader);
	case HTTP_SIZED:
		verdict = take_body(reader);
		if (verdict == HTTP_DONE)
			reader->phase = HTTP_WHOLE;
		return verdict;
	case HTTP_CHUNK:
		verdict = take_body(reader);
		if (verdict == HTTP_DONE)
			reader->phase = HTTP_CHUNK_END;
		return verdict;
	case HTTP_TO_END:
		reader->left = UINT64_MAX;
		return take_body(reader);
	case HTTP_CHUNK_SIZE:
		return read_chunk_size(reader);
	case HTTP_CHUNK_END:
		return read_chunk_end(reader);
	case HTTP_TRAILER:
		return read_trailer(reader);
	case HTTP_WHOLE:
		break;
	}
	return HTTP_DONE;
}

enum http_verdict http_reader_next(struct http_reader *reader)
{
	if (reader->fault != NULL)
		return HTTP_BROKEN;
	while (reader->phase != HTTP_WHOLE) {
		enum http_verdict verdict = step(reader);

		if (verdict != HTTP_DONE)
			return verdict;
	}
	return HTTP_DONE;
}

enum http_verdict http_reader_ended(struct http_reader *reader)
{
	if (reader->phase == HTTP_TO_END)
		reader->phase = HTTP_WHOLE;
	if (reader->phase == HTTP_WHOLE)
		return HTTP_DONE;
	return broken(reader, "an answer that ends too early");
}
