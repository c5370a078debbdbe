// The option table: one line an option, so that parsing, checking and --help cannot disagree.
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"
#include "settings_value.h"

struct setting_row {
	const char *name;
	const char *argument;
	setting_reader read; // NULL: a flag
	size_t offset;
	uint32_t min;
	uint32_t max;
	const char *allowed; // NULL: a number from min to max
	const char *help;
};

#define AT(field) offsetof(struct settings, field)

static const struct setting_row rows[] = {
	{"--venue", "NAME", setting_venue, 0, 0, 0, "binance, binance-futures, kraken or coinbase",
		"the exchange: binance, binance-futures, kraken or coinbase (required)"},
	{"--symbols", "A,B", setting_symbols, 0, 0, 0,
		"1 to 1024 names of at most 23 characters, with commas between them",
		"the venue's names of what to follow, such as XBT/USD,ETH/USD (required)"},
	{"--depth", "N", setting_u32, AT(depth), 1, 5000, NULL,
		"levels a side to ask for (default 1000; the venue may allow only some)"},
	{"--window", "N", setting_u32, AT(window), 4096, 1048576, NULL,
		"ticks a side that the book keeps in its ladder, a power of two (default 16384)"},
	{"--transport", "NAME", setting_transport, AT(transport), 0, 0, "kernel, lwip or replay",
		"kernel (default), lwip on a DPDK port, or replay of recorded files"},
	{"--wait", "HOW", setting_wait, AT(wait), 0, 0, "block, spin or busy-poll",
		"kernel: block (default), spin or busy-poll"},
	{"--ipv4", "A.B.C.D/N", setting_ipv4_prefix, AT(ipv4), 0, 0,
		"a unicast IPv4 address and prefix such as 10.0.1.23/24",
		"lwip: our address and its network (required for lwip)"},
	{"--gateway", "A.B.C.D", setting_ipv4, AT(gateway), 0, 0,
		"a unicast IPv4 address such as 10.0.1.1",
		"lwip: the router, which must answer ARP before we begin"},
	{"--self-test-timeout", "SECONDS", setting_u16, AT(self_test_timeout_s), 1, 300, NULL,
		"lwip: how long to wait for that (default 5)"},
	{"--connect", "A.B.C.D[:PORT]", setting_ipv4_port, AT(connect), 0, 0,
		"an IPv4 address such as 10.0.1.1 or 10.0.1.1:8443",
		"go there for stream and snapshots, by the venue's names, without a resolver"},
	{"--host", "NAME[:PORT]", setting_host, AT(host), 0, 0,
		"a host name, with or without :PORT",
		"another host for the stream (default: the venue's)"},
	{"--snapshot-host", "NAME[:PORT]", setting_host, AT(snapshot_host), 0, 0,
		"a host name, with or without :PORT", "another host for the snapshots"},
	{"--path", "PATH", setting_text, AT(path), 0, 0, NULL,
		"another path for the stream (default: the venue's)"},
	{"--ca", "FILE", setting_text, AT(ca), 0, 0, NULL,
		"believe only these CAs (PEM) instead of the system's"},
	{"--stale-ms", "N", setting_u32, AT(stale_ms), 100, 600000, NULL,
		"silence after which the connection is made anew (default 20000)"},
	{"--backoff-min-ms", "N", setting_u32, AT(backoff_min_ms), 10, 60000, NULL,
		"wait before the first new attempt, doubling from there (default 500)"},
	{"--backoff-max-ms", "N", setting_u32, AT(backoff_max_ms), 10, 600000, NULL,
		"the longest wait (default 30000)"},
	{"--seconds", "N", setting_u32, AT(seconds), 1, 31536000, NULL,
		"end by itself after so long (default: run until stopped)"},
	{"--output", "HOW", setting_output, AT(output), 0, 0, "view, lines, json or quiet",
		"view (default on a terminal), lines (elsewhere), json or quiet"},
	{"--interval-ms", "N", setting_u32, AT(interval_ms), 100, 3600000, NULL,
		"time between two outputs (default 1000)"},
	{"--levels", "N", setting_u32, AT(levels), 1, 20, NULL,
		"levels a side that are shown (default 5)"},
	{"--status-file", "FILE", setting_text, AT(status_file), 0, 0, NULL,
		"keep the JSON status there, written aside and renamed"},
	{"--trace", "FILE", setting_text, AT(trace), 0, 0, NULL,
		"at the end, the time stamps of the last 131072 updates as CSV"},
	{"--replay", "FILE", setting_text, AT(replay), 0, 0, NULL,
		"replay: the recorded stream (required for replay)"},
	{"--answers", "FILE", setting_text, AT(answers), 0, 0, NULL,
		"replay: the recorded HTTP answers, where the snapshots are"},
	{"--rx-desc", "N", setting_u16, AT(rx_desc), 128, 8192, NULL,
		"lwip: descriptors of the receive ring (default 1024)"},
	{"--tx-desc", "N", setting_u16, AT(tx_desc), 128, 8192, NULL,
		"lwip: descriptors of the transmit ring (default 512)"},
	{"--mtu", "N", setting_u16, AT(mtu), 576, 9001, NULL,
		"lwip: largest IP packet (default 1500)"},
	{"--mbufs", "N", setting_u32, AT(mbufs), 1024, 1048576, NULL,
		"lwip: packet buffers (default: what rings and reordering need)"},
	{"--help", NULL, NULL, AT(help), 0, 0, NULL, "print this and exit"},
	{"--version", NULL, NULL, AT(version), 0, 0, NULL, "print the versions and exit"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int set_option(struct settings *settings, const struct setting_row *row, const char *value,
	struct fault *fault)
{
	const struct setting_limits limits = {row->min, row->max};

	if (row->read(value, &limits, settings, (char *)settings + row->offset) == 0)
		return 0;
	if (row->allowed != NULL)
		return fault_set(
			fault, EXIT_USAGE, "%s: '%.80s'; give %s", row->name, value, row->allowed);
	return fault_set(fault, EXIT_USAGE, "%s: '%.80s'; give a number from %u to %u", row->name,
		value, row->min, row->max);
}

// The row whose name is text up to a '=' or its end; NULL when there is none.
static const struct setting_row *find_option(const char *text)
{
	size_t size = strcspn(text, "=");

	for (size_t i = 0; i < ROWS; i++) {
		if (strlen(rows[i].name) == size && memcmp(rows[i].name, text, size) == 0)
			return &rows[i];
	}
	return NULL;
}

static int check_together(const struct settings *settings, struct fault *fault)
{
	if (settings->help || settings->version)
		return 0;
	if (!settings->venue_given)
		return fault_set(fault, EXIT_USAGE,
			"--venue: not given; give binance, binance-futures, kraken or coinbase");
	if (settings->symbol_count == 0)
		return fault_set(fault, EXIT_USAGE,
			"--symbols: not given; give the venue's names, such as XBT/USD");
	if (settings->transport == TRANSPORT_LWIP && settings->ipv4.ipv4 == 0)
		return fault_set(fault, EXIT_USAGE,
			"--ipv4: not given; --transport lwip needs the port's own address");
	if (settings->transport == TRANSPORT_REPLAY && settings->replay == NULL)
		return fault_set(fault, EXIT_USAGE,
			"--replay: not given; --transport replay needs a recorded file");
	if (settings->backoff_min_ms > settings->backoff_max_ms)
		return fault_set(fault, EXIT_USAGE,
			"--backoff-min-ms: '%u'; --backoff-max-ms allows at most %u",
			settings->backoff_min_ms, settings->backoff_max_ms);
	return 0;
}

static void set_defaults(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->stale_ms = 20000;
	settings->backoff_min_ms = 500;
	settings->backoff_max_ms = 30000;
	settings->interval_ms = 1000;
	settings->levels = 5;
	settings->rx_desc = 1024;
	settings->tx_desc = 512;
	settings->mtu = 1500;
	settings->self_test_timeout_s = 5;
	settings->output = isatty(STDOUT_FILENO) ? OUTPUT_VIEW : OUTPUT_LINES;
}

int settings_parse(struct settings *settings, int argc, char *const argv[], struct fault *fault)
{
	set_defaults(settings);
	for (int i = 0; i < argc; i++) {
		const struct setting_row *row = find_option(argv[i]);
		const char *value = strchr(argv[i], '=');

		if (row == NULL)
			return fault_set(fault, EXIT_USAGE,
				"option: '%.80s'; see --help for what is allowed", argv[i]);
		if (row->read == NULL) {
			if (value != NULL)
				return fault_set(fault, EXIT_USAGE,
					"%s: '%.80s'; it takes no value", row->name, value + 1);
			*(bool *)((char *)settings + row->offset) = true;
			continue;
		}
		value = value != NULL ? value + 1 : i + 1 < argc ? argv[++i] : NULL;
		if (value == NULL)
			return fault_set(fault, EXIT_USAGE, "%s: no value; give %s", row->name,
				row->argument);
		if (set_option(settings, row, value, fault) < 0)
			return -EINVAL;
	}
	return check_together(settings, fault);
}

void settings_help(FILE *out)
{
	fprintf(out, "bookfeed: an exchange's stream into local order books\n\n"
		     "usage: bookfeed [options]                          kernel and replay\n"
		     "       bookfeed [EAL options] -- [options]         lwip on a DPDK port\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[40];

		snprintf(left, sizeof(left), "%s%s%s", rows[i].name,
			rows[i].argument == NULL ? "" : " ",
			rows[i].argument == NULL ? "" : rows[i].argument);
		fprintf(out, "  %-31s %s\n", left, rows[i].help);
	}
	fprintf(out,
		"\nexit codes: 0 clean stop, 1 fault while running, 2 usage, 3 no port, "
		"4 memory,\n5 self-test failed, 6 EAL did not start, 7 another primary runs\n");
}
