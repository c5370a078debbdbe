// A feed's memory, and finding a symbol by its name.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feed_inside.h"

// Names differ in their first eight bytes or in their last: FEED_PADDING lets both be read whole.
static uint32_t hash(const struct feed *feed, const char *name, size_t size)
{
	uint64_t first, last = 0;

	memcpy(&first, name, sizeof(first));
	if (size < sizeof(first))
		first &= (UINT64_C(1) << 8 * size) - 1;
	else
		memcpy(&last, name + size - sizeof(last), sizeof(last));
	first = (first ^ (last << 23 | last >> 41)) * UINT64_C(0x9E3779B97F4A7C15);
	return (uint32_t)(first >> (64 - feed->index_bits));
}

struct symbol *feed_find(const struct feed *feed, const struct json_text *name)
{
	char plain[FEED_NAME_SIZE + sizeof(uint64_t)] = "";
	const char *text = name->at;
	size_t size = name->size;
	uint32_t mask = (UINT32_C(1) << feed->index_bits) - 1;

	if (__builtin_expect(name->escaped, 0)) {
		if (!json_unescape(name, plain, FEED_NAME_SIZE, &size))
			return NULL;
		text = plain;
	}
	if (size == 0 || size >= FEED_NAME_SIZE)
		return NULL;
	for (uint32_t at = hash(feed, text, size);; at = (at + 1) & mask) {
		struct symbol *symbol;

		if (feed->index[at] == 0)
			return NULL;
		symbol = &feed->symbols[feed->index[at] - 1];
		if (memcmp(symbol->shown.name, text, size) == 0 && symbol->shown.name[size] == '\0')
			return symbol;
	}
}

static const char *name_fault(const struct feed *feed, const char *name)
{
	size_t size = strlen(name);
	struct json_text text;
	char padded[FEED_NAME_SIZE + sizeof(uint64_t)] = "";

	if (size == 0 || size >= FEED_NAME_SIZE)
		return "a symbol's name has 1 to 23 characters";
	for (size_t i = 0; i < size; i++)
		if (!((name[i] >= 'A' && name[i] <= 'Z') || (name[i] >= '0' && name[i] <= '9') ||
			    strchr(feed->rules->punctuation, name[i]) != NULL))
			return "a symbol's name has capitals, digits, and the venue's punctuation";
	memcpy(padded, name, size);
	text = (struct json_text){padded, size, false};
	return feed_find(feed, &text) != NULL ? "a symbol is named twice" : NULL;
}

static void add_name(struct feed *feed, size_t number, const char *name)
{
	struct feed_symbol *shown = &feed->symbols[number].shown;
	uint32_t mask = (UINT32_C(1) << feed->index_bits) - 1, at;

	memcpy(shown->name, name, strlen(name) + 1);
	at = hash(feed, shown->name, strlen(name));
	while (feed->index[at] != 0)
		at = (at + 1) & mask;
	feed->index[at] = (uint16_t)(number + 1);
	shown->cause = FEED_CAUSE_START;
}

static int add_symbol(struct feed *feed, size_t number, const struct feed_config *config)
{
	struct symbol *symbol = &feed->symbols[number];
	int fault = book_new(config->window == 0 ? BOOK_WINDOW_DEFAULT : config->window,
		config->levels_max == 0 ? BOOK_LEVELS_DEFAULT : config->levels_max, &symbol->book);

	if (fault == 0 && feed->rules->snapshot != NULL)
		fault = pending_new(&symbol->pending);
	return fault;
}

static const char *config_fault(const struct feed_rules *rules, const struct feed_config *config)
{
	uint32_t window = config->window;
	const uint32_t *depth = rules->depths;

	if (config->count < 1 || config->count > FEED_SYMBOLS_MAX)
		return "a connection has 1 to 1024 symbols";
	if (window != 0 && (window < BOOK_WINDOW_MIN || window > BOOK_WINDOW_MAX ||
				   (window & (window - 1)) != 0))
		return "the window is a power of two from 4096 to 1048576";
	while (*depth != 0 && *depth != config->depth)
		depth++;
	if (config->depth != 0 && *depth == 0)
		return rules->depths_text;
	return NULL;
}

static int allocate(struct feed *feed, const struct feed_config *config)
{
	feed->capacity = config->levels_max == 0 ? BOOK_LEVELS_DEFAULT : config->levels_max;
	// Half of the index at most is in use.
	for (feed->index_bits = 1; UINT32_C(1) << feed->index_bits < 2 * config->count;)
		feed->index_bits++;
	feed->index = calloc(UINT32_C(1) << feed->index_bits, sizeof(*feed->index));
	feed->symbols = calloc(config->count, sizeof(*feed->symbols));
	for (int side = 0; side < BOOK_SIDES; side++)
		feed->parsed.levels[side] = malloc(feed->capacity * sizeof(struct json_level));
	return feed->index != NULL && feed->symbols != NULL && feed->parsed.levels[0] != NULL &&
			       feed->parsed.levels[1] != NULL
		       ? 0
		       : -ENOMEM;
}

static int fill(struct feed *feed, const struct feed_config *config, const char **fault)
{
	int status = allocate(feed, config);

	for (size_t i = 0; i < config->count && status == 0; i++) {
		*fault = name_fault(feed, config->symbols[i]);
		if (*fault != NULL)
			return -EINVAL;
		feed->count = i + 1;
		add_name(feed, i, config->symbols[i]);
		status = add_symbol(feed, i, config);
	}
	return status;
}

int feed_new(const struct feed_config *config, struct feed **feed, const char **fault)
{
	const struct feed_rules *rules = feed_rules_of(config->venue);
	struct feed *made;
	int status;

	*fault = config_fault(rules, config);
	if (*fault != NULL)
		return -EINVAL;
	*fault = "out of memory";
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	made->rules = rules;
	made->venue = config->venue;
	made->depth = config->depth == 0 ? 1000 : config->depth;
	status = fill(made, config, fault);
	if (status != 0) {
		feed_free(made);
		return status;
	}
	*fault = NULL;
	*feed = made;
	return 0;
}

void feed_free(struct feed *feed)
{
	if (feed == NULL)
		return;
	for (size_t i = 0; i < feed->count; i++) {
		book_free(feed->symbols[i].book);
		pending_free(feed->symbols[i].pending);
	}
	for (int side = 0; side < BOOK_SIDES; side++)
		free(feed->parsed.levels[side]);
	free(feed->symbols);
	free(feed->index);
	free(feed);
}
