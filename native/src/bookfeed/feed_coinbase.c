// Coinbase Exchange: the level2_batch channel, which is level2 every 50 ms and needs no key. It
// brings a snapshot of the whole book, then absolute sizes. There is no sequence number and no
// checksum: what proves the book is that TCP loses nothing, and that it does not cross.
// https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
#include <errno.h>

#include "feed_inside.h"

enum kind { KIND_NONE, KIND_OTHER, KIND_SNAPSHOT, KIND_UPDATE, KIND_ANSWER, KIND_ERROR };

struct message {
	enum kind kind;
	unsigned int has; // the keys below, counted
	int fault;        // of the levels
	struct json_text name;
};

// Each is counted in eight bits of its own: of what is there twice nobody knows which is meant, and
// the sum shows it.
enum { HAS_NAME = 1, HAS_BIDS = 1 << 8, HAS_ASKS = 1 << 16, HAS_CHANGES = 1 << 24 };

static bool read_kind(struct json *json, struct message *message)
{
	struct json_text kind;

	// A kind with an escape would be taken for one that is of no interest.
	if (message->kind != KIND_NONE || !json_string(json, &kind) || kind.escaped)
		return false;
	message->kind = json_equal(&kind, "l2update")        ? KIND_UPDATE
			: json_equal(&kind, "snapshot")      ? KIND_SNAPSHOT
			: json_equal(&kind, "subscriptions") ? KIND_ANSWER
			: json_equal(&kind, "error")         ? KIND_ERROR
							     : KIND_OTHER;
	return true;
}

// ["buy","price","size"]
static int read_change(struct feed *feed, struct json *json)
{
	struct json_level *level;
	struct json_text name;
	enum book_side side;
	int fault;

	if (!json_array(json) || json_item(json) != JSON_ITEM || !json_string(json, &name))
		return -EINVAL;
	if (!json_equal(&name, "buy") && !json_equal(&name, "sell"))
		return -EINVAL;
	side = json_equal(&name, "buy") ? BOOK_BID : BOOK_ASK;
	if (feed->parsed.count[side] == feed->capacity)
		return -ENOSPC;
	level = &feed->parsed.levels[side][feed->parsed.count[side]];
	if (json_item(json) != JSON_ITEM)
		return -EINVAL;
	fault = json_decimal(json, &level->price);
	if (fault != 0)
		return fault;
	if (json_item(json) != JSON_ITEM)
		return -EINVAL;
	fault = json_decimal(json, &level->quantity);
	if (fault != 0)
		return fault;
	feed->parsed.count[side]++;
	return json_item(json) == JSON_CLOSED ? 0 : -EINVAL;
}

static int read_changes(struct feed *feed, struct json *json)
{
	enum json_step step;

	if (!json_array(json))
		return -EINVAL;
	while ((step = json_item(json)) == JSON_ITEM) {
		int fault = read_change(feed, json);

		if (fault != 0)
			return fault;
	}
	return step == JSON_CLOSED ? 0 : -EINVAL;
}

static bool read_value(
	struct feed *feed, struct json *json, struct message *message, const struct json_text *key)
{
	bool bids = json_equal(key, "bids");

	if (json_equal(key, "type"))
		return read_kind(json, message);
	if (json_equal(key, "product_id")) {
		message->has += HAS_NAME;
		return json_string(json, &message->name);
	}
	if (json_equal(key, "changes")) {
		message->has += HAS_CHANGES;
		message->fault = read_changes(feed, json);
		return message->fault == 0;
	}
	if (bids || json_equal(key, "asks")) {
		enum book_side side = bids ? BOOK_BID : BOOK_ASK;

		message->has += bids ? HAS_BIDS : HAS_ASKS;
		message->fault = json_levels(
			json, feed->parsed.levels[side], feed->capacity, &feed->parsed.count[side]);
		return message->fault == 0;
	}
	return json_skip(json);
}

