// notify.c against real sockets, abstract and on a path.
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "notify.h"

// Binds a datagram socket to a path, or to an abstract name when it begins with '@'.
static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) < 0)
		printf("# bind %s: %s\n", name, strerror(errno));
	return fd;
}

static void check_delivery(const char *name)
{
	int listener = listen_at(name);
	struct notify notify;
	struct fault fault = {.text = ""};
	char text[64] = "";

	CHECK_EQUAL(notify_init(&notify, name, NULL, NULL, &fault), 0);
	CHECK_EQUAL(notify_send(&notify, "READY=1\nSTATUS=polling"), 0);
	CHECK_EQUAL(recv(listener, text, sizeof(text) - 1, 0), 22);
	CHECK_TEXT(text, "READY=1\nSTATUS=polling");
	notify_done(&notify);
	notify_done(&notify);
	CHECK_EQUAL(notify_send(&notify, "WATCHDOG=1"), 0);
	close(listener);
}

static void delivers_to_a_path(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/tmp/test_notify.%d", (int)getpid());
	check_delivery(name);
	unlink(name);
}

static void delivers_to_an_abstract_name(void)
{
	char name[64];

	snprintf(name, sizeof(name), "@test_notify.%d", (int)getpid());
	check_delivery(name);
}

static void nobody_listens(void)
{
	struct notify notify;
	struct fault fault;

	CHECK_EQUAL(notify_init(&notify, NULL, NULL, NULL, &fault), 0);
	CHECK_EQUAL(notify.socket, -1);
	CHECK_EQUAL(notify.watchdog_ns, 0);
	CHECK_EQUAL(notify_send(&notify, "READY=1"), 0);
	CHECK_EQUAL(notify_init(&notify, "", NULL, NULL, &fault), 0);
	CHECK_EQUAL(notify.socket, -1);
}

static void a_listener_that_left_is_an_error_not_a_signal(void)
{
	char name[64];
	int listener;
	struct notify notify;
	struct fault fault;

	snprintf(name, sizeof(name), "@test_notify.left.%d", (int)getpid());
	listener = listen_at(name);
	CHECK_EQUAL(notify_init(&notify, name, NULL, NULL, &fault), 0);
	close(listener);
	CHECK(notify_send(&notify, "WATCHDOG=1") < 0);
	notify_done(&notify);
}

// The manager does not read: sending must give up at once, not wait.
static void a_full_listener_does_not_block(void)
{
	char name[64];
	int listener;
	int ret = 0;
	struct notify notify;
	struct fault fault;

	snprintf(name, sizeof(name), "@test_notify.full.%d", (int)getpid());
	listener = listen_at(name);
	CHECK_EQUAL(notify_init(&notify, name, NULL, NULL, &fault), 0);
	for (int i = 0; i < 100000 && ret == 0; i++)
		ret = notify_send(&notify, "WATCHDOG=1");
	CHECK_EQUAL(ret, -EAGAIN);
	notify_done(&notify);
	close(listener);
}

static void wrong_environment_is_refused(void)
{
	static const struct {
		const char *socket, *usec, *pid, *text;
	} rows[] = {
		{"notify", NULL, NULL, "NOTIFY_SOCKET: 'notify'; give a path or @name"},
		{"/", NULL, NULL, "NOTIFY_SOCKET: '/'; give a path"},
		{"@", NULL, NULL, "NOTIFY_SOCKET: '@'; give a path"},
		{"/nowhere/at/all", NULL, NULL, "NOTIFY_SOCKET: '/nowhere/at/all': "},
		{NULL, "soon", NULL, "WATCHDOG_USEC: 'soon'; give microseconds"},
		{NULL, "", NULL, "WATCHDOG_USEC: ''; give microseconds"},
		{NULL, "-1", NULL, "WATCHDOG_USEC: '-1'; give microseconds"},
		{NULL, "999", NULL, "WATCHDOG_USEC: '999'; give microseconds"},
		{NULL, "18446744073709551615", NULL, "WATCHDOG_USEC: '18446744073709551615'"},
		{NULL, "99999999999999999999", NULL, "WATCHDOG_USEC: '99999999999999999999'"},
		{NULL, "1000000", "me", "WATCHDOG_PID: 'me'; give a process id"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct notify notify = {.socket = 77};
		struct fault fault = {.text = ""};

		CHECK(notify_init(&notify, rows[i].socket, rows[i].usec, rows[i].pid, &fault) < 0);
		CHECK_EQUAL(fault.code, EXIT_USAGE);
		CHECK_TEXT(fault.text, rows[i].text);
		CHECK_EQUAL(notify.socket, 77);
	}
}

static void a_path_too_long_is_refused(void)
{
	char path[200];
	struct notify notify;
	struct fault fault;

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	CHECK(notify_init(&notify, path, NULL, NULL, &fault) < 0);
	CHECK_TEXT(fault.text, "at most 107 bytes");
}

static void watchdog_is_ours_only_by_pid(void)
{
	char pid[16];
	struct notify notify;
	struct fault fault;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	CHECK_EQUAL(notify_init(&notify, NULL, "3000000", NULL, &fault), 0);
	CHECK_EQUAL(notify.watchdog_ns, 3000000000);
	CHECK_EQUAL(notify_init(&notify, NULL, "3000000", pid, &fault), 0);
	CHECK_EQUAL(notify.watchdog_ns, 3000000000);
	CHECK_EQUAL(notify_init(&notify, NULL, "3000000", "1", &fault), 0);
	CHECK_EQUAL(notify.watchdog_ns, 0);
}

static const struct check_case cases[] = {
	{"delivers to a path", delivers_to_a_path},
	{"delivers to an abstract name", delivers_to_an_abstract_name},
	{"nobody listens", nobody_listens},
	{"a listener that left is an error, not a signal",
		a_listener_that_left_is_an_error_not_a_signal},
	{"a full listener does not block", a_full_listener_does_not_block},
	{"a wrong environment is refused", wrong_environment_is_refused},
	{"a path too long is refused", a_path_too_long_is_refused},
	{"the watchdog is ours only by pid", watchdog_is_ours_only_by_pid},
};

int main(void)
{
	return CHECK_RUN(cases);
}
