// control.c: a reset while the core generates, a poller that stands still, a signal. One case,
// since a process is stopped only once.
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "generating_port.h"
#include "stop_signals.h"

static unsigned int count_messages(int fd, const char *text)
{
	char message[512];
	unsigned int count = 0;
	ssize_t size;

	while ((size = recv(fd, message, sizeof(message) - 1, MSG_DONTWAIT)) > 0) {
		message[size] = '\0';
		count += strstr(message, text) != NULL;
	}
	return count;
}

static bool was_reset(int unused)
{
	(void)unused;
	return atomic_load(&core.port.resets) == 1 && atomic_load(&core.state) == CORE_RUNNING;
}

// The measurement after the reset's, in which nothing of the one before is counted.
static bool measures_anew(int unused)
{
	(void)unused;
	measurement_read(&measurement, core.generators, 1);
	return core.generators[0].number == 2 && measurement.received > 10;
}

static bool was_fed(int manager)
{
	static unsigned int count;

	count += count_messages(manager, "WATCHDOG=1");
	if (count <= 2)
		return false;
	count = 0;
	return true;
}

// As while it holds answers: it does not poll, and now and then one of them leaves.
static bool is_fed_by_what_leaves(int manager)
{
	counter_add(&core.pollers[0].counters.tx_packets, 1);
	return was_fed(manager);
}

static bool has_polled(int unused)
{
	static uint64_t before;
	uint64_t polls = counters_polls(&core.pollers[0].counters);
	bool moved = before != 0 && polls > before;

	(void)unused;
	before = polls;
	return moved;
}

// A busy machine may take its time, so only the order of things is tested.
static bool eventually(bool (*condition)(int), int argument)
{
	for (int i = 0; i < 6000; i++) {
		if (condition(argument))
			return true;
		usleep(10000);
	}
	return false;
}

// What was sent before the poller stood still is not counted; of its last polls the loop may still
// have to hear, once, and no matter how late.
static void check_hungry(int manager)
{
	count_messages(manager, "");
	usleep(800000);
	CHECK(count_messages(manager, "WATCHDOG=1") <= 1);
}

// Stands beside the control loop: asks for a reset, then has one of two pollers stand still, then
// the only one, then has it send without polling, then ends it all.
static void *disturb(void *argument)
{
	int manager = *(int *)argument;

	CHECK(eventually(was_fed, manager));
	atomic_store(&core.port.reset_wanted, true);
	CHECK(eventually(was_reset, 0));
	CHECK(eventually(measures_anew, 0));
	CHECK_EQUAL(measurement.next - measurement.received, 0);
	CHECK_EQUAL(measurement.invalid, 0);
	CHECK(eventually(has_polled, 0));
	core.config.queues = 2; // no lcore polls the second
	check_hungry(manager);
	core.config.queues = 1;
	CHECK(eventually(was_fed, manager));
	pollers_stop(core.pollers, core.config.queues);
	check_hungry(manager);
	CHECK(eventually(is_fed_by_what_leaves, manager));
	kill(getpid(), SIGTERM);
	return NULL;
}

static void control_resets_and_watches(void)
{
	struct notify notify = {.watchdog_ns = 150000000};
	struct fault fault = {.text = ""};
	int sockets[2];
	pthread_t thread;

	CHECK_EQUAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets), 0);
	notify.socket = sockets[0];
	open_generator(1000);
	start_polling();
	CHECK_EQUAL(pthread_create(&thread, NULL, disturb, &sockets[1]), 0);
	CHECK_EQUAL(control_run(&core, &notify, &fault), 0);
	CHECK_TEXT(fault.text, "");
	pthread_join(thread, NULL);
	atomic_store(&core.port.removed, true);
	close(sockets[0]);
	close(sockets[1]);
	close_generator();
}

static const struct check_case cases[] = {
	{"control resets the port and watches the poller", control_resets_and_watches},
};

int main(void)
{
	stop_signals_block();
	return start_generating() ? CHECK_RUN(cases) : 2;
}
