// The option table: one line an option, so that parsing, checking and --help cannot disagree.
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

enum option_kind { OPTION_MODE, OPTION_IPV4, OPTION_U16, OPTION_U32, OPTION_FLAG };

struct option_row {
	const char *name;
	const char *argument;
	enum option_kind kind;
	size_t offset;
	uint32_t min;
	uint32_t max;
	const char *help;
};

// Rings: 8192 is the most that ENA and common NICs accept. MTU: 68 is IPv4's least, 9001 is the
// VPC's most.
static const struct option_row options[] = {
	{"--mode", "MODE", OPTION_MODE, offsetof(struct config, mode), 0, 0,
		"respond (default), sink, reflect or forward"},
	{"--ipv4", "A.B.C.D", OPTION_IPV4, offsetof(struct config, ipv4), 0, 0,
		"our address; required for respond"},
	{"--gateway", "A.B.C.D", OPTION_IPV4, offsetof(struct config, gateway), 0, 0,
		"self-test: this address must answer ARP; needs --ipv4"},
	{"--self-test-timeout", "SECONDS", OPTION_U16, offsetof(struct config, self_test_timeout_s),
		1, 300, "how long the self-test waits for link and gateway (default 5)"},
	{"--burst", "N", OPTION_U16, offsetof(struct config, burst), 32, 512,
		"most packets taken from the port at once (default 32)"},
	{"--rx-desc", "N", OPTION_U16, offsetof(struct config, rx_desc), 128, 8192,
		"descriptors of the receive ring (default 1024)"},
	{"--tx-desc", "N", OPTION_U16, offsetof(struct config, tx_desc), 128, 8192,
		"descriptors of the transmit ring (default 1024)"},
	{"--mbufs", "N", OPTION_U32, offsetof(struct config, mbufs), 1024, 1048576,
		"packet buffers (default: what rings and burst need)"},
	{"--mtu", "N", OPTION_U16, offsetof(struct config, mtu), 68, 9001,
		"largest IP packet (default 1500)"},
	{"--help", NULL, OPTION_FLAG, offsetof(struct config, help), 0, 0, "print this and exit"},
	{"--version", NULL, OPTION_FLAG, offsetof(struct config, version), 0, 0,
		"print the versions and exit"},
};

static const char *const mode_names[] = {
	[MODE_RESPOND] = "respond",
	[MODE_SINK] = "sink",
	[MODE_REFLECT] = "reflect",
	[MODE_FORWARD] = "forward",
};

const char *mode_name(enum mode mode)
{
	return mode_names[mode];
}

const char *ipv4_format(uint32_t ipv4, char text[16])
{
	struct in_addr address = {.s_addr = htonl(ipv4)};

	return inet_ntop(AF_INET, &address, text, 16);
}

static int parse_mode(const char *text, enum mode *mode)
{
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (strcmp(text, mode_names[i]) == 0) {
			*mode = (enum mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

// Only what a host can own: not 0/8, not loopback, not multicast, not reserved.
static int parse_ipv4(const char *text, uint32_t *ipv4)
{
	struct in_addr address;
	uint32_t value;

	if (inet_pton(AF_INET, text, &address) != 1)
		return -EINVAL;
	value = ntohl(address.s_addr);
	if (value >> 24 == 0 || value >> 24 == 127 || value >> 24 >= 224)
		return -EINVAL;
	*ipv4 = value;
	return 0;
}

static int parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	char *end;
	unsigned long value;

	// strtoul takes signs and spaces, which no count has.
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return -ERANGE;
	*number = (uint32_t)value;
	return 0;
}

static int set_option(
	struct config *config, const struct option_row *row, const char *value, struct fault *fault)
{
	void *field = (char *)config + row->offset;
	uint32_t number;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_MODE:
		if (parse_mode(value, field) < 0)
			return fault_set(fault, EXIT_USAGE,
				"--mode: '%s'; give respond, sink, reflect or forward", value);
		return 0;
	case OPTION_IPV4:
		if (parse_ipv4(value, field) < 0)
			return fault_set(fault, EXIT_USAGE,
				"%s: '%s'; give a unicast IPv4 address such as 10.0.1.23",
				row->name, value);
		return 0;
	case OPTION_U16:
	case OPTION_U32:
		break;
	}
	if (parse_number(value, row->min, row->max, &number) < 0)
		return fault_set(fault, EXIT_USAGE, "%s: '%s'; give a number from %u to %u",
			row->name, value, row->min, row->max);
	if (row->kind == OPTION_U16)
		*(uint16_t *)field = (uint16_t)number;
	else
		*(uint32_t *)field = number;
	return 0;
}

// The row whose name is text up to a '=' or its end; NULL when there is none.
static const struct option_row *find_option(const char *text)
{
	size_t size = strcspn(text, "=");

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strlen(options[i].name) == size && memcmp(options[i].name, text, size) == 0)
			return &options[i];
	}
	return NULL;
}

