// One connection to an exchange, without the connection: it takes the venue's messages, says what
// is to be sent, and keeps one order book a symbol. No socket, no log, and no clock but a stamp of
// the cycle counter for whoever measures. One thread. A book is good only while it is proven to be
// the venue's: every other state shows no level at all.
#ifndef BOOKFEED_FEED_H
#define BOOKFEED_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "book.h"
#include "decimal.h"

enum {
	FEED_NAME_SIZE = 24,      // of a symbol, with its NUL
	FEED_SYMBOLS_MAX = 1024,  // of one connection
	FEED_REQUEST_SIZE = 4096, // capacity that holds every request
	FEED_PADDING = 64,        // readable bytes, of any value, that must follow a message
};

enum feed_venue {
	FEED_BINANCE_SPOT,
	FEED_BINANCE_FUTURES,
	FEED_KRAKEN,
	FEED_COINBASE,
	FEED_VENUES
};

struct feed_config {
	enum feed_venue venue;
	const char *const *symbols; // the venue's names, such as "NKNUSDT", "XBT/EUR", "BTC-USD"
	size_t count;               // 1 to FEED_SYMBOLS_MAX
	uint32_t depth;  // levels a side to ask for; 0: 1000. Kraken and Binance allow certain ones
	uint32_t window; // ticks a side in the ladder; 0: BOOK_WINDOW_DEFAULT
	uint32_t levels_max; // a side, beyond the window; 0: BOOK_LEVELS_DEFAULT
};

enum feed_state {
	FEED_WAITING, // for a snapshot; the cause says since what
	FEED_GOOD,
};

// Why a book is not good.
enum feed_cause {
	FEED_CAUSE_NONE,
	FEED_CAUSE_START,        // no snapshot has come yet, or no update to prove it by
	FEED_CAUSE_DISCONNECTED, // or not subscribed any more
	FEED_CAUSE_GAP,          // an update is missing in the sequence
	FEED_CAUSE_OLD_SNAPSHOT, // the snapshot ends before the stream begins
	FEED_CAUSE_CHECKSUM,
	FEED_CAUSE_CROSSED,   // the best bid is not below the best ask
	FEED_CAUSE_MALFORMED, // the message is not JSON, or not of the venue's schema
	FEED_CAUSE_NUMBER,    // a price or quantity does not fit into 63 bits at the symbol's scale
	FEED_CAUSE_FULL,      // more levels than levels_max
	FEED_CAUSE_DEPTH,     // the best price is beyond the levels that the snapshot had
	FEED_CAUSE_REFUSED,   // the venue refused the subscription
	FEED_CAUSES
};

enum feed_verdict {
	FEED_UPDATED, // the book of change.symbol is another now, and good
	FEED_IGNORED, // an answer, a heartbeat, another channel or symbol, or kept for later
	FEED_RESYNC,  // the book of change.symbol is not good; ask feed_request
	// Not JSON, or not the venue's schema: no book of this connection is good any more.
	FEED_MALFORMED,
	FEED_REFUSED, // by the venue: change.symbol, or FEED_NO_SYMBOL; feed_refusal has its text
};

#define FEED_NO_SYMBOL SIZE_MAX

struct feed_change {
	size_t symbol; // FEED_NO_SYMBOL: none, or not known
	enum feed_cause cause;
	uint32_t levels; // that the message set
	bool best;       // the best bid or ask is another, in price or quantity
	// Of FEED_UPDATED: the cycle counter when the message had been read, before the book was
	// touched.
	uint64_t read_tsc;
};

struct feed_symbol {
	char name[FEED_NAME_SIZE];
	enum feed_state state;
	enum feed_cause cause; // of the state; FEED_CAUSE_NONE if it is good
	uint32_t price_decimals;
	uint32_t quantity_decimals;
	uint64_t updates;   // messages that changed the book
	uint64_t snapshots; // taken
	uint64_t resyncs;   // times that the book was good and is so no more
};

// What the caller has to do next.
enum feed_request {
	FEED_REQUEST_NONE,
	FEED_REQUEST_SEND, // the text as a text frame
	FEED_REQUEST_GET,  // the text as the path of an HTTPS GET at feed_endpoint's snapshot_host
};

struct feed_endpoint {
	const char *host; // of the stream, by TLS
	uint16_t port;
	const char *path;
	const char *snapshot_host; // NULL: the stream brings its snapshots
	uint16_t snapshot_port;
};

struct feed;

// -EINVAL: a value that is not allowed, *fault says which and what is; -ENOMEM. All memory is
// allocated here. The fault is a static text.
int feed_new(const struct feed_config *config, struct feed **feed, const char **fault);
void feed_free(struct feed *feed);

// "binance", "binance-futures", "kraken", "coinbase".
const char *feed_venue_name(enum feed_venue venue);
int feed_venue_parse(const char *name, enum feed_venue *venue);
const char *feed_cause_name(enum feed_cause cause);
void feed_endpoint(const struct feed *feed, struct feed_endpoint *endpoint);

// The stream is open: the subscriptions are to be sent anew.
void feed_connected(struct feed *feed);

// No book is good until its next snapshot.
void feed_disconnected(struct feed *feed);

// The next request, which then counts as made; ask again until there is none, after feed_connected
// and after each call below that does not return FEED_UPDATED. text gets a NUL; its capacity is
// FEED_REQUEST_SIZE. For a GET *symbol says whose snapshot it is, else it is FEED_NO_SYMBOL. The
// caller owns the pace: venues limit how many requests they take, and a GET may be asked for again
// at once.
enum feed_request feed_request(struct feed *feed, char *text, size_t *symbol);

// One whole message of the stream. The text is read in place and FEED_PADDING bytes after it may be
// read.
enum feed_verdict feed_message(
	struct feed *feed, const char *text, size_t size, struct feed_change *change);

// The body of the answer to a GET for that symbol; padded like a message.
enum feed_verdict feed_snapshot(struct feed *feed, size_t symbol, const char *body, size_t size,
	struct feed_change *change);

// The GET came to nothing: it will be asked for again.
void feed_snapshot_failed(struct feed *feed, size_t symbol);

size_t feed_count(const struct feed *feed);
const struct feed_symbol *feed_symbol(const struct feed *feed, size_t symbol);

// The book of a symbol; NULL unless it is good. Valid until the next call that is not const.
const struct book *feed_book(const struct feed *feed, size_t symbol);

// The best levels of a good book, best first, up to where a snapshot showed all that there are; how
// many they are. Beyond, the book has what changes told of alone.
size_t feed_depth(const struct feed *feed, size_t symbol, enum book_side side, struct level *levels,
	size_t capacity);

// What the venue said in its last refusal, cut to fit, with unprintable bytes as '?'; "" before
// one.
const char *feed_refusal(const struct feed *feed);

#endif
