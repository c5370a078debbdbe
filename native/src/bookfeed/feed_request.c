// What a feed asks of its venue: the requests that its symbols need, many symbols in one.
#include <stdarg.h>
#include <stdio.h>

#include "feed_inside.h"

// What comes after the symbols, and one symbol more.
enum { RESERVED = 256 };

void feed_write(struct feed_text *text, const char *format, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(
		text->text + text->size, FEED_REQUEST_SIZE - text->size, format, arguments);
	va_end(arguments);
	// Cannot be cut: RESERVED is more than anything that is written here.
	text->size += (size_t)size;
}

// One request for all symbols with that need that fit into it; false if there are none.
static bool write_request(struct feed *feed, enum feed_need need, struct feed_text *text)
{
	const struct feed_rules *rules = feed->rules;
	size_t count = 0;

	for (size_t i = 0; i < feed->count; i++) {
		struct symbol *symbol = &feed->symbols[i];

		if (symbol->need != need)
			continue;
		if (text->size > FEED_REQUEST_SIZE - RESERVED)
			break;
		if (count++ == 0)
			rules->before(text, need == FEED_NEED_SUBSCRIBE);
		else
			feed_write(text, ",");
		rules->item(text, symbol->shown.name);
		symbol->need = FEED_NEED_NONE;
		if (need == FEED_NEED_UNSUBSCRIBE) {
			symbol->leaving++;
			symbol->left = feed->requests + 1;
			symbol->need = FEED_NEED_SUBSCRIBE;
		}
	}
	if (count == 0)
		return false;
	feed->requests++;
	rules->after(text, feed);
	return true;
}

enum feed_request feed_request(struct feed *feed, char *text, size_t *symbol)
{
	struct feed_text written = {text, 0};

	*symbol = FEED_NO_SYMBOL;
	if (write_request(feed, FEED_NEED_UNSUBSCRIBE, &written) ||
		write_request(feed, FEED_NEED_SUBSCRIBE, &written))
		return FEED_REQUEST_SEND;
	for (size_t i = 0; i < feed->count; i++)
		if (feed->symbols[i].need == FEED_NEED_GET) {
			feed->symbols[i].need = FEED_NEED_ANSWER;
			feed->rules->path(&written, feed->symbols[i].shown.name, feed->depth);
			*symbol = i;
			return FEED_REQUEST_GET;
		}
	return FEED_REQUEST_NONE;
}
