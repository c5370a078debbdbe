// The values of bookfeed's options: one reader a kind. See settings.c for who takes which.
#ifndef BOOKFEED_SETTINGS_VALUE_H
#define BOOKFEED_SETTINGS_VALUE_H

#include "settings.h"

struct setting_limits {
	uint32_t min;
	uint32_t max;
};

// Reads text into *field, a member of *settings. -EINVAL: it is not allowed.
typedef int (*setting_reader)(const char *text, const struct setting_limits *limits,
	struct settings *settings, void *field);

int setting_u32(const char *, const struct setting_limits *, struct settings *, void *);
int setting_u16(const char *, const struct setting_limits *, struct settings *, void *);
int setting_text(const char *, const struct setting_limits *, struct settings *, void *);
int setting_venue(const char *, const struct setting_limits *, struct settings *, void *);
int setting_symbols(const char *, const struct setting_limits *, struct settings *, void *);
int setting_transport(const char *, const struct setting_limits *, struct settings *, void *);
int setting_wait(const char *, const struct setting_limits *, struct settings *, void *);
int setting_output(const char *, const struct setting_limits *, struct settings *, void *);
int setting_ipv4(const char *, const struct setting_limits *, struct settings *, void *);
int setting_ipv4_prefix(const char *, const struct setting_limits *, struct settings *, void *);
int setting_ipv4_port(const char *, const struct setting_limits *, struct settings *, void *);
int setting_host(const char *, const struct setting_limits *, struct settings *, void *);

#endif
