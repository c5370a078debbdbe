// From the command line to a configuration that holds together. The options are in options.c.
#include <string.h>

#include "config.h"
#include "options.h"
#include "parse.h"

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
		.queues = 1,
		.rx_desc = 1024,
		.tx_desc = 1024,
		.mtu = 1500,
		.generate = {.rate = 1000, .frame_size = 64, .flows = 1, .train = 1},
	};
	int ret;

	for (int i = 0; i < argc; i++) {
		const struct option_row *row = option_find(argv[i]);
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
		ret = option_set(&parsed, row, value, fault);
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
	      "Polls one DPDK port, each of its queues on an lcore of its own. EAL needs one "
	      "lcore\n"
	      "more than --queues: the main one controls. Common EAL options: -l 0-1,\n"
	      "-a 0000:00:06.0, --vdev net_null0, --file-prefix NAME, --no-huge -m 256.\n"
	      "\n",
		out);
	options_print(out);
	fputs("\n"
	      "environment:\n"
	      "  NOTIFY_SOCKET                  systemd's socket for READY, STATUS and WATCHDOG\n"
	      "  WATCHDOG_USEC                  how often systemd wants to hear that we poll\n"
	      "\n"
	      "exit: 0 clean stop, 1 fault while running, 2 usage, 3 no port, 4 memory,\n"
	      "      5 self-test failed, 6 EAL could not start, 7 another primary process runs\n",
		out);
}
