// What the scanner's own files share.
#ifndef BOOKFEED_JSON_INSIDE_H
#define BOOKFEED_JSON_INSIDE_H

#include "json.h"

static inline void json_space(struct json *json)
{
	// Venues send none, so one comparison is all that it costs.
	while (__builtin_expect(json->at < json->end && (uint8_t)*json->at <= ' ', 0)) {
		if (*json->at != ' ' && *json->at != '\n' && *json->at != '\r' && *json->at != '\t')
			return;
		json->at++;
	}
}

// Over that byte, with space before it.
static inline bool json_take(struct json *json, char byte)
{
	json_space(json);
	if (json->at >= json->end || *json->at != byte)
		return false;
	json->at++;
	return true;
}

#endif
