// Kraken's book channel, version 1: a snapshot, then changes, each with a checksum of the ten best
// levels of both sides. The book is cut to the depth that was subscribed, since the venue does not
// say when a level falls out of it. A book that fails its checksum is unsubscribed and subscribed
// again. https://docs.kraken.com/api/docs/guides/spot-ws-book-v1
#include <errno.h>

#include "crc32.h"
#include "feed_inside.h"

enum { CHECKED_LEVELS = 10 };

// [number, {levels}, …, "book-1000", "XBT/EUR"]
struct message {
	unsigned int has; // the keys below, by bit
	bool checksum;
	bool foreign; // its objects have no levels: right for another channel
	int fault;    // of the levels
	uint32_t texts;
	struct json_text channel;
	struct json_text name;
	uint64_t crc;
};

enum { HAS_ASKS = 1, HAS_BIDS = 2, HAS_ALL = 3, HAS_CHANGES = 4 };

static bool read_checksum(struct json *json, struct message *message)
{
	struct decimal number;

	// The only number in quotes that is not a price or a quantity.
	if (json_decimal(json, &number) != 0 || number.decimals != 0 || number.units > UINT32_MAX)
		return false;
	message->checksum = true;
	message->crc = (uint64_t)number.units;
	return true;
}

static bool read_levels(
	struct feed *feed, struct json *json, struct message *message, const struct json_text *key)
{
	enum book_side side = key->at[0] == 'b' ? BOOK_BID : BOOK_ASK;

	message->has |= key->size == 1 ? HAS_CHANGES : side == BOOK_BID ? HAS_BIDS : HAS_ASKS;
	message->fault = json_levels(
		json, feed->parsed.levels[side], feed->capacity, &feed->parsed.count[side]);
	return message->fault == 0;
}

static bool read_object(struct feed *feed, struct json *json, struct message *message)
{
	struct json_text key;
	enum json_step step;

	if (!json_object(json))
		return false;
	while ((step = json_key(json, &key)) == JSON_ITEM) {
		bool right;

		// One of those below could be written so.
		if (key.escaped)
			return false;
		if (json_equal(&key, "a") || json_equal(&key, "b") || json_equal(&key, "as") ||
			json_equal(&key, "bs"))
			right = read_levels(feed, json, message, &key);
		else if (json_equal(&key, "c"))
			right = read_checksum(json, message);
		else
			right = json_skip(json);
		if (!right)
			return false;
	}
	return step == JSON_CLOSED;
}

// Objects of other channels have the same keys with other things in them.
static bool read_any_object(struct feed *feed, struct json *json, struct message *message)
{
	struct json start = *json;

	if (read_object(feed, json, message))
		return true;
	if (message->fault == -ERANGE || message->fault == -ENOSPC)
		return false;
	*json = start;
	message->foreign = true;
	return json_skip(json);
}

static bool read_item(struct feed *feed, struct json *json, struct message *message)
{
	struct json_text text;

	switch (json_peek(json)) {
	case '{':
		return read_any_object(feed, json, message);
	case '"':
		if (!json_string(json, &text))
			return false;
		if (message->texts++ == 0)
			message->channel = text;
		else
			message->name = text;
		return true;
	default:
		return json_skip(json);
	}
}

static bool read_array(struct feed *feed, struct json *json, struct message *message)
{
	enum json_step step;

	if (!json_array(json))
		return false;
	while ((step = json_item(json)) == JSON_ITEM)
		if (!read_item(feed, json, message))
			return false;
	return step == JSON_CLOSED && json_close(json);
}

static enum feed_verdict take_book(
	struct feed *feed, const struct message *message, struct feed_change *change)
{
	struct symbol *symbol;

	if (message->channel.escaped || message->foreign || message->texts != 2 ||
		(message->has != HAS_ALL && message->has != HAS_CHANGES))
		return feed_spoil_all(feed, FEED_CAUSE_MALFORMED, change);
	symbol = feed_find(feed, &message->name);
	if (symbol == NULL)
		return FEED_IGNORED;
	if (message->has == HAS_ALL)
		return feed_take_snapshot(feed, symbol, change);
	// Still of the subscription that was given up, or before the snapshot.
	if (symbol->shown.state != FEED_GOOD)
		return FEED_IGNORED;
	if (!message->checksum)
		return feed_spoil(feed, symbol, FEED_CAUSE_CHECKSUM, change);
	symbol->checksum = (uint32_t)message->crc;
	return feed_take_update(feed, symbol, &feed->parsed, change);
}

// No change comes any more. If we asked for that, the next subscription is asked for as well.
static enum feed_verdict take_end(
	struct feed *feed, struct symbol *symbol, struct feed_change *change)
{
	enum feed_need need = symbol->need;
	bool asked = symbol->leaving > 0;

