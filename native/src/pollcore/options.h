// The table of pollcore's options. config.c goes through the command line with it.
#ifndef POLLCORE_OPTIONS_H
#define POLLCORE_OPTIONS_H

#include <stddef.h>

#include "config.h"

enum option_kind {
	OPTION_MODE,
	OPTION_IDLE,
	OPTION_CHECKSUM,
	OPTION_IPV4,
	OPTION_IPV6,
	OPTION_MAC,
	OPTION_U16,
	OPTION_U32,
	OPTION_RATE,
	OPTION_FRAME_SIZE,
	OPTION_PATH,
	OPTION_ENDPOINT,
	OPTION_FLAG,
};

struct option_row {
	const char *name;
	const char *argument;
	enum option_kind kind;
	size_t offset;
	uint32_t min;
	uint32_t max;
	const char *help;
};

// The row whose name is text up to a '=' or its end; NULL when there is none.
const struct option_row *option_find(const char *text);

// Sets the field of *config from the value; a negative number, with *fault set, when it is none of
// what the option takes.
int option_set(struct config *config, const struct option_row *row, const char *value,
	struct fault *fault);

// One line an option, for --help.
void options_print(FILE *out);

#endif
