// The scanner's general part: strings with escapes or of more than 15 bytes, large numbers, names.
#include "json.h"

void json_open(struct json *json, const char *text, size_t size)
{
	*json = (struct json){text, text + size, true};
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

// From the backslash on; the size of the escape, or 0.
static size_t escape_size(const char *at, const char *end)
{
	if (end - at < 2 || at[1] == '\0')
		return 0;
	if (strchr("\"\\/bfnrt", at[1]) != NULL)
		return 2;
	if (at[1] != 'u' || end - at < 6)
		return 0;
	for (int i = 2; i < 6; i++)
		if (!is_hex(at[i]))
			return 0;
	return 6;
}

bool json_string_general(struct json *json, struct json_text *text)
{
	const char *at;
	bool escaped = false;

	if (!json_take(json, '"'))
		return false;
	at = json->at;
	for (;;) {
		unsigned int plain = json_plain(at);
		size_t escape;

		at += plain;
		if (at >= json->end)
			return false;
		if (plain == 16)
			continue;
		if (*at == '"')
			break;
		escape = *at == '\\' ? escape_size(at, json->end) : 0;
		if (escape == 0)
			return false;
		escaped = true;
		at += escape;
	}
	*text = (struct json_text){json->at, (size_t)(at - json->at), escaped};
	json->at = at + 1;
	return true;
}

bool json_unsigned_general(struct json *json, uint64_t *number)
{
	const char *at, *end = json->end;
	uint64_t found = 0;

	json_space(json);
	at = json->at;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (at - json->at >= 18 &&
			(__builtin_mul_overflow(found, 10, &found) ||
				__builtin_add_overflow(found, (uint64_t)(*at - '0'), &found)))
			return false;
		else if (at - json->at < 18)
			found = found * 10 + (uint64_t)(*at - '0');
	if (at == json->at || (*json->at == '0' && at - json->at > 1))
		return false;
	if (at < end && (*at == '.' || (*at | 0x20) == 'e'))
		return false;
	json->at = at;
	*number = found;
	return true;
}

static int hex_value(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// The character of an escape that json_string has found to be right, and how long it is.
static int escaped_character(const char *at, size_t *size)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	*size = 2;
	if (at[1] != 'u')
		return to[strchr(from, at[1]) - from];
	*size = 6;
	return hex_value(at[2]) << 12 | hex_value(at[3]) << 8 | hex_value(at[4]) << 4 |
	       hex_value(at[5]);
}

bool json_unescape(const struct json_text *text, char *name, size_t capacity, size_t *size)
{
	size_t count = 0;

	for (size_t i = 0; i < text->size; count++) {
		int character = (uint8_t)text->at[i];
		size_t taken = 1;

		if (character == '\\')
			character = escaped_character(text->at + i, &taken);
		if (count + 1 >= capacity || character < 0x20 || character > 0x7E)
			return false;
		name[count] = (char)character;
		i += taken;
	}
	name[count] = '\0';
	*size = count;
	return true;
}
