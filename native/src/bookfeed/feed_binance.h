// What Binance's messages have in them: from feed_binance_read.c to feed_binance.c.
#ifndef BOOKFEED_FEED_BINANCE_H
#define BOOKFEED_FEED_BINANCE_H

#include "feed_inside.h"

// What is there, each counted in five bits of its own: of what is there twice nobody knows which is
// meant, and the sum shows it.
enum {
	BINANCE_FIRST = 1,
	BINANCE_LAST = 1 << 5,
	BINANCE_PREVIOUS = 1 << 10,
	BINANCE_BIDS = 1 << 15,
	BINANCE_ASKS = 1 << 20,
	BINANCE_NAME = 1 << 25
};

// What a message of the stream had in it, wrapped in {"stream":…,"data":…} or not.
struct binance_event {
	unsigned int has;
	bool depth;  // it is a change of a book
	bool answer; // to a request of ours
	bool error;
	int fault; // of the levels
	struct json_text name;
	uint64_t first, last, previous;
};

// The levels go to feed->parsed. False: it is no message of Binance's; event->fault says what of
// the levels, and what was read before is there.
bool binance_read_event(struct feed *feed, struct json *json, struct binance_event *event);

// The body of a snapshot and its id. False: it is none; *fault says what of the levels, *error that
// it is the venue's word for an error.
bool binance_read_snapshot(
	struct feed *feed, struct json *json, uint64_t *id, int *fault, bool *error);

#endif
