// Options: what is taken, what is refused, and in which words.
#include "check.h"
#include "config.h"

static int parse(struct config *config, struct fault *fault, const char *first, const char *second)
{
	char one[64];
	char two[64];
	char *argv[] = {one, two, NULL};

	snprintf(one, sizeof(one), "%s", first);
	snprintf(two, sizeof(two), "%s", second == NULL ? "" : second);
	return config_parse(config, second == NULL ? 1 : 2, argv, fault);
}

static void defaults(void)
{
	struct config config;
	struct fault fault;

	CHECK_EQUAL(parse(&config, &fault, "--ipv4=10.0.1.23", NULL), 0);
	CHECK_EQUAL(config.mode, MODE_RESPOND);
	CHECK_EQUAL(config.ipv4, 0x0a000117);
	CHECK_EQUAL(config.gateway, 0);
	CHECK_EQUAL(config.self_test_timeout_s, 5);
	CHECK_EQUAL(config.burst, 32);
	CHECK_EQUAL(config.queues, 1);
	CHECK_EQUAL(config.rx_desc, 1024);
	CHECK_EQUAL(config.tx_desc, 1024);
	CHECK_EQUAL(config.mbufs, 0);
	CHECK_EQUAL(config.mtu, 1500);
	CHECK(!config.help && !config.version);
}

static void everything_given(void)
{
	char *argv[] = {"--mode", "reflect", "--ipv4", "10.0.1.23", "--gateway=10.0.1.1",
		"--self-test-timeout", "9", "--burst=512", "--rx-desc", "128", "--tx-desc", "8192",
		"--mbufs", "65535", "--mtu=9001"};
	struct config config;
	struct fault fault;

	CHECK_EQUAL(config_parse(&config, sizeof(argv) / sizeof(argv[0]), argv, &fault), 0);
	CHECK_EQUAL(config.mode, MODE_REFLECT);
	CHECK_EQUAL(config.gateway, 0x0a000101);
	CHECK_EQUAL(config.self_test_timeout_s, 9);
	CHECK_EQUAL(config.burst, 512);
	CHECK_EQUAL(config.rx_desc, 128);
	CHECK_EQUAL(config.tx_desc, 8192);
	CHECK_EQUAL(config.mbufs, 65535);
	CHECK_EQUAL(config.mtu, 9001);
}

static void sink_needs_no_address(void)
{
	struct config config;
	struct fault fault;

	CHECK_EQUAL(parse(&config, &fault, "--mode", "sink"), 0);
	CHECK_EQUAL(config.mode, MODE_SINK);
	CHECK_EQUAL(config.ipv4, 0);
}

static void help_and_version_need_nothing_else(void)
{
	struct config config;
	struct fault fault;

	CHECK_EQUAL(parse(&config, &fault, "--help", NULL), 0);
	CHECK(config.help);
	CHECK_EQUAL(parse(&config, &fault, "--version", NULL), 0);
	CHECK(config.version);
}

