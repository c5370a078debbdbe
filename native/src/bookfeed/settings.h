// bookfeed's own options: parsed and checked before anything starts, so that a typing error costs
// nothing.
#ifndef BOOKFEED_SETTINGS_H
#define BOOKFEED_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fault.h"
#include "feed.h"
#include "transport_kernel.h"

enum transport_kind { TRANSPORT_KERNEL, TRANSPORT_LWIP, TRANSPORT_REPLAY };

enum output { OUTPUT_VIEW, OUTPUT_LINES, OUTPUT_JSON, OUTPUT_QUIET };

struct ipv4_prefix {
	uint32_t ipv4; // host order; 0: none given
	uint8_t prefix;
};

struct ipv4_port {
	uint32_t ipv4; // host order; 0: none given
	uint16_t port; // 0: the venue's
};

struct host_port {
	char host[256]; // "": the venue's
	uint16_t port;
};

struct settings {
	enum feed_venue venue;
	bool venue_given;
	char symbol_text[FEED_SYMBOLS_MAX * 12];
	const char *symbols[FEED_SYMBOLS_MAX]; // into symbol_text
	size_t symbol_count;
	uint32_t depth;
	uint32_t window;
	enum transport_kind transport;
	enum kernel_wait wait;
	struct ipv4_prefix ipv4;
	uint32_t gateway;
	struct ipv4_port connect;
	struct host_port host;
	struct host_port snapshot_host;
	const char *path;
	const char *ca;
	uint32_t stale_ms;
	uint32_t backoff_min_ms;
	uint32_t backoff_max_ms;
	uint32_t seconds; // 0: until stopped
	uint32_t interval_ms;
	enum output output;
	uint32_t levels; // shown a side
	const char *status_file;
	const char *trace;
	const char *replay;
	const char *answers;
	uint16_t rx_desc;
	uint16_t tx_desc;
	uint16_t mtu;
	uint32_t mbufs;
	uint16_t self_test_timeout_s;
	bool help;
	bool version;
};

// Fills *settings from argv[0..argc), which holds no program name. On a wrong option returns a
// negative number and sets *fault.
int settings_parse(struct settings *settings, int argc, char *const argv[], struct fault *fault);

void settings_help(FILE *out);

const char *transport_kind_name(enum transport_kind kind);

#endif
