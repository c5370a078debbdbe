// Reads JSON (RFC 8259) in place, in one pass and in the order of the text: the caller asks for
// what its schema has next. Allocates nothing, writes nothing into the text, keeps no tree. Every
// function returns false, or JSON_BROKEN, for text that is not JSON or not of the kind asked for;
// the reader is then of no more use. UTF-8 is the WebSocket's business, not checked here.
#ifndef BOOKFEED_JSON_H
#define BOOKFEED_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "decimal.h"

enum {
	JSON_PADDING =
		2 * DECIMAL_PADDING, // readable bytes, of any value, that must follow the text
	JSON_DEPTH_MAX = 32,         // of values that are skipped
};

struct json {
	const char *at;
	const char *end;
	bool fresh; // inside an object or array of which nothing has been read
};

// Between the quotes, as it is in the text.
struct json_text {
	const char *at;
	size_t size;
	bool escaped; // has a backslash
};

enum json_step { JSON_BROKEN, JSON_ITEM, JSON_CLOSED };

struct json_level {
	struct decimal price;
	struct decimal quantity;
};

void json_open(struct json *json, const char *text, size_t size);

// The first byte of the next value, 0 at the end of the text.
static inline char json_peek(struct json *json);

// Into an object or array, whose items then come until JSON_CLOSED.
static inline bool json_object(struct json *json);
static inline bool json_array(struct json *json);
static inline enum json_step json_key(struct json *json, struct json_text *key);
static inline enum json_step json_item(struct json *json);

static inline bool json_string(struct json *json, struct json_text *text);

// A whole number from 0 to UINT64_MAX, without fraction or exponent.
static inline bool json_unsigned(struct json *json, uint64_t *number);

// Any value, checked, at most JSON_DEPTH_MAX deep.
static inline bool json_skip(struct json *json);

// A string that is a decimal number. Errors as decimal_parse.
int json_decimal(struct json *json, struct decimal *decimal);

// [["price","quantity"], …] behind the count levels that are there; further items of a level are
// skipped. -EINVAL: something else; -ERANGE: a number is too large; -ENOSPC: more than capacity.
int json_levels(struct json *json, struct json_level *levels, size_t capacity, size_t *count);

// That nothing but space is left.
static inline bool json_close(struct json *json);

// A text with a backslash is no name of ours.
static inline bool json_equal(const struct json_text *text, const char *wanted)
{
	return text->size == strlen(wanted) && !text->escaped &&
	       memcmp(text->at, wanted, text->size) == 0;
}

// Without escapes, and with a NUL. False: it does not fit, or has an escape of a character that no
// name has (only ASCII is taken).
bool json_unescape(const struct json_text *text, char *name, size_t capacity, size_t *size);

#include "json_inline.h"

#endif