static void refusals(void)
{
	static const struct {
		const char *first, *second, *value, *allowed;
	} rows[] = {
		{"--mode", "echo", "'echo'", "respond, sink, reflect, forward or generate"},
		{"--mode", "", "''", "respond, sink, reflect, forward or generate"},
		{"--mode", NULL, "no value", "give MODE"},
		{"--ipv4", "10.0.1", "'10.0.1'", "unicast IPv4"},
		{"--ipv4", "10.0.1.256", "'10.0.1.256'", "unicast IPv4"},
		{"--ipv4", "0.0.0.0", "'0.0.0.0'", "unicast IPv4"},
		{"--ipv4", "127.0.0.1", "'127.0.0.1'", "unicast IPv4"},
		{"--ipv4", "224.0.0.1", "'224.0.0.1'", "unicast IPv4"},
		{"--ipv4", "255.255.255.255", "'255.255.255.255'", "unicast IPv4"},
		{"--ipv4", "::1", "'::1'", "unicast IPv4"},
		{"--gateway=x", NULL, "'x'", "unicast IPv4"},
		{"--burst", "31", "'31'", "32 to 512"},
		{"--queues", "0", "'0'", "1 to 16"},
		{"--queues", "17", "'17'", "1 to 16"},
		{"--burst", "513", "'513'", "32 to 512"},
		{"--burst", "-32", "'-32'", "32 to 512"},
		{"--burst", " 32", "' 32'", "32 to 512"},
		{"--burst", "32x", "'32x'", "32 to 512"},
		{"--burst", "99999999999999999999", "'99999999999999999999'", "32 to 512"},
		{"--burst", "0x20", "'0x20'", "32 to 512"},
		{"--burst=", NULL, "''", "32 to 512"},
		{"--rx-desc", "127", "'127'", "128 to 8192"},
		{"--tx-desc", "8193", "'8193'", "128 to 8192"},
		{"--mbufs", "0", "'0'", "1024 to 1048576"},
		{"--mtu", "67", "'67'", "68 to 9001"},
		{"--mtu", "9002", "'9002'", "68 to 9001"},
		{"--self-test-timeout", "0", "'0'", "1 to 300"},
		{"--help=yes", NULL, "'=yes'", "takes no value"},
		{"--turbo", NULL, "'--turbo'", "--help"},
		{"respond", NULL, "'respond'", "--help"},
		{"", NULL, "''", "--help"},
		{"--mod", "sink", "'--mod'", "--help"},
		{"--gateway", "10.0.1.1", "not given", "--ipv4"},
		{"--rate", "1000000001", "'1000000001'", "0 to 1000000000, or max"},
		{"--rate", "-1", "'-1'", "0 to 1000000000, or max"},
		{"--rate", "maximum", "'maximum'", "0 to 1000000000, or max"},
		{"--frame-size", "63", "'63'", "64 to 9019, or imix"},
		{"--frame-size", "9020", "'9020'", "64 to 9019, or imix"},
		{"--frame-size", "1519", "'1519'", "this --mtu allows 1518"},
		{"--metrics", "0.0.0.0:9500", "'0.0.0.0:9500'", "127.0.0.1:PORT or a path"},
		{"--metrics", "10.0.1.2:9500", "'10.0.1.2:9500'", "127.0.0.1:PORT or a path"},
		{"--metrics", "127.0.0.1", "'127.0.0.1'", "127.0.0.1:PORT or a path"},
		{"--metrics", "127.0.0.1:0", "'127.0.0.1:0'", "127.0.0.1:PORT or a path"},
		{"--metrics", "127.0.0.1:65536", "'127.0.0.1:65536'", "127.0.0.1:PORT or a path"},
		{"--metrics", "127.0.0.1.0.0.0.1:1", "'127.0.0.1.0.0.0.1:1'", "127.0.0.1:PORT"},
		{"--metrics", "pollcore.sock", "'pollcore.sock'", "127.0.0.1:PORT or a path"},
		{"--flows", "0", "'0'", "1 to 16384"},
		{"--train", "513", "'513'", "1 to 512"},
		{"--peer-ipv4", "10.0.1", "'10.0.1'", "unicast IPv4"},
		{"--peer-ipv4", "10.0.1.2", "not given", "--ipv4"},
		{"--peer-mac", "02:00:00:00:00", "'02:00:00:00:00'", "unicast MAC"},
		{"--peer-mac", "02:00:00:00:00:0g", "'02:00:00:00:00:0g'", "unicast MAC"},
		{"--peer-mac", "02-00-00-00-00-01", "'02-00-00-00-00-01'", "unicast MAC"},
		{"--peer-mac", "01:00:00:00:00:01", "'01:00:00:00:00:01'", "unicast MAC"},
		{"--peer-mac", "00:00:00:00:00:00", "'00:00:00:00:00:00'", "unicast MAC"},
		{"--peer-mac", "02:00:00:00:00:001", "'02:00:00:00:00:001'", "unicast MAC"},
		{"--mode", "generate", "not given", "--peer-mac or --pcap"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = {.burst = 77};
		struct fault fault = {.text = ""};

		CHECK(parse(&config, &fault, rows[i].first, rows[i].second) < 0);
		CHECK_EQUAL(fault.code, EXIT_USAGE);
		CHECK_TEXT(fault.text, rows[i].value);
		CHECK_TEXT(fault.text, rows[i].allowed);
		// Outputs stay untouched on failure.
		CHECK_EQUAL(config.burst, 77);
	}
}

static void respond_needs_an_address(void)
{
	struct config config;
	struct fault fault;

	CHECK(config_parse(&config, 0, NULL, &fault) < 0);
	CHECK_EQUAL(fault.code, EXIT_USAGE);
	CHECK_TEXT(fault.text, "--ipv4: not given");
}

static void gateway_is_somebody_else(void)
{
	struct config config;
	struct fault fault;

	CHECK(parse(&config, &fault, "--ipv4=10.0.1.1", "--gateway=10.0.1.1") < 0);
	CHECK_TEXT(fault.text, "--gateway: '10.0.1.1'; give another");
	CHECK(parse(&config, &fault, "--mode=sink", "--gateway=10.0.1.1") < 0);
	CHECK_TEXT(fault.text, "--ipv4: not given; --gateway needs it");
}

static void a_long_value_is_cut_not_overrun(void)
{
	char value[4000];
	char *argv[] = {"--burst", value};
	struct config config;
	struct fault fault;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	CHECK(config_parse(&config, 2, argv, &fault) < 0);
	CHECK(strlen(fault.text) < sizeof(fault.text));
}

static void help_names_every_option(void)
{
	static const char *const names[] = {"--mode MODE", "--ipv4 A.B.C.D", "--gateway A.B.C.D",
		"--self-test-timeout SECONDS", "--burst N", "--rx-desc N", "--tx-desc N",
		"--mbufs N", "--mtu N", "--help", "--version", "NOTIFY_SOCKET", "WATCHDOG_USEC",
		"32 to 512"};
	char text[4096] = "";
	FILE *file = fmemopen(text, sizeof(text), "w");

	config_help(file);
	fclose(file);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_TEXT(text, names[i]);
}

static const struct check_case cases[] = {
	{"defaults", defaults},
	{"everything given, both ways of giving it", everything_given},
	{"sink needs no address", sink_needs_no_address},
	{"help and version need nothing else", help_and_version_need_nothing_else},
	{"refusals name the value and what is allowed", refusals},
	{"respond needs an address", respond_needs_an_address},
	{"the gateway is somebody else", gateway_is_somebody_else},
	{"a long value is cut, not overrun", a_long_value_is_cut_not_overrun},
	{"help names every option", help_names_every_option},
};

int main(void)
{
	return CHECK_RUN(cases);
}