static int check_together(const struct config *config, struct fault *fault)
{
	char text[16];

	if (config->help || config->version)
		return 0;
	if (config->mode == MODE_RESPOND && config->ipv4 == 0)
		return fault_set(fault, EXIT_USAGE,
			"--ipv4: not given; --mode respond needs the port's own address");
	if (config->gateway != 0 && config->ipv4 == 0)
		return fault_set(
			fault, EXIT_USAGE, "--ipv4: not given; --gateway needs it to ask with");
	if (config->gateway != 0 && config->gateway == config->ipv4)
		return fault_set(fault, EXIT_USAGE,
			"--gateway: '%s'; give another address than --ipv4",
			ipv4_format(config->gateway, text));
	return 0;
}

int config_parse(struct config *config, int argc, char *const argv[], struct fault *fault)
{
	struct config parsed = {
		.mode = MODE_RESPOND,
		.self_test_timeout_s = 5,
		.burst = 32,
		.rx_desc = 1024,
		.tx_desc = 1024,
		.mtu = 1500,
	};
	int ret;

	for (int i = 0; i < argc; i++) {
		const struct option_row *row = find_option(argv[i]);
		const char *value = strchr(argv[i], '=');

		if (row == NULL)
			return fault_set(fault, EXIT_USAGE,
				"option: '%s'; pollcore --help lists what there is", argv[i]);
		if (row->kind == OPTION_FLAG && value != NULL)
			return fault_set(
				fault, EXIT_USAGE, "%s: '%s'; it takes no value", row->name, value);
		if (value != NULL)
			value++;
		else if (row->kind != OPTION_FLAG && i + 1 < argc)
			value = argv[++i];
		else if (row->kind != OPTION_FLAG)
			return fault_set(fault, EXIT_USAGE, "%s: no value; give %s", row->name,
				row->argument);
		ret = set_option(&parsed, row, value, fault);
		if (ret < 0)
			return ret;
	}
	ret = check_together(&parsed, fault);
	if (ret < 0)
		return ret;
	*config = parsed;
	return 0;
}

void config_help(FILE *out)
{
	fputs("usage: pollcore [EAL options] -- [options]\n"
	      "       pollcore --help | --version\n"
	      "\n"
	      "Polls one DPDK port on one lcore. EAL needs two lcores: the main one controls, the\n"
	      "other polls. Common EAL options: -l 0-1, -a 0000:00:06.0, --vdev net_null0,\n"
	      "--file-prefix NAME, --no-huge -m 256.\n"
	      "\n",
		out);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char left[40];

		snprintf(left, sizeof(left), "%s %s", options[i].name,
			options[i].argument == NULL ? "" : options[i].argument);
		fprintf(out, "  %-30s %s\n", left, options[i].help);
		if (options[i].max != 0)
			fprintf(out, "  %-30s %u to %u\n", "", options[i].min, options[i].max);
	}
	fputs("\n"
	      "environment:\n"
	      "  NOTIFY_SOCKET                  systemd's socket for READY, STATUS and WATCHDOG\n"
	      "  WATCHDOG_USEC                  how often systemd wants to hear that we poll\n"
	      "\n"
	      "exit: 0 clean stop, 1 fault while running, 2 usage, 3 no port, 4 memory,\n"
	      "      5 self-test failed, 6 EAL could not start, 7 another primary process runs\n",
		out);
}
