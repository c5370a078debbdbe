// bookfeed over lwIP on a DPDK port: EAL, port, stack and self-test, then the engine on a worker
// lcore while the main one controls. See program.h.
#include <errno.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "config.h"
#include "eal.h"
#include "lwip_stack.h"
#include "port.h"
#include "program.h"
#include "stop_signals.h"
#include "telemetry_bookfeed.h"

enum {
	TICKS_PER_S = 10,
	// Buffers that TCP may hold when segments come out of order, and a few in hand.
	HELD_BUFFERS = 1024,
	POOL_EXTRA = 1024,
};

struct device {
	struct port port;
	struct lwip_stack *stack;
	unsigned int ticks;
};

// The port as pollcore sets it up without options, but for what we were given.
static int start_port(struct device *device, const struct settings *settings, struct fault *fault)
{
	static char mode[] = "--mode=sink";
	char *const defaults[] = {mode};
	struct config config;
	int ret = config_parse(&config, 1, defaults, fault);

	if (ret < 0)
		return ret;
	config.rx_desc = settings->rx_desc;
	config.tx_desc = settings->tx_desc;
	config.mtu = settings->mtu;
	config.mbufs = settings->mbufs;
	if (config.mbufs == 0)
		config.mbufs =
			(uint32_t)config.rx_desc + config.tx_desc + HELD_BUFFERS + POOL_EXTRA;
	return port_init(&device->port, &config, fault);
}

static uint64_t now_ns(void)
{
	return cycles_read().ns;
}

// A port whose router does not answer will not reach an exchange either: better to say so at once.
static int self_test(struct device *device, const struct settings *settings, struct fault *fault)
{
	uint64_t end = now_ns() + settings->self_test_timeout_s * UINT64_C(1000000000);
	uint64_t next = 0;
	bool link = false;

	while (!stop_signals_came(0)) {
		uint64_t now = now_ns();

		if (now >= next) {
			port_tick(&device->port);
			link = atomic_load(&device->port.link_up);
			if (link && settings->gateway != 0)
				lwip_stack_ask(device->stack, settings->gateway);
			next = now + 200 * 1000 * 1000;
		}
		transport_poll(lwip_stack_transport(device->stack), 0);
		if (link && (settings->gateway == 0 ||
				    lwip_stack_knows(device->stack, settings->gateway)))
			return 0;
		if (now < end)
			continue;
		if (!link)
			return fault_set(fault, EXIT_SELF_TEST,
				"self-test: %s: link down for %u s; check the cable or the peer",
				device->port.device, settings->self_test_timeout_s);
		return fault_set(fault, EXIT_SELF_TEST,
			"self-test: gateway: no ARP answer for %u s; check --gateway, --ipv4 and "
			"the "
			"security group",
			settings->self_test_timeout_s);
	}
	return 0;
}

static int serve_reset(struct program *program, struct device *device, struct fault *fault)
{
	int ret;

	engine_pause(&program->engine);
	ret = port_reset(&device->port, fault);
	engine_resume(&program->engine);
	return ret;
}

static int tick(struct program *program, void *argument, struct fault *fault)
{
	struct device *device = argument;

	if (atomic_load(&device->port.removed))
		return fault_set(fault, EXIT_RUN_TIME, "%s: removed; plug it in and start again",
			device->port.device);
	if (atomic_load(&device->port.reset_wanted) && serve_reset(program, device, fault) < 0)
		return -ECANCELED;
	// ENA's watchdog is a timer of this lcore.
	if (device->ticks++ % TICKS_PER_S == 0)
		port_tick(&device->port);
	program->status.mbufs_total = port_mbufs_total(&device->port);
	program->status.mbufs_free = program->status.mbufs_total - port_mbufs_used(&device->port);
	return 0;
}

static int serve(struct program *program, struct device *device, struct fault *fault)
{
	unsigned int lcore = rte_get_next_lcore(rte_lcore_id(), 1, 0);
	int ret = telemetry_bookfeed_init(program, &device->port, device->stack);

	if (ret < 0)
		return fault_set(fault, EXIT_RUN_TIME,
			"telemetry: %s; start without --no-telemetry", strerror(-ret));
	if (rte_eal_remote_launch(engine_run, &program->engine, lcore) < 0)
		ret = fault_set(fault, EXIT_RUN_TIME, "lcore %u: busy; give EAL another -l", lcore);
	else
		ret = program_control(program, tick, device, fault);
	atomic_store(&program->engine.stop, true);
	rte_eal_wait_lcore(lcore);
	telemetry_bookfeed_done();
	return ret;
}

static int run_stack(struct program *program, struct device *device, struct fault *fault)
{
	const struct settings *settings = &program->settings;
	int ret = lwip_stack_new(&device->stack, &device->port, settings->ipv4.ipv4,
		settings->ipv4.prefix, settings->gateway, cycles_hz(&program->start));

	if (ret < 0)
		return fault_set(fault, EXIT_MEMORY, "lwIP: %s; free some memory", strerror(-ret));
	ret = program_connect(
		program, lwip_stack_transport(device->stack), device->port.device, fault);
	if (ret == 0)
		ret = self_test(device, settings, fault);
	if (ret == 0)
		ret = serve(program, device, fault);
	lwip_stack_free(device->stack);
	return ret;
}

int run_lwip(struct program *program, int eal_argc, char **eal_argv, struct fault *fault)
{
	static struct device device;
	int ret = eal_start(eal_argc, eal_argv, "bookfeed", 2, fault);

	if (ret < 0)
		return ret;
	ret = start_port(&device, &program->settings, fault);
	if (ret == 0) {
		ret = run_stack(program, &device, fault);
		// Only now nothing of the stack holds a buffer: whatever is missing has leaked.
		program->status.mbufs_total = port_mbufs_total(&device.port);
		program->status.mbufs_free =
			program->status.mbufs_total - port_mbufs_used(&device.port);
		if (ret == 0)
			ret = program_report(program, fault);
		port_done(&device.port);
	}
	rte_eal_cleanup();
	return ret;
}
