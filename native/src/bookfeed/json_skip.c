// The scanner's way over values that nobody asked for: checked like the others, without recursion.
#include "json.h"

static bool digits(struct json *json)
{
	const char *start = json->at;

	while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
		json->at++;
	return json->at > start;
}

static bool number(struct json *json)
{
	if (*json->at == '-')
		json->at++;
	if (json->at < json->end && *json->at == '0')
		json->at++;
	else if (!digits(json))
		return false;
	if (json->at < json->end && *json->at == '.') {
		json->at++;
		if (!digits(json))
			return false;
	}
	if (json->at < json->end && (*json->at | 0x20) == 'e') {
		json->at++;
		if (json->at < json->end && (*json->at == '+' || *json->at == '-'))
			json->at++;
		return digits(json);
	}
	return true;
}

static bool word(struct json *json, const char *wanted)
{
	size_t size = strlen(wanted);

	if ((size_t)(json->end - json->at) < size || memcmp(json->at, wanted, size) != 0)
		return false;
	json->at += size;
	return true;
}

// One that has nothing inside.
static bool scalar(struct json *json)
{
	struct json_text text;

	switch (json_peek(json)) {
	case '"':
		return json_string(json, &text);
	case 't':
		return word(json, "true");
	case 'f':
		return word(json, "false");
	case 'n':
		return word(json, "null");
	case '\0':
		return false;
	default:
		return number(json);
	}
}

bool json_skip_general(struct json *json)
{
	uint64_t objects = 0; // a bit a level, the innermost lowest: it is an object
	unsigned int depth = 0;

	for (;;) {
		char first = json_peek(json);
		enum json_step step;
		struct json_text key;

		if (first == '{' || first == '[') {
			if (depth == JSON_DEPTH_MAX)
				return false;
			json->at++;
			json->fresh = true;
			objects = objects << 1 | (first == '{');
			depth++;
		} else if (!scalar(json)) {
			return false;
		}
		for (;; objects >>= 1, depth--) {
			if (depth == 0)
				return true;
			step = objects & 1 ? json_key(json, &key) : json_item(json);
			if (step == JSON_BROKEN)
				return false;
			if (step == JSON_ITEM)
				break;
		}
	}
}
