// The values of bookfeed's options: one reader a kind. See options.c for who takes which.
#ifndef BOOKFEED_OPTIONS_VALUE_H
#define BOOKFEED_OPTIONS_VALUE_H

#include "options.h"

struct option_limits {
	uint32_t min;
	uint32_t max;
};

// Reads text into *field, a member of *options. -EINVAL: it is not allowed.
typedef int (*option_reader)(
	const char *text, const struct option_limits *limits, struct options *options, void *field);

int option_u32(const char *, const struct option_limits *, struct options *, void *);
int option_u16(const char *, const struct option_limits *, struct options *, void *);
int option_text(const char *, const struct option_limits *, struct options *, void *);
int option_venue(const char *, const struct option_limits *, struct options *, void *);
int option_symbols(const char *, const struct option_limits *, struct options *, void *);
int option_transport(const char *, const struct option_limits *, struct options *, void *);
int option_wait(const char *, const struct option_limits *, struct options *, void *);
int option_output(const char *, const struct option_limits *, struct options *, void *);
int option_ipv4(const char *, const struct option_limits *, struct options *, void *);
int option_ipv4_prefix(const char *, const struct option_limits *, struct options *, void *);
int option_ipv4_port(const char *, const struct option_limits *, struct options *, void *);
int option_host(const char *, const struct option_limits *, struct options *, void *);

#endif
