// Reads Binance's messages and snapshots, with their keys in any order, into what the rules need.
#include "feed_binance.h"

static bool read_id(struct json *json, struct binance_event *event, unsigned int bit, uint64_t *id)
{
	char first = json_peek(json);

	if (first < '0' || first > '9')
		return json_skip(json);
	event->has |= bit;
	// So that one can be added to it.
	return json_unsigned(json, id) && *id < UINT64_MAX;
}

// Other channels have keys of the same names with a single price.
static bool read_levels(
	struct feed *feed, struct json *json, struct binance_event *event, enum book_side side)
{
	if (json_peek(json) != '[')
		return json_skip(json);
	event->has |= side == BOOK_BID ? BINANCE_BIDS : BINANCE_ASKS;
	event->fault = json_levels(
		json, feed->parsed.levels[side], feed->capacity, &feed->parsed.count[side]);
	return event->fault == 0;
}

static bool read_kind(struct json *json, struct binance_event *event)
{
	struct json_text kind;

	if (!json_string(json, &kind))
		return false;
	event->depth = json_equal(&kind, "depthUpdate");
	return true;
}

static bool read_short(struct feed *feed, struct json *json, struct binance_event *event,
	const struct json_text *key)
{
	switch (key->at[0]) {
	case 'e':
		return json_peek(json) == '"' ? read_kind(json, event) : json_skip(json);
	case 's':
		if (json_peek(json) != '"')
			return json_skip(json);
		event->has |= BINANCE_NAME;
		return json_string(json, &event->name);
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

static bool read_fields(
	struct feed *feed, struct json *json, struct binance_event *event, bool inner)
{
	struct json_text key;
	enum json_step step;

	if (!json_object(json))
		return false;
	while ((step = json_key(json, &key)) == JSON_ITEM) {
		bool right;

		if (key.size == 1) {
			right = read_short(feed, json, event, &key);
		} else if (json_equal(&key, "pu")) {
			right = read_id(json, event, BINANCE_PREVIOUS, &event->previous);
		} else if (!inner && json_equal(&key, "data") && json_peek(json) == '{') {
			right = read_fields(feed, json, event, true);
		} else {
			event->answer = event->answer || (!inner && json_equal(&key, "result"));
			event->error =
				event->error ||
				(!inner && (json_equal(&key, "error") || json_equal(&key, "code")));
			right = json_skip(json);
		}
		if (!right)
			return false;
	}
	return step == JSON_CLOSED;
}

bool binance_read_event(struct feed *feed, struct json *json, struct binance_event *event)
{
	return read_fields(feed, json, event, false) && json_close(json);
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

			has |= bids ? BINANCE_BIDS : BINANCE_ASKS;
			*fault = json_levels(json, feed->parsed.levels[side], feed->capacity,
				&feed->parsed.count[side]);
			if (*fault != 0)
				return false;
		} else if (json_equal(&key, "lastUpdateId")) {
			has |= BINANCE_LAST;
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
