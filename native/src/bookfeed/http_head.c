// The head of a response: status line and fields, strictly by RFC 9112. See http.h.
#include <string.h>

#include "http.h"

static bool is_token_byte(char byte)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		(byte >= '0' && byte <= '9'))
		return true;
	return byte != '\0' && strchr(others, byte) != NULL;
}

static char lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

bool http_slice_is(struct http_slice slice, const char *text)
{
	if (slice.size != strlen(text))
		return false;
	for (size_t i = 0; i < slice.size; i++) {
		if (lower(slice.text[i]) != lower(text[i]))
			return false;
	}
	return true;
}

static struct http_slice trim(struct http_slice slice)
{
	while (slice.size > 0 && (slice.text[0] == ' ' || slice.text[0] == '\t')) {
		slice.text++;
		slice.size--;
	}
	while (slice.size > 0 &&
		(slice.text[slice.size - 1] == ' ' || slice.text[slice.size - 1] == '\t'))
		slice.size--;
	return slice;
}

// One line without its end; false when none is whole.
static bool next_line(const char *bytes, size_t size, size_t *at, struct http_slice *line)
{
	const char *start = bytes + *at;
	const char *end = memmem(start, size - *at, "\r\n", 2);

	if (end == NULL)
		return false;
	*line = (struct http_slice){start, (size_t)(end - start)};
	*at += line->size + 2;
	return true;
}

static bool clean(struct http_slice slice)
{
	for (size_t i = 0; i < slice.size; i++) {
		unsigned char byte = (unsigned char)slice.text[i];

		if ((byte < ' ' && byte != '\t') || byte == 0x7f)
			return false;
	}
	return true;
}

static const char *read_status(struct http_slice line, int *status)
{
	const char *text = line.text;

	if (line.size < 12 || memcmp(text, "HTTP/1.", 7) != 0 ||
		(text[7] != '0' && text[7] != '1') || text[8] != ' ' ||
		(line.size > 12 && text[12] != ' ') || !clean(line))
		return "a status line that is not HTTP/1.1's";
	*status = 0;
	for (int i = 9; i < 12; i++) {
		if (text[i] < '0' || text[i] > '9')
			return "a status that is no number";
		*status = *status * 10 + (text[i] - '0');
	}
	return *status < 100 ? "a status below 100" : NULL;
}

static const char *read_field(struct http_slice line, struct http_field *out)
{
	size_t size = 0;

	while (size < line.size && is_token_byte(line.text[size]))
		size++;
	if (size == 0 || size == line.size || line.text[size] != ':')
		return "a header line without a name";
	out->name = (struct http_slice){line.text, size};
	out->value = trim((struct http_slice){line.text + size + 1, line.size - size - 1});
	return clean(out->value) ? NULL : "a header with control characters";
}

static enum http_verdict read_lines(const char *bytes, struct http_head *out, const char **fault)
{
	struct http_slice line;
	size_t at = 0;

	next_line(bytes, out->size, &at, &line);
	*fault = read_status(line, &out->status);
	out->count = 0;
	while (*fault == NULL && next_line(bytes, out->size, &at, &line) && line.size > 0) {
		if (out->count == HTTP_FIELDS_MAX)
			*fault = "more than 64 header lines";
		else
			*fault = read_field(line, &out->fields[out->count++]);
	}
	return *fault == NULL ? HTTP_DONE : HTTP_BROKEN;
}

enum http_verdict http_head_parse(
	const char *bytes, size_t size, struct http_head *out, const char **fault)
{
	size_t looked = size < HTTP_HEAD_MAX ? size : HTTP_HEAD_MAX;
	size_t begun = size < 7 ? size : 7;
	const char *end;

	// What is no HTTP at all is told at once, not after a head's worth of it.
	if (memcmp(bytes, "HTTP/1.", begun) != 0) {
		*fault = "an answer that is not HTTP/1.1's";
		return HTTP_BROKEN;
	}
	end = memmem(bytes, looked, "\r\n\r\n", 4);
	if (end == NULL && looked < HTTP_HEAD_MAX)
		return HTTP_MORE;
	if (end == NULL) {
		*fault = "a head over 16 KB";
		return HTTP_BROKEN;
	}
	out->size = (size_t)(end - bytes) + 4;
	return read_lines(bytes, out, fault);
}

const struct http_slice *http_find(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->count; i++) {
		if (http_slice_is(head->fields[i].name, name))
			return &head->fields[i].value;
	}
	return NULL;
}

static bool list_has(struct http_slice list, const char *token)
{
	while (list.size > 0) {
		const char *comma = memchr(list.text, ',', list.size);
		size_t size = comma == NULL ? list.size : (size_t)(comma - list.text);

		if (http_slice_is(trim((struct http_slice){list.text, size}), token))
			return true;
		if (comma == NULL)
			break;
		list.text += size + 1;
		list.size -= size + 1;
	}
	return false;
}

bool http_has_token(const struct http_head *head, const char *name, const char *token)
{
	for (size_t i = 0; i < head->count; i++) {
		if (http_slice_is(head->fields[i].name, name) &&
			list_has(head->fields[i].value, token))
			return true;
	}
	return false;
}
