// bookfeed's options: what each takes, what it refuses and in which words, and what goes together.
#include <stdlib.h>

#include "check.h"
#include "settings.h"

static struct settings settings;
static struct fault fault;

// Splits at spaces; a '_' in the text stands for an empty value.
static int parse(const char *text)
{
	static char copy[4096];
	char *words[64];
	char *rest = copy;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while (rest != NULL && count < 64) {
		words[count] = strsep(&rest, " ");
		if (strcmp(words[count], "_") == 0)
			words[count][0] = '\0';
		count++;
	}
	fault.text[0] = '\0';
	return settings_parse(&settings, count, words, &fault);
}

#define NEEDED "--venue kraken --symbols XBT/USD,ETH/USD "

static void what_is_given(void)
{
	CHECK_EQUAL(
		parse(NEEDED
			"--transport lwip --ipv4 10.0.1.23/24 --gateway 10.0.1.1 "
			"--depth=100 --connect 127.0.0.1:8443 --host ws.example.org:9443 "
			"--snapshot-host api.example.org --stale-ms 1500 --seconds 5 --output json "
			"--wait busy-poll --mbufs 4096"),
		0);
	CHECK_EQUAL(settings.venue, FEED_KRAKEN);
	CHECK_EQUAL(settings.symbol_count, 2);
	CHECK_TEXT(settings.symbols[1], "ETH/USD");
	CHECK_EQUAL(settings.transport, TRANSPORT_LWIP);
	CHECK_EQUAL(settings.ipv4.ipv4, 0x0a000117);
	CHECK_EQUAL(settings.ipv4.prefix, 24);
	CHECK_EQUAL(settings.gateway, 0x0a000101);
	CHECK_EQUAL(settings.depth, 100);
	CHECK_EQUAL(settings.connect.ipv4, 0x7f000001);
	CHECK_EQUAL(settings.connect.port, 8443);
	CHECK_TEXT(settings.host.host, "ws.example.org");
	CHECK_EQUAL(settings.host.port, 9443);
	CHECK_EQUAL(settings.snapshot_host.port, 443);
	CHECK_EQUAL(settings.stale_ms, 1500);
	CHECK_EQUAL(settings.seconds, 5);
	CHECK_EQUAL(settings.output, OUTPUT_JSON);
	CHECK_EQUAL(settings.wait, KERNEL_BUSY_POLL);
	CHECK_EQUAL(settings.mbufs, 4096);
}

static void defaults(void)
{
	CHECK_EQUAL(parse("--venue binance --symbols NKNUSDT"), 0);
	CHECK_EQUAL(settings.transport, TRANSPORT_KERNEL);
	CHECK_EQUAL(settings.wait, KERNEL_BLOCK);
	CHECK_EQUAL(settings.stale_ms, 20000);
	CHECK_EQUAL(settings.connect.ipv4, 0);
	CHECK(settings.ca == NULL);
	CHECK_EQUAL(parse("--help"), 0);
	CHECK(settings.help);
}

static void each_refusal(void)
{
	static const struct {
		const char *text;
		const char *wanted;
	} rows[] = {
		{"--symbols A", "--venue: not given"},
		{"--venue kraken", "--symbols: not given"},
		{NEEDED "--venue nyse", "--venue: 'nyse'; give binance"},
		{NEEDED "--symbols A,", "--symbols: 'A,'"},
		{NEEDED "--symbols ,A", "--symbols: ',A'"},
		{NEEDED "--symbols _", "--symbols: ''"},
		{NEEDED "--symbols ABCDEFGHIJKLMNOPQRSTUVWX", "at most 23 characters"},
		{NEEDED "--depth 0", "--depth: '0'; give a number from 1 to 5000"},
		{NEEDED "--depth 12x", "--depth: '12x'"},
		{NEEDED "--transport udp", "give kernel, lwip or replay"},
		{NEEDED "--wait sleep", "give block, spin or busy-poll"},
		{NEEDED "--output xml", "give view, lines, json or quiet"},
		{NEEDED "--transport lwip", "--ipv4: not given"},
		{NEEDED "--transport replay", "--replay: not given"},
		{NEEDED "--ipv4 10.0.0.1", "--ipv4: '10.0.0.1'"},
		{NEEDED "--ipv4 10.0.0.1/32", "--ipv4: '10.0.0.1/32'"},
		{NEEDED "--ipv4 224.0.0.1/24", "--ipv4: '224.0.0.1/24'"},
		{NEEDED "--gateway x", "--gateway: 'x'"},
		{NEEDED "--connect 1.2.3.4:0", "--connect: '1.2.3.4:0'"},
		{NEEDED "--connect 1.2.3.4:65536", "--connect: '1.2.3.4:65536'"},
		{NEEDED "--connect 0.0.0.0", "--connect: '0.0.0.0'"},
		{NEEDED "--connect name:1", "--connect: 'name:1'"},
		{NEEDED "--host :443", "--host: ':443'"},
		{NEEDED "--host name:", "--host: 'name:'"},
		{NEEDED "--backoff-min-ms 200 --backoff-max-ms 100", "--backoff-min-ms: '200'"},
		{NEEDED "--help=yes", "--help: 'yes'; it takes no value"},
		{NEEDED "--mtu", "--mtu: no value; give N"},
		{NEEDED "--frobnicate", "option: '--frobnicate'"},
		{NEEDED "stray", "option: 'stray'"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(parse(rows[i].text) < 0);
		CHECK_TEXT(fault.text, rows[i].wanted);
		CHECK_EQUAL(fault.code, EXIT_USAGE);
	}
}

static void too_many_symbols(void)
{
	static char text[8192] = "--venue kraken --symbols A";

	for (int i = 1; i < FEED_SYMBOLS_MAX; i++)
		strcat(text, ",A");
	// parse() cuts at 4096 bytes, which these stay under.
	CHECK_EQUAL(parse(text), 0);
	CHECK_EQUAL(settings.symbol_count, FEED_SYMBOLS_MAX);
	strcat(text, ",A");
	CHECK(parse(text) < 0);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"what is given", what_is_given},
		{"defaults", defaults},
		{"each refusal", each_refusal},
		{"too many symbols", too_many_symbols},
	};

	return CHECK_RUN(cases);
}
