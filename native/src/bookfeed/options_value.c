// See options_value.h.
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "options_value.h"
#include "parse.h"

int option_u32(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	(void)options;
	return parse_number(text, limits->min, limits->max, field);
}

int option_u16(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	uint32_t number;
	int ret = option_u32(text, limits, options, &number);

	if (ret == 0)
		*(uint16_t *)field = (uint16_t)number;
	return ret;
}

int option_text(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	(void)limits;
	(void)options;
	*(const char **)field = text;
	return 0;
}

int option_venue(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	(void)limits;
	(void)field;
	options->venue_given = true;
	return feed_venue_parse(text, &options->venue);
}

int option_symbols(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	size_t size = strlen(text);
	char *rest;

	(void)limits;
	(void)field;
	if (size == 0 || size >= sizeof(options->symbol_text))
		return -EINVAL;
	memcpy(options->symbol_text, text, size + 1);
	options->symbol_count = 0;
	rest = options->symbol_text;
	while (rest != NULL) {
		char *one = strsep(&rest, ",");

		if (one[0] == '\0' || strlen(one) >= FEED_NAME_SIZE ||
			options->symbol_count == FEED_SYMBOLS_MAX)
			return -EINVAL;
		options->symbols[options->symbol_count++] = one;
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

int option_transport(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	int found = find_name(text, transports, sizeof(transports) / sizeof(transports[0]));

	(void)limits;
	(void)options;
	if (found >= 0)
		*(enum transport_kind *)field = (enum transport_kind)found;
	return found < 0 ? found : 0;
}

int option_wait(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	static const char *const names[] = {
		[KERNEL_BLOCK] = "block",
		[KERNEL_SPIN] = "spin",
		[KERNEL_BUSY_POLL] = "busy-poll",
	};
	int found = find_name(text, names, sizeof(names) / sizeof(names[0]));

	(void)limits;
	(void)options;
	if (found >= 0)
		*(enum kernel_wait *)field = (enum kernel_wait)found;
	return found < 0 ? found : 0;
}

int option_output(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	static const char *const names[] = {
		[OUTPUT_VIEW] = "view",
		[OUTPUT_LINES] = "lines",
		[OUTPUT_JSON] = "json",
		[OUTPUT_QUIET] = "quiet",
	};
	int found = find_name(text, names, sizeof(names) / sizeof(names[0]));

	(void)limits;
	(void)options;
	if (found >= 0)
		*(enum output *)field = (enum output)found;
	return found < 0 ? found : 0;
}

int option_ipv4(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	(void)limits;
	(void)options;
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

int option_ipv4_prefix(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	struct ipv4_prefix *out = field;
	char head[32];
	int number = split_number(text, '/', head, sizeof(head), 31);

	(void)limits;
	(void)options;
	if (number < 0 || parse_ipv4(head, &out->ipv4) < 0)
		return -EINVAL;
	out->prefix = (uint8_t)number;
	return 0;
}

int option_ipv4_port(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	struct ipv4_port *out = field;
	struct in_addr address;
	char head[32];
	int number = split_number(text, ':', head, sizeof(head), UINT16_MAX);

	(void)limits;
	(void)options;
	// Loopback too: a server on this machine is as good as any.
	if (number == -EINVAL || inet_pton(AF_INET, head, &address) != 1 || address.s_addr == 0)
		return -EINVAL;
	out->ipv4 = ntohl(address.s_addr);
	out->port = number > 0 ? (uint16_t)number : 0;
	return 0;
}

int option_host(
	const char *text, const struct option_limits *limits, struct options *options, void *field)
{
	struct host_port *out = field;
	int number = split_number(text, ':', out->host, sizeof(out->host), UINT16_MAX);

	(void)limits;
	(void)options;
	if (number == -EINVAL)
		return -EINVAL;
	out->port = number > 0 ? (uint16_t)number : 443;
	return 0;
}
