// pollcore: polls one DPDK port. This file is the order of things: options, EAL, port, self-test,
// READY, control loop, and the way back. It alone prints and exits.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#ifdef RTE_LIB_PDUMP
#include <rte_pdump.h>
#endif
#include <rte_version.h>

#include "control.h"
#include "core.h"
#include "cycles.h"
#include "eal.h"
#include "metrics.h"
#include "notify.h"
#include "selftest.h"
#include "stop_signals.h"
#include "telemetry.h"

static struct core core = {
	.mode_wanted = -1,
	.device_lock = PTHREAD_MUTEX_INITIALIZER,
};

static struct cycles_sample start_sample;

// Lets dpdk-dumpcap, a second process, capture what passes the port. Costs nothing until it comes,
// and the core runs as well without.
static void offer_capture(void)
{
#ifdef RTE_LIB_PDUMP
	if (rte_pdump_init() < 0)
		printf("pollcore: %s goes without: capture: %s\n", core.port.device,
			rte_strerror(rte_errno));
#endif
}

static void print_start(void)
{
	char address[16] = "no address";

	if (core.config.ipv4 != 0)
		ipv4_format(core.config.ipv4, address);
	if (core.port.declined[0] != '\0')
		printf("pollcore: %s goes without: %s\n", core.port.device, core.port.declined);
	if (core.port.tx_checksum || core.port.rx_checksum || core.port.scatter)
		printf("pollcore: %s computes checksums: %s, checks them: %s, scatters: %s\n",
			core.port.device, core.port.tx_checksum ? "yes" : "no",
			core.port.rx_checksum ? "yes" : "no", core.port.scatter ? "yes" : "no");
	printf("pollcore: %s polls %s (%s) at %s, %u queue%s, burst %u, %s, %u buffers\n",
		mode_name(core.config.mode), core.port.device, core.port.driver, address,
		core.config.queues, core.config.queues == 1 ? "" : "s", core.config.burst,
		rte_version(), port_mbufs_total(&core.port));
	fflush(stdout);
}

static void print_report(void)
{
	struct counters total = pollers_counters(core.pollers, core.config.queues);
	char text[1536];

	counters_report(&total, text, sizeof(text));
	printf("pollcore: stopped after %.1f s: %s, resets %u\n",
		(double)(core_now_ns() - core.start_ns) / 1e9, text,
		(unsigned int)core_resets(&core));
	for (uint16_t i = 0; i < core.config.queues && core.config.queues > 1; i++) {
		counters_report(&core.pollers[i].counters, text, sizeof(text));
		printf("pollcore: queue %u on lcore %u: %s\n", i, core.pollers[i].lcore, text);
	}
	fflush(stdout);
}

static bool stop_pending(void)
{
	return stop_signals_came(0);
}

// From a started port to a clean stop: what is between the self-test and the last report.
static int test_and_serve(const struct notify *notify, struct fault *fault)
{
	int ret = selftest_run(&core, stop_pending, fault);

	if (ret < 0 || stop_pending())
		return ret;
	ret = pollers_start(core.pollers, core.config.queues, fault);
	if (ret < 0)
		return ret;
	atomic_store(&core.state, CORE_RUNNING);
	print_start();
	ret = notify_send(notify, "READY=1\nSTATUS=polling");
	if (ret < 0)
		fprintf(stderr, "pollcore: NOTIFY_SOCKET: %s; systemd does not know that we run\n",
			strerror(-ret));
	ret = control_run(&core, notify, fault);
	atomic_store(&core.state, CORE_STOPPING);
	notify_send(notify, "STOPPING=1");
	pollers_stop(core.pollers, core.config.queues);
	return ret;
}

static void init_pollers(void)
{
	generators_init(core.generators, &core.traffic);
	for (uint16_t i = 0; i < core.config.queues; i++) {
		poller_init(&core.pollers[i], &core.config, &core.port, i, core.hz);
		core.pollers[i].peer_id = core.peer.id;
		core.pollers[i].generator = &core.generators[i];
	}
}

static int run(int eal_argc, char **eal_argv, const struct notify *notify, struct fault *fault)
{
	int ret = eal_start(eal_argc, eal_argv, "pollcore", core.config.queues + 1u, fault);

	if (ret < 0)
		return ret;
	ret = port_init(&core.port, &core.config, fault);
	if (ret < 0)
		goto clean_eal;
	if (core.config.mode == MODE_FORWARD) {
		ret = port_init_next(&core.peer, &core.port, &core.config, fault);
		if (ret < 0)
			goto close_port;
	}
	core.hz = cycles_hz(&start_sample);
	ret = traffic_init(&core.traffic, &core.config, core.port.mac, core.hz, fault);
	if (ret < 0)
		goto close_peer;
	core.traffic.checksum_by_device = core.port.tx_checksum;
	init_pollers();
	offer_capture();
	ret = telemetry_init(&core);
	if (ret < 0) {
		ret = fault_set(fault, EXIT_RUN_TIME, "telemetry: %s; start without --no-telemetry",
			strerror(-ret));
		goto close_peer;
	}
	ret = metrics_init(&core, fault);
	if (ret < 0)
		goto close_peer;
	ret = test_and_serve(notify, fault);
	print_report();
close_peer:
	metrics_done();
	telemetry_done();
	traffic_done(&core.traffic);
	if (core.config.mode == MODE_FORWARD)
		port_done(&core.peer);
close_port:
	port_done(&core.port);
clean_eal:
	rte_eal_cleanup();
	return ret;
}

// Splits "program [EAL options] -- [options]". Without "--" a lone --help or --version is ours.
static int split_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i;
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--version") == 0)
			return i - 1;
	}
	return argc;
}

int main(int argc, char **argv)
{
	int split = split_arguments(argc, argv);
	int rest = split < argc ? split + 1 : argc;
	struct notify notify = {.socket = -1};
	struct fault fault;
	int ret;

	core.start_ns = core_now_ns();
	start_sample = cycles_read();
	ret = config_parse(&core.config, argc - rest, argv + rest, &fault);
	if (ret == 0 && core.config.help) {
		config_help(stdout);
		return EXIT_CLEAN;
	}
	if (ret == 0 && core.config.version) {
		printf("pollcore " POLLCORE_VERSION ", %s\n", rte_version());
		return EXIT_CLEAN;
	}
	if (ret == 0)
		ret = notify_init(&notify, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"),
			getenv("WATCHDOG_PID"), &fault);
	if (ret == 0) {
		stop_signals_block();
		argv[split] = NULL;
		ret = run(split, argv, &notify, &fault);
	}
	notify_done(&notify);
	if (ret < 0) {
		fprintf(stderr, "pollcore: %s\n", fault.text);
		return fault.code;
	}
	return EXIT_CLEAN;
}
