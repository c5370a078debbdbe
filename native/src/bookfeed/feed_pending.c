// Events of a stream that came before the snapshot they belong to: parsed, in order, in one block.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feed_inside.h"

enum { EVENTS = 2048, LEVELS = 16384 };

struct pending {
	size_t events;
	size_t levels; // used
	struct {
		uint64_t first, last, previous;
		uint32_t count[BOOK_SIDES];
		size_t at;
	} event[EVENTS];
	struct json_level level[LEVELS];
};

int pending_new(struct pending **pending)
{
	*pending = malloc(sizeof(**pending));
	if (*pending == NULL)
		return -ENOMEM;
	pending_clear(*pending);
	return 0;
}

void pending_free(struct pending *pending)
{
	free(pending);
}

void pending_clear(struct pending *pending)
{
	pending->events = 0;
	pending->levels = 0;
}

size_t pending_count(const struct pending *pending)
{
	return pending->events;
}

void pending_get(struct pending *pending, size_t index, struct pending_event *event)
{
	struct json_level *at = &pending->level[pending->event[index].at];

	event->first = pending->event[index].first;
	event->last = pending->event[index].last;
	event->previous = pending->event[index].previous;
	for (int side = 0; side < BOOK_SIDES; side++) {
		event->levels.levels[side] = at;
		event->levels.count[side] = pending->event[index].count[side];
		at += event->levels.count[side];
	}
}

bool pending_add(struct pending *pending, const struct pending_event *event)
{
	const struct feed_levels *levels = &event->levels;
	size_t count = levels->count[BOOK_BID] + levels->count[BOOK_ASK];

	if (count > LEVELS)
		return false;
	if (pending->events == EVENTS || pending->levels + count > LEVELS)
		pending_clear(pending);
	pending->event[pending->events].first = event->first;
	pending->event[pending->events].last = event->last;
	pending->event[pending->events].previous = event->previous;
	pending->event[pending->events].at = pending->levels;
	for (int side = 0; side < BOOK_SIDES; side++) {
		pending->event[pending->events].count[side] = (uint32_t)levels->count[side];
		memcpy(&pending->level[pending->levels], levels->levels[side],
			levels->count[side] * sizeof(struct json_level));
		pending->levels += levels->count[side];
	}
	pending->events++;
	return true;
}
