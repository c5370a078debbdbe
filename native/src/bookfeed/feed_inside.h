// What feed.c and the venues share. A venue parses a message into feed->parsed, decides by its own
// rules, and changes books and states through the functions below alone.
#ifndef BOOKFEED_FEED_INSIDE_H
#define BOOKFEED_FEED_INSIDE_H

#include <inttypes.h>

#include "feed.h"
#include "json.h"

// What is to be asked for, of a symbol.
enum feed_need {
	FEED_NEED_NONE,
	FEED_NEED_UNSUBSCRIBE, // and then FEED_NEED_SUBSCRIBE
	FEED_NEED_SUBSCRIBE,
	FEED_NEED_GET,
	FEED_NEED_ANSWER, // to the GET, which has been made
};

// Levels in the order of the message, by side.
struct feed_levels {
	struct json_level *levels[BOOK_SIDES];
	size_t count[BOOK_SIDES];
};

struct pending;

// A request while it is written; its capacity is FEED_REQUEST_SIZE.
struct feed_text {
	char *text;
	size_t size;
};

void feed_write(struct feed_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct symbol {
	struct feed_symbol shown;
	struct book *book;
	enum feed_need need;
	struct pending *pending; // Binance: events that wait for the snapshot
	uint64_t last;           // Binance: the id up to which the book is right
	uint64_t newest;         // Binance: the last id that the stream has brought; 0: not known
	bool joined;             // Binance: an event has been applied since the snapshot
	bool held;               // Binance: in sync with a snapshot that no event has proven yet
	uint32_t checksum;       // Kraken: what the message says of the book after it
	uint32_t leaving;        // Kraken: unsubscriptions that are not answered
	uint32_t left;           // Coinbase: the last unsubscription; 0: none
	// Beyond these prices there may be levels that no snapshot has shown: 0 and INT64_MAX if
	// not.
	int64_t lowest_bid_units;
	int64_t highest_ask_units;
};

struct feed {
	const struct feed_rules *rules;
	enum feed_venue venue;
	uint32_t depth;
	size_t count;
	struct symbol *symbols;
	uint16_t *index; // by the hash of a name: the symbol's number + 1, or 0
	uint32_t index_bits;
	size_t capacity; // levels a side, of parsed
	struct feed_levels parsed;
	uint32_t requests; // written, for their ids
	uint32_t answered; // Coinbase: how many of them are
	char refusal[128];
};

// One venue.
struct feed_rules {
	const char *name;
	struct feed_endpoint endpoint;
	const char *punctuation;      // that names have beside capitals and digits
	const uint32_t *depths;       // that can be asked for, then 0
	const char *depths_text;      // the same as a sentence
	enum feed_need need_of_fault; // of a book that is not good any more
	bool checks_text;             // zeros at the end of numbers count
	bool ends_at_depth;           // only changes tell of levels beyond a snapshot's depth
	enum feed_verdict (*message)(
		struct feed *feed, struct json *json, struct feed_change *change);
	// NULL: the stream brings its snapshots.
	enum feed_verdict (*snapshot)(struct feed *feed, struct symbol *symbol, struct json *json,
		struct feed_change *change);
	// After each update of the book; NULL: there is nothing to prove it by.
	enum feed_cause (*prove)(const struct feed *feed, struct symbol *symbol);
	// What comes before, for, and after the symbols of a request.
	void (*before)(struct feed_text *text, bool subscribe);
	void (*item)(struct feed_text *text, const char *name);
	void (*after)(struct feed_text *text, const struct feed *feed);
	void (*path)(struct feed_text *text, const char *name, uint32_t depth); // of a snapshot
};

extern const struct feed_rules feed_binance_spot, feed_binance_futures, feed_kraken, feed_coinbase;

const struct feed_rules *feed_rules_of(enum feed_venue venue);

size_t feed_number(const struct feed *feed, const struct symbol *symbol);

// What the book holds is proven now, or was.
static inline void feed_show(struct symbol *symbol)
{
	symbol->shown.state = FEED_GOOD;
	symbol->shown.cause = FEED_CAUSE_NONE;
	symbol->held = false;
}

// NULL: none of ours.
struct symbol *feed_find(const struct feed *feed, const struct json_text *name);

// The symbol's book is not good any more, or still not.
enum feed_verdict feed_spoil(struct feed *feed, struct symbol *symbol, enum feed_cause cause,
	struct feed_change *change);

// For a message that is not what it should be: nobody knows what it said.
enum feed_verdict feed_spoil_all(
	struct feed *feed, enum feed_cause cause, struct feed_change *change);

// The cause of what json_levels or json_decimal returned.
enum feed_cause feed_cause_of(int fault);

// The text becomes that of the refusal; symbol may be NULL.
enum feed_verdict feed_refuse(struct feed *feed, struct symbol *symbol, const char *text,
	size_t size, struct feed_change *change);

// feed_book.c: into the book. FEED_CAUSE_NONE, or why it is not the venue's now.
enum feed_cause feed_load(
	struct feed *feed, struct symbol *symbol, const struct feed_levels *levels);
enum feed_cause feed_apply(struct symbol *symbol, const struct feed_levels *levels);

// Whether the book contradicts itself or ends before its best price.
enum feed_cause feed_doubt(const struct symbol *symbol);

// feed.c: the same for feed->parsed, or other levels, and what it means for the symbol's state.
enum feed_verdict feed_take_snapshot(
	struct feed *feed, struct symbol *symbol, struct feed_change *change);
enum feed_verdict feed_take_update(struct feed *feed, struct symbol *symbol,
	const struct feed_levels *levels, struct feed_change *change);

// feed_pending.c: events that wait for a snapshot.
struct pending_event {
	uint64_t first, last, previous;
	struct feed_levels levels;
};

int pending_new(struct pending **pending);
void pending_free(struct pending *pending);
void pending_clear(struct pending *pending);
size_t pending_count(const struct pending *pending);
void pending_get(struct pending *pending, size_t index, struct pending_event *event);

// If it does not fit, those before it go: the snapshot to come must then be newer. False: nor does
// it alone.
bool pending_add(struct pending *pending, const struct pending_event *event);

#endif