	symbol->leaving -= asked;
	if (symbol->shown.state != FEED_GOOD)
		return FEED_IGNORED;
	feed_spoil(feed, symbol, FEED_CAUSE_DISCONNECTED, change);
	symbol->need = asked ? need : FEED_NEED_SUBSCRIBE;
	return FEED_RESYNC;
}

// {"event":"subscriptionStatus","status":"error","pair":…,"errorMessage":…} and the like
static enum feed_verdict take_event(
	struct feed *feed, struct json *json, struct feed_change *change)
{
	const char *text = json->at;
	struct json_text key, value, pair = {0};
	struct symbol *symbol;
	bool error = false, ended = false;
	enum json_step step;

	if (!json_object(json))
		return feed_spoil_all(feed, FEED_CAUSE_MALFORMED, change);
	while ((step = json_key(json, &key)) == JSON_ITEM) {
		bool is_text = json_peek(json) == '"';

		if (is_text ? !json_string(json, &value) : !json_skip(json))
			break;
		if (is_text && json_equal(&key, "pair"))
			pair = value;
		if (is_text && (json_equal(&key, "event") || json_equal(&key, "status")))
			error = error || json_equal(&value, "error");
		if (is_text && json_equal(&key, "status"))
			ended = json_equal(&value, "unsubscribed");
	}
	if (step != JSON_CLOSED || !json_close(json))
		return feed_spoil_all(feed, FEED_CAUSE_MALFORMED, change);
	symbol = pair.size > 0 ? feed_find(feed, &pair) : NULL;
	// There was nothing to end, and the subscription that follows has its own answer.
	if (error && symbol != NULL && symbol->leaving > 0) {
		symbol->leaving--;
		return FEED_IGNORED;
	}
	if (error)
		return feed_refuse(feed, symbol, text, (size_t)(json->end - text), change);
	return ended && symbol != NULL ? take_end(feed, symbol, change) : FEED_IGNORED;
}

static bool is_book(const struct json_text *channel)
{
	return channel->size >= 4 && memcmp(channel->at, "book", 4) == 0;
}

static enum feed_verdict kraken_message(
	struct feed *feed, struct json *json, struct feed_change *change)
{
	struct message message = {0};

	if (json_peek(json) == '{')
		return take_event(feed, json, change);
	// Whose levels they would have been comes after them.
	if (!read_array(feed, json, &message))
		return feed_spoil_all(feed, feed_cause_of(message.fault), change);
	return is_book(&message.channel) || message.channel.escaped
		       ? take_book(feed, &message, change)
		       : FEED_IGNORED;
}

// The digits of a number as the venue counts them: without its point and the zeros before.
static char *write_digits(char *at, int64_t units)
{
	char digits[DECIMAL_TEXT_SIZE];
	size_t size = decimal_print(units, 0, digits);

	memcpy(at, digits, DECIMAL_TEXT_SIZE);
	return at + size;
}

static uint32_t checksum(const struct book *book)
{
	char text[BOOK_SIDES * CHECKED_LEVELS * 2 * DECIMAL_TEXT_SIZE], *at = text;
	struct level levels[CHECKED_LEVELS];

	for (int side = BOOK_ASK; side >= BOOK_BID; side--) {
		size_t count = book_depth(book, side, levels, CHECKED_LEVELS);

		for (size_t i = 0; i < count; i++) {
			at = write_digits(at, levels[i].price.units);
			at = write_digits(at, levels[i].quantity.units);
		}
	}
	return crc32(text, (size_t)(at - text));
}

static enum feed_cause prove(const struct feed *feed, struct symbol *symbol)
{
	for (int side = 0; side < BOOK_SIDES; side++)
		book_truncate(symbol->book, side, feed->depth);
	return checksum(symbol->book) == symbol->checksum ? FEED_CAUSE_NONE : FEED_CAUSE_CHECKSUM;
}

static void write_before(struct feed_text *text, bool subscribe)
{
	feed_write(text, "{\"event\":\"%s\",\"pair\":[", subscribe ? "subscribe" : "unsubscribe");
}

static void write_item(struct feed_text *text, const char *name)
{
	feed_write(text, "\"%s\"", name);
}

static void write_after(struct feed_text *text, const struct feed *feed)
{
	feed_write(
		text, "],\"subscription\":{\"name\":\"book\",\"depth\":%" PRIu32 "}}", feed->depth);
}

static const uint32_t depths[] = {10, 25, 100, 500, 1000, 0};

const struct feed_rules feed_kraken = {
	.name = "kraken",
	.endpoint = {"ws.kraken.com", 443, "/", NULL, 0},
	.punctuation = "/.",
	.depths = depths,
	.depths_text = "kraken's depth is 10, 25, 100, 500 or 1000",
	.need_of_fault = FEED_NEED_UNSUBSCRIBE,
	.checks_text = true,
	.message = kraken_message,
	.prove = prove,
	.before = write_before,
	.item = write_item,
	.after = write_after,
};
