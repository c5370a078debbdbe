// See view.h.
#include <stdlib.h>
#include <string.h>

#include "view.h"

struct view *view_new(size_t count, size_t levels)
{
	struct view *view = calloc(1, sizeof(*view) + count * sizeof(view->symbols[0]));

	if (view == NULL)
		return NULL;
	view->count = count;
	view->levels = levels < VIEW_LEVELS_MAX ? levels : VIEW_LEVELS_MAX;
	return view;
}

static void fill_symbol(
	struct view_symbol *out, const struct feed *feed, size_t index, size_t levels)
{
	const struct book *book = feed_book(feed, index);

	out->symbol = *feed_symbol(feed, index);
	for (int side = 0; side < BOOK_SIDES; side++) {
		out->count[side] = book == NULL ? 0 : book_count(book, (enum book_side)side);
		out->shown[side] = book == NULL ? 0
						: feed_depth(feed, index, (enum book_side)side,
							  out->levels[side], levels);
	}
}

void view_fill_feed(struct view *view, const struct feed *feed)
{
	view->good = 0;
	for (size_t i = 0; i < view->count; i++) {
		fill_symbol(&view->symbols[i], feed, i, view->levels);
		view->good += view->symbols[i].symbol.state == FEED_GOOD;
	}
}

void view_fill(struct view *view, const struct session *session)
{
	view->state = session->state;
	memcpy(view->why, session->why, sizeof(view->why));
	view->counters = session->counters;
	view->time_ns = session->now_ns;
	view->message_ns = session->message_ns;
	view_fill_feed(view, session->feed);
}
