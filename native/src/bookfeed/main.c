// bookfeed: an exchange's stream into local order books. This file is the order of things: options,
// the chosen transport, and the way back. It alone prints faults and exits.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <rte_version.h>

#include "program.h"
#include "stop_signals.h"

static struct program program;

// Splits "program [EAL options] -- [options]". Without "--" everything is ours.
static int split_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i;
	}
	return 0;
}

static int run(int eal_argc, char **eal_argv, struct fault *fault)
{
	int ret = program_init(&program, fault);

	if (ret < 0)
		return ret;
	switch (program.settings.transport) {
	case TRANSPORT_KERNEL:
		ret = run_kernel(&program, fault);
		break;
	case TRANSPORT_REPLAY:
		ret = run_replay(&program, fault);
		break;
	case TRANSPORT_LWIP:
		ret = run_lwip(&program, eal_argc, eal_argv, fault);
		break;
	}
	program_done(&program);
	return ret;
}

static int start(int split, char **argv, struct fault *fault)
{
	char *no_eal[] = {argv[0], NULL};
	int ret = notify_init(&program.notify, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"),
		getenv("WATCHDOG_PID"), fault);

	if (ret < 0)
		return ret;
	if (split > 1 && program.settings.transport != TRANSPORT_LWIP)
		return fault_set(fault, EXIT_USAGE,
			"EAL: '%s'; only --transport lwip takes EAL's options", argv[1]);
	stop_signals_block();
	if (split > 0)
		argv[split] = NULL;
	return split > 0 ? run(split, argv, fault) : run(1, no_eal, fault);
}

int main(int argc, char **argv)
{
	int split = split_arguments(argc, argv);
	struct fault fault;
	int ret;

	program.notify.socket = -1;
	ret = settings_parse(&program.settings, argc - split - 1, argv + split + 1, &fault);
	if (ret == 0 && program.settings.help) {
		settings_help(stdout);
		return EXIT_CLEAN;
	}
	if (ret == 0 && program.settings.version) {
		printf("bookfeed " BOOKFEED_VERSION ", %s, %s, lwIP " BOOKFEED_LWIP "\n",
			rte_version(), OpenSSL_version(OPENSSL_VERSION));
		return EXIT_CLEAN;
	}
	if (ret == 0)
		ret = start(split, argv, &fault);
	notify_done(&program.notify);
	if (ret < 0) {
		fprintf(stderr, "bookfeed: %s\n", fault.text);
		return fault.code;
	}
	return EXIT_CLEAN;
}
