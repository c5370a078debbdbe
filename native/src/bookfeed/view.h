// What the session looks like at one moment: copied by its thread when another asks for it, so that
// books need no lock.
#ifndef BOOKFEED_VIEW_H
#define BOOKFEED_VIEW_H

#include "session.h"

enum { VIEW_LEVELS_MAX = 20 };

struct view_symbol {
	struct feed_symbol symbol;
	size_t count[BOOK_SIDES]; // levels in the book
	size_t shown[BOOK_SIDES]; // of them in levels
	struct level levels[BOOK_SIDES][VIEW_LEVELS_MAX];
};

struct view {
	enum session_state state;
	char why[SESSION_WHY_SIZE];
	struct session_counters counters;
	uint64_t time_ns;    // CLOCK_MONOTONIC
	uint64_t message_ns; // when the last message came; 0: none yet
	size_t good;
	size_t levels; // to be copied, a side
	size_t count;
	struct view_symbol symbols[];
};

// For so many symbols; NULL without memory.
struct view *view_new(size_t count, size_t levels);

// By the session's thread.
void view_fill(struct view *view, const struct session *session);
void view_fill_feed(struct view *view, const struct feed *feed);

#endif
