// See settings_value.h.
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "parse.h"
#include "settings_value.h"

int setting_u32(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	(void)settings;
	return parse_number(text, limits->min, limits->max, field);
}

int setting_u16(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	uint32_t number;
	int ret = setting_u32(text, limits, settings, &number);

	if (ret == 0)
		*(uint16_t *)field = (uint16_t)number;
	return ret;
}

int setting_text(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	(void)limits;
	(void)settings;
	*(const char **)field = text;
	return 0;
}

int setting_venue(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	(void)limits;
	(void)field;
	settings->venue_given = true;
	return feed_venue_parse(text, &settings->venue);
}

int setting_symbols(const char *text, const struct setting_limits *limits,
	struct settings *settings, void *field)
{
	size_t size = strlen(text);
	char *rest;

	(void)limits;
	(void)field;
	if (size == 0 || size >= sizeof(settings->symbol_text))
		return -EINVAL;
	memcpy(settings->symbol_text, text, size + 1);
	settings->symbol_count = 0;
	rest = settings->symbol_text;
	while (rest != NULL) {
		char *one = strsep(&rest, ",");

		if (one[0] == '\0' || strlen(one) >= FEED_NAME_SIZE ||
			settings->symbol_count == FEED_SYMBOLS_MAX)
			return -EINVAL;
		settings->symbols[settings->symbol_count++] = one;
	}
	return 0;
}

static int find_name(const char *text, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	}
	return -EINVAL;
}

static const char *const transports[] = {
	[TRANSPORT_KERNEL] = "kernel",
	[TRANSPORT_LWIP] = "lwip",
	[TRANSPORT_REPLAY] = "replay",
};

const char *transport_kind_name(enum transport_kind kind)
{
	return transports[kind];
}

int setting_transport(const char *text, const struct setting_limits *limits,
	struct settings *settings, void *field)
{
	int found = find_name(text, transports, sizeof(transports) / sizeof(transports[0]));

	(void)limits;
	(void)settings;
	if (found >= 0)
		*(enum transport_kind *)field = (enum transport_kind)found;
	return found < 0 ? found : 0;
}

int setting_wait(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	static const char *const names[] = {
		[KERNEL_BLOCK] = "block",
		[KERNEL_SPIN] = "spin",
		[KERNEL_BUSY_POLL] = "busy-poll",
	};
	int found = find_name(text, names, sizeof(names) / sizeof(names[0]));

	(void)limits;
	(void)settings;
	if (found >= 0)
		*(enum kernel_wait *)field = (enum kernel_wait)found;
	return found < 0 ? found : 0;
}

int setting_output(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	static const char *const names[] = {
		[OUTPUT_VIEW] = "view",
		[OUTPUT_LINES] = "lines",
		[OUTPUT_JSON] = "json",
		[OUTPUT_QUIET] = "quiet",
	};
	int found = find_name(text, names, sizeof(names) / sizeof(names[0]));

	(void)limits;
	(void)settings;
	if (found >= 0)
		*(enum output *)field = (enum output)found;
	return found < 0 ? found : 0;
}

int setting_ipv4(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	(void)limits;
	(void)settings;
	return parse_ipv4(text, field);
}

// Copies text up to the last `mark` into head; the number behind it, or -ENOENT without one.
static int split_number(const char *text, char mark, char *head, size_t capacity, uint32_t max)
{
	const char *at = strrchr(text, mark);
	size_t size = at == NULL ? strlen(text) : (size_t)(at - text);
	uint32_t number;

	if (size == 0 || size >= capacity)
		return -EINVAL;
	memcpy(head, text, size);
	head[size] = '\0';
	if (at == NULL)
		return -ENOENT;
	return parse_number(at + 1, 1, max, &number) < 0 ? -EINVAL : (int)number;
}

int setting_ipv4_prefix(const char *text, const struct setting_limits *limits,
	struct settings *settings, void *field)
{
	struct ipv4_prefix *out = field;
	char head[32];
	int number = split_number(text, '/', head, sizeof(head), 31);

	(void)limits;
	(void)settings;
	if (number < 0 || parse_ipv4(head, &out->ipv4) < 0)
		return -EINVAL;
	out->prefix = (uint8_t)number;
	return 0;
}

int setting_ipv4_port(const char *text, const struct setting_limits *limits,
	struct settings *settings, void *field)
{
	struct ipv4_port *out = field;
	struct in_addr address;
	char head[32];
	int number = split_number(text, ':', head, sizeof(head), UINT16_MAX);

	(void)limits;
	(void)settings;
	// Loopback too: a server on this machine is as good as any.
	if (number == -EINVAL || inet_pton(AF_INET, head, &address) != 1 || address.s_addr == 0)
		return -EINVAL;
	out->ipv4 = ntohl(address.s_addr);
	out->port = number > 0 ? (uint16_t)number : 0;
	return 0;
}

int setting_host(const char *text, const struct setting_limits *limits, struct settings *settings,
	void *field)
{
	struct host_port *out = field;
	int number = split_number(text, ':', out->host, sizeof(out->host), UINT16_MAX);

	(void)limits;
	(void)settings;
	if (number == -EINVAL)
		return -EINVAL;
	out->port = number > 0 ? (uint16_t)number : 443;
	return 0;
}
