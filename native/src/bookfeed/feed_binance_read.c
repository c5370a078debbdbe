// Reads Binance's messages and snapshots, with their keys in any order, into what the rules need.
#include "feed_binance.h"

static inline bool read_id(
	struct json *json, struct binance_event *event, unsigned int bit, uint64_t *id)
{
	char first = json_peek(json);

	if (first < '0' || first > '9')
		return json_skip(json);
	event->has += bit;
	// So that one can be added to it.
	return json_unsigned(json, id) && *id < UINT64_MAX;
}

// Other channels have keys of the same names with a single price.
static inline bool read_levels(
	struct feed *feed, struct json *json, struct binance_event *event, enum book_side side)
{
	struct json copy;

	if (json_peek(json) != '[')
		return json_skip(json);
	copy = *json;
	event->has += side == BOOK_BID ? BINANCE_BIDS : BINANCE_ASKS;
	event->fault = json_levels(
		&copy, feed->parsed.levels[side], feed->capacity, &feed->parsed.count[side]);
	*json = copy;
	return event->fault == 0;
}

static inline bool read_kind(struct json *json, struct binance_event *event)
{
	struct json_text kind;

	if (json_peek(json) != '"')
		return json_skip(json);
	if (!json_string(json, &kind))
		return false;
	event->depth = json_equal(&kind, "depthUpdate");
	return true;
}

static inline bool read_name(struct json *json, struct binance_event *event)
{
	if (json_peek(json) != '"')
		return json_skip(json);
	event->has += BINANCE_NAME;
	return json_string(json, &event->name);
}

static inline bool read_short(
	struct feed *feed, struct json *json, struct binance_event *event, char key)
{
	switch (key) {
	case 'e':
		return read_kind(json, event);
	case 's':
		return read_name(json, event);
	case 'U':
		return read_id(json, event, BINANCE_FIRST, &event->first);
	case 'u':
		return read_id(json, event, BINANCE_LAST, &event->last);
	case 'b':
		return read_levels(feed, json, event, BOOK_BID);
	case 'a':
		return read_levels(feed, json, event, BOOK_ASK);
	default:
		return json_skip(json);
	}
}

static inline bool read_long(
	struct json *json, struct binance_event *event, const struct json_text *key, bool inner)
{
	if (json_equal(key, "pu"))
		return read_id(json, event, BINANCE_PREVIOUS, &event->previous);
	if (!inner) {
		event->answer = event->answer || json_equal(key, "result");
		event->error = event->error || json_equal(key, "error") || json_equal(key, "code");
	}
	return json_skip(json);
}

bool binance_read_event(struct feed *feed, struct json *json, struct binance_event *event)
{
	// A copy of its own, which stays in registers.
	struct json at = *json;
	struct json_text key;
	bool inner = false;

	if (!json_object(&at))
		return false;
	for (;;) {
		enum json_step step = json_key(&at, &key);

		if (step == JSON_CLOSED) {
			if (!inner)
				return json_close(&at);
			inner = false;
			continue;
		}
		if (step == JSON_BROKEN)
			return false;
		if (!inner && json_equal(&key, "data") && json_peek(&at) == '{') {
			inner = json_object(&at);
			continue;
		}
		if (key.size == 1 ? !read_short(feed, &at, event, key.at[0])
				  : !read_long(&at, event, &key, inner))
			return false;
	}
}

bool binance_read_snapshot(
	struct feed *feed, struct json *json, uint64_t *id, int *fault, bool *error)
{
	struct json_text key;
	enum json_step step;
	unsigned int has = 0;

	if (!json_object(json))
		return false;
	while ((step = json_key(json, &key)) == JSON_ITEM) {
		bool bids = json_equal(&key, "bids");

		if (bids || json_equal(&key, "asks")) {
			enum book_side side = bids ? BOOK_BID : BOOK_ASK;

			has += bids ? BINANCE_BIDS : BINANCE_ASKS;
			*fault = json_levels(json, feed->parsed.levels[side], feed->capacity,
				&feed->parsed.count[side]);
			if (*fault != 0)
				return false;
		} else if (json_equal(&key, "lastUpdateId")) {
			has += BINANCE_LAST;
			if (!json_unsigned(json, id) || *id == UINT64_MAX)
				return false;
		} else {
			*error = *error || json_equal(&key, "code");
			if (!json_skip(json))
				return false;
		}
	}
	return step == JSON_CLOSED && json_close(json) &&
	       has == (BINANCE_BIDS | BINANCE_ASKS | BINANCE_LAST);
}