static bool read_message(struct feed *feed, struct json *json, struct message *message)
{
	struct json_text key;
	enum json_step step;

	if (!json_object(json))
		return false;
	while ((step = json_key(json, &key)) == JSON_ITEM)
		if (!read_value(feed, json, message, &key))
			return false;
	return step == JSON_CLOSED && json_close(json);
}

// Each request is answered once, in order, by the subscriptions that there are after it or by an
// error; neither says which request it was.
static void count_answer(struct feed *feed)
{
	feed->answered += feed->answered < feed->requests;
}

static bool is_given_up(const struct feed *feed, const struct symbol *symbol)
{
	return symbol->left > feed->answered ||
	       (symbol->left != 0 && symbol->need == FEED_NEED_SUBSCRIBE);
}

// No change follows one of a subscription that has been given up: it would be shown as good while
// the venue's book goes on.
static enum feed_verdict take_snapshot(
	struct feed *feed, struct symbol *symbol, struct feed_change *change)
{
	if (symbol == NULL || is_given_up(feed, symbol))
		return FEED_IGNORED;
	return feed_take_snapshot(feed, symbol, change);
}

static enum feed_verdict coinbase_message(
	struct feed *feed, struct json *json, struct feed_change *change)
{
	const char *text = json->at;
	struct message message = {0};
	bool right = read_message(feed, json, &message);
	struct symbol *symbol = message.has & HAS_NAME ? feed_find(feed, &message.name) : NULL;
	enum feed_cause cause = feed_cause_of(message.fault);

	if (!right)
		return cause == FEED_CAUSE_MALFORMED || symbol == NULL
			       ? feed_spoil_all(feed, cause, change)
			       : feed_spoil(feed, symbol, cause, change);
	switch (message.kind) {
	case KIND_SNAPSHOT:
		if (message.has != (HAS_NAME | HAS_BIDS | HAS_ASKS))
			return feed_spoil_all(feed, FEED_CAUSE_MALFORMED, change);
		return take_snapshot(feed, symbol, change);
	case KIND_UPDATE:
		if (message.has != (HAS_NAME | HAS_CHANGES))
			return feed_spoil_all(feed, FEED_CAUSE_MALFORMED, change);
		// Before the snapshot there is nothing that it could change.
		if (symbol == NULL || symbol->shown.state != FEED_GOOD)
			return FEED_IGNORED;
		return feed_take_update(feed, symbol, &feed->parsed, change);
	case KIND_ANSWER:
		count_answer(feed);
		return FEED_IGNORED;
	case KIND_ERROR:
		count_answer(feed);
		return feed_refuse(feed, symbol, text, (size_t)(json->end - text), change);
	case KIND_NONE:
		return feed_spoil_all(feed, FEED_CAUSE_MALFORMED, change);
	default:
		return FEED_IGNORED;
	}
}

static void write_before(struct feed_text *text, bool subscribe)
{
	feed_write(text, "{\"type\":\"%s\",\"product_ids\":[",
		subscribe ? "subscribe" : "unsubscribe");
}

static void write_item(struct feed_text *text, const char *name)
{
	feed_write(text, "\"%s\"", name);
}

static void write_after(struct feed_text *text, const struct feed *feed)
{
	(void)feed;
	feed_write(text, "],\"channels\":[\"level2_batch\"]}");
}

// The whole book comes, whatever is asked for.
static const uint32_t depths[] = {0};

const struct feed_rules feed_coinbase = {
	.name = "coinbase",
	.endpoint = {"ws-feed.exchange.coinbase.com", 443, "/", NULL, 0},
	.punctuation = "-",
	.depths = depths,
	.depths_text = "coinbase sends the whole book: leave the depth out",
	.need_of_fault = FEED_NEED_UNSUBSCRIBE,
	.message = coinbase_message,
	.before = write_before,
	.item = write_item,
	.after = write_after,
};
