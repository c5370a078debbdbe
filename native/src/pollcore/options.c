// The option table: one line an option, so that parsing, checking and --help cannot disagree.
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "options.h"
#include "parse.h"

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
	{"--queues", "N", OPTION_U16, offsetof(struct config, queues), 1, QUEUES_MAX,
		"receive and transmit queues, each polled by an lcore of its own (default 1); "
		"EAL needs one lcore more"},
	{"--rx-desc", "N", OPTION_U16, offsetof(struct config, rx_desc), 128, 8192,
		"descriptors of the receive ring (default 1024)"},
	{"--tx-desc", "N", OPTION_U16, offsetof(struct config, tx_desc), 128, 8192,
		"descriptors of the transmit ring (default 1024)"},
	{"--mbufs", "N", OPTION_U32, offsetof(struct config, mbufs), 1024, 1048576,
		"packet buffers (default: what rings and burst need)"},
	{"--mtu", "N", OPTION_U16, offsetof(struct config, mtu), 68, 9001,
		"largest IP packet (default 1500); beyond 2022 a frame takes several buffers where "
		"the device can scatter, else buffers are larger"},
	{"--tx-checksum", "WHERE", OPTION_CHECKSUM, offsetof(struct config, tx_checksum), 0, 0,
		"who computes IPv4 and UDP checksums: software (default), hardware, or auto: the "
		"device if it can"},
	{"--rx-checksum", "WHERE", OPTION_CHECKSUM, offsetof(struct config, rx_checksum), 0, 0,
		"who checks UDP's when it arrives: software (default), hardware or auto; what the "
		"device does not call good is still checked by software"},
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

// What to give where a number from min to max is not the answer.
static const char *const allowed[] = {
	[OPTION_MODE] = MODE_NAMES,
	[OPTION_IDLE] = "busy, pause or adaptive",
	[OPTION_CHECKSUM] = "software, hardware or auto",
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
		return idle_parse(value, field);
	case OPTION_CHECKSUM:
		return checksum_place_parse(value, field);
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

int option_set(
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

const struct option_row *option_find(const char *text)
{
	size_t size = strcspn(text, "=");

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strlen(options[i].name) == size && memcmp(options[i].name, text, size) == 0)
			return &options[i];
	}
	return NULL;
}

void options_print(FILE *out)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char left[40];

		snprintf(left, sizeof(left), "%s %s", options[i].name,
			options[i].argument == NULL ? "" : options[i].argument);
		fprintf(out, "  %-30s %s\n", left, options[i].help);
		if (options[i].max != 0)
			fprintf(out, "  %-30s %u to %u\n", "", options[i].min, options[i].max);
	}
}
