// The option table: one line an option, so that parsing, checking and --help cannot disagree.
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "config.h"
#include "parse.h"

enum option_kind {
	OPTION_MODE,
	OPTION_IDLE,
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

// Rings: 8192 is the most that ENA and common NICs accept. MTU: 68 is IPv4's least, 9001 is the
// VPC's most.
static const struct option_row options[] = {
	{"--mode", "MODE", OPTION_MODE, offsetof(struct config, mode), 0, 0,
		"respond (default), sink, reflect, forward or generate"},
	{"--ipv4", "A.B.C.D", OPTION_IPV4, offsetof(struct config, ipv4), 0, 0,
		"our address; required for respond"},
	{"--ipv6", "ADDRESS", OPTION_IPV6, offsetof(struct config, ipv6), 0, 0,
		"our IPv6 address, beside the link-local one that follows from the MAC"},
	{"--gateway", "A.B.C.D", OPTION_IPV4, offsetof(struct config, gateway), 0, 0,
		"self-test: this address must answer ARP; needs --ipv4"},
	{"--self-test-timeout", "SECONDS", OPTION_U16, offsetof(struct config, self_test_timeout_s),
		1, 300, "how long the self-test waits for link and gateway (default 5)"},
	{"--burst", "N", OPTION_U16, offsetof(struct config, burst), 32, 512,
		"most packets taken from the port at once (default 32)"},
	{"--idle", "POLICY", OPTION_IDLE, offsetof(struct config, idle), 0, 0,
		"when nothing comes: busy (default), pause or adaptive, which naps and costs 50 "
		"us"},
	{"--rx-desc", "N", OPTION_U16, offsetof(struct config, rx_desc), 128, 8192,
		"descriptors of the receive ring (default 1024)"},
	{"--tx-desc", "N", OPTION_U16, offsetof(struct config, tx_desc), 128, 8192,
		"descriptors of the transmit ring (default 1024)"},
	{"--mbufs", "N", OPTION_U32, offsetof(struct config, mbufs), 1024, 1048576,
		"packet buffers (default: what rings and burst need)"},
	{"--mtu", "N", OPTION_U16, offsetof(struct config, mtu), 68, 9001,
		"largest IP packet (default 1500)"},
	{"--rate", "N|max", OPTION_RATE, offsetof(struct config, generate.rate), 0, 0,
		"generate: packets a second (default 1000); 0 waits for a rate by telemetry"},
	{"--peer-ipv4", "A.B.C.D", OPTION_IPV4, offsetof(struct config, generate.peer_ipv4), 0, 0,
		"generate: to this address, whose MAC is asked for by ARP; needs --ipv4"},
	{"--peer-mac", "MAC", OPTION_MAC, offsetof(struct config, generate.peer_mac), 0, 0,
		"generate: to this MAC, without ARP"},
	{"--frame-size", "N|imix", OPTION_FRAME_SIZE, offsetof(struct config, generate.frame_size),
		0, 0,
		"generate: bytes with check sequence (default 64), or 64, 594 and 1518 as 7:4:1"},
	{"--flows", "N", OPTION_U16, offsetof(struct config, generate.flows), 1, FLOWS_MAX,
		"generate: UDP source ports to take in turn (default 1)"},
	{"--train", "N", OPTION_U16, offsetof(struct config, generate.train), 1, TRAIN_MAX,
		"generate: packets that leave back to back (default 1)"},
	{"--pcap", "FILE", OPTION_PATH, offsetof(struct config, generate.pcap), 0, 0,
		"generate: the frames of this capture, over and over, unstamped"},
	{"--metrics", "WHERE", OPTION_ENDPOINT, offsetof(struct config, metrics), 0, 0,
		"Prometheus text at 127.0.0.1:PORT or on the unix socket /PATH (default none)"},
	{"--help", NULL, OPTION_FLAG, offsetof(struct config, help), 0, 0, "print this and exit"},
	{"--version", NULL, OPTION_FLAG, offsetof(struct config, version), 0, 0,
		"print the versions and exit"},
};

static const char *const mode_names[] = {
	[MODE_RESPOND] = "respond",
	[MODE_SINK] = "sink",
	[MODE_REFLECT] = "reflect",
	[MODE_FORWARD] = "forward",
	[MODE_GENERATE] = "generate",
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

int mode_parse(const char *text, enum mode *mode)
{
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (strcmp(text, mode_names[i]) == 0) {
			*mode = (enum mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_idle(const char *text, enum idle_policy *idle)
{
	static const char *const names[] = {"busy", "pause", "adaptive"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*idle = (enum idle_policy)i;
			return 0;
		}
	}
	return -EINVAL;
}

// What to give where a number from min to max is not the answer.
static const char *const allowed[] = {
	[OPTION_MODE] = MODE_NAMES,
	[OPTION_IDLE] = "busy, pause or adaptive",
	[OPTION_IPV4] = "a unicast IPv4 address such as 10.0.1.23",
	[OPTION_IPV6] = "a unicast IPv6 address such as 2001:db8::17",
	[OPTION_MAC] = "a unicast MAC such as 02:00:00:00:00:01",
	[OPTION_RATE] = "a number from 0 to 1000000000, or max",
	[OPTION_FRAME_SIZE] = "a number from 64 to 9019, or imix",
	[OPTION_ENDPOINT] = "127.0.0.1:PORT or a path such as /run/pollcore.sock",
	[OPTION_FLAG] = NULL,
};

static int set_field(const struct option_row *row, const char *value, void *field)
{
	uint32_t number;
	int ret;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_PATH:
		*(const char **)field = value;
		return 0;
	case OPTION_ENDPOINT:
		return endpoint_parse(value, field);
	case OPTION_MODE:
		return mode_parse(value, field);
	case OPTION_IDLE:
		return parse_idle(value, field);
	case OPTION_IPV4:
		return parse_ipv4(value, field);
	case OPTION_IPV6:
		return parse_ipv6(value, field);
	case OPTION_MAC:
		return parse_mac(value, field);
	case OPTION_RATE:
		return parse_rate(value, field);
	case OPTION_FRAME_SIZE:
		return parse_frame_size(value, field);
	case OPTION_U32:
		return parse_number(value, row->min, row->max, field);
	case OPTION_U16:
		ret = parse_number(value, row->min, row->max, &number);
		if (ret == 0)
			*(uint16_t *)field = (uint16_t)number;
		return ret;
	}
	return -EINVAL;
}

static int set_option(
	struct config *config, const struct option_row *row, const char *value, struct fault *fault)
{
	if (set_field(row, value, (char *)config + row->offset) == 0)
		return 0;
	if (allowed[row->kind] != NULL)
		return fault_set(fault, EXIT_USAGE, "%s: '%s'; give %s", row->name, value,
			allowed[row->kind]);
	return fault_set(fault, EXIT_USAGE, "%s: '%s'; give a number from %u to %u", row->name,
		value, row->min, row->max);
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

int config_check_mode(const struct config *config, enum mode mode, struct fault *fault)
{
	const struct generate_config *generate = &config->generate;

	if (mode == MODE_RESPOND && config->ipv4 == 0)
		return fault_set(fault, EXIT_USAGE,
			"--ipv4: not given; --mode respond needs the port's own address");
	if (mode == MODE_FORWARD && config->mode != MODE_FORWARD)
		return fault_set(fault, EXIT_USAGE,
			"mode: 'forward'; it takes a second port, so start with --mode forward");
	if (mode == MODE_GENERATE && generate->peer_ipv4 == 0 && generate->pcap == NULL &&
		mac_is_zero(generate->peer_mac))
		return fault_set(fault, EXIT_USAGE,
			"--peer-ipv4: not given; --mode generate needs it, --peer-mac or --pcap");
	return 0;
}

static int check_together(const struct config *config, struct fault *fault)
{
	char text[16];

	if (config->help || config->version)
		return 0;
	if (config->generate.peer_ipv4 != 0 && config->ipv4 == 0)
		return fault_set(
			fault, EXIT_USAGE, "--ipv4: not given; --peer-ipv4 needs it to ask with");
	if (config->generate.frame_size > config->mtu + 18)
		return fault_set(fault, EXIT_USAGE, "--frame-size: '%u'; this --mtu allows %u",
			config->generate.frame_size, config->mtu + 18);
	if (config->generate.frame_size == FRAME_SIZE_IMIX && config->mtu < 1500)
		return fault_set(fault, EXIT_USAGE, "--frame-size: 'imix'; it needs --mtu 1500");
	if (config->gateway != 0 && config->ipv4 == 0)
		return fault_set(
			fault, EXIT_USAGE, "--ipv4: not given; --gateway needs it to ask with");
	if (config->gateway != 0 && config->gateway == config->ipv4)
		return fault_set(fault, EXIT_USAGE,
			"--gateway: '%s'; give another address than --ipv4",
			ipv4_format(config->gateway, text));
	return config_check_mode(config, config->mode, fault);
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
		.generate = {.rate = 1000, .frame_size = 64, .flows = 1, .train = 1},
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
