// The kernel's TCP by each way to wait, against a listener of the test's own on the loopback.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "transport_kernel.h"

enum { LOOPBACK = 0x7f000001, PIECE = 1000, LONG_S = 30 };

static struct transport_kernel kernel;
static struct transport *transport = &kernel.transport;
static struct link *link_now;
static int listener, far; // the peer's sockets
static uint16_t port;
static size_t opens, closes, received;
static char why[128];
static bool close_when_received;

static void on_opened(void *owner)
{
	(void)owner;
	opens++;
}

static void on_received(void *owner, const uint8_t *bytes, size_t size)
{
	(void)owner;
	(void)bytes;
	received += size;
	if (!close_when_received)
		return;
	link_close(link_now);
	link_now = NULL;
}

static void on_closed(void *owner, const char *text)
{
	(void)owner;
	closes++;
	link_now = NULL;
	snprintf(why, sizeof(why), "%s", text);
}

static const struct link_events events = {on_opened, on_received, on_closed};

static void listen_somewhere(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(LOOPBACK)};
	socklen_t size = sizeof(address);
	int small = 4096;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	CHECK_EQUAL(bind(listener, (struct sockaddr *)&address, size), 0);
	CHECK_EQUAL(listen(listener, 16), 0);
	CHECK_EQUAL(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
}

static void turns(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		transport_poll(transport, 1000 * 1000);
}

static int64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

// Until so much was counted: a busy kernel lets even the loopback wait.
static void turns_until(const size_t *counter, size_t wanted)
{
	int64_t end = now_s() + LONG_S;

	while (*counter < wanted && now_s() < end)
		turns(1);
	CHECK_EQUAL(*counter, wanted);
}

static void begin(enum kernel_wait wait)
{
	int error = 0;

	CHECK_EQUAL(transport_kernel_init(&kernel, wait), 0);
	opens = closes = 0;
	received = 0;
	why[0] = '\0';
	close_when_received = false;
	listen_somewhere();
	link_now = transport_connect(transport, LOOPBACK, port, &events, NULL, &error);
	CHECK_EQUAL(error, 0);
	far = accept(listener, NULL, NULL);
	turns_until(&opens, 1);
}

static void end(void)
{
	transport_kernel_done(&kernel);
	close(far);
	close(listener);
}

static void bytes_and_an_end(void)
{
	for (int wait = KERNEL_BLOCK; wait <= KERNEL_BUSY_POLL; wait++) {
		begin(wait);
		CHECK_EQUAL(write(far, "hello", 5), 5);
		turns_until(&received, 5);
		CHECK_EQUAL(closes, 0);
		close(far);
		turns_until(&closes, 1);
		CHECK_TEXT(why, "ended by the server");
		CHECK_EQUAL(transport_links(transport), 0);
		end();
	}
}

static void a_reset(void)
{
	const struct linger at_once = {.l_onoff = 1};

	for (int wait = KERNEL_BLOCK; wait <= KERNEL_BUSY_POLL; wait++) {
		begin(wait);
		setsockopt(far, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(far);
		turns_until(&closes, 1);
		CHECK_TEXT(why, "reset by peer");
		end();
	}
}

static void nobody_listens(void)
{
	int error = 0;

	for (int wait = KERNEL_BLOCK; wait <= KERNEL_BUSY_POLL; wait++) {
		begin(wait);
		close(listener);
		CHECK(transport_connect(transport, LOOPBACK, port, &events, NULL, &error) != NULL);
		turns_until(&closes, 1);
		CHECK_TEXT(why, "refused");
		CHECK_EQUAL(opens, 1);
		end();
	}
}

// Sends until no more is taken, then the peer reads: all that was taken arrives, in order.
static void a_peer_that_reads_late(void)
{
	for (int wait = KERNEL_BLOCK; wait <= KERNEL_BUSY_POLL; wait++) {
		uint8_t piece[PIECE], got[PIECE];
		size_t taken = 0, seen = 0;
		bool right = true;

		begin(wait);
		for (;;) {
			memset(piece, (int)(taken % 251), sizeof(piece));
			if (link_send(link_now, piece, sizeof(piece)) < 0)
				break;
			taken++;
			transport_poll(transport, 0);
		}
		CHECK_EQUAL(link_send(link_now, piece, sizeof(piece)), -ENOBUFS);
		fcntl(far, F_SETFL, O_NONBLOCK);
		for (int64_t end = now_s() + LONG_S; seen < taken * PIECE && now_s() < end;) {
			ssize_t some;

			while ((some = read(far, got, sizeof(got))) > 0)
				for (ssize_t i = 0; i < some; i++, seen++)
					right = right && got[i] == seen / PIECE % 251;
			turns(1);
		}
		CHECK_EQUAL(seen, taken * PIECE);
		CHECK(right);
		CHECK_EQUAL(closes, 0);
		end();
	}
}

static void closed_by_its_own_event(void)
{
	begin(KERNEL_BLOCK);
	close_when_received = true;
	CHECK_EQUAL(write(far, "hello", 5), 5);
	turns_until(&received, 5);
	turns(5);
	CHECK_EQUAL(closes, 0);
	CHECK_EQUAL(transport_links(transport), 0);
	end();
}

static void every_link_and_one_more(void)
{
	int error = 0;

	begin(KERNEL_SPIN);
	for (size_t i = 1; i < KERNEL_LINKS_MAX; i++)
		CHECK(transport_connect(transport, LOOPBACK, port, &events, NULL, &error) != NULL);
	CHECK(transport_connect(transport, LOOPBACK, port, &events, NULL, &error) == NULL);
	CHECK_EQUAL(error, -EMFILE);
	end();
}

static void on_signal(int number)
{
	(void)number;
}

static void signals_end_no_wait(void)
{
	const struct sigaction act = {.sa_handler = on_signal};
	const struct itimerval often = {{0, 200}, {0, 200}};
	const struct itimerval never = {{0, 0}, {0, 0}};

	begin(KERNEL_BLOCK);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	turns(50);
	CHECK_EQUAL(write(far, "hello", 5), 5);
	turns_until(&received, 5);
	turns(50);
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK_EQUAL(closes, 0);
	end();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"bytes and an end", bytes_and_an_end},
		{"a reset", a_reset},
		{"nobody listens", nobody_listens},
		{"a peer that reads late", a_peer_that_reads_late},
		{"closed by its own event", closed_by_its_own_event},
		{"every link and one more", every_link_and_one_more},
		{"signals end no wait", signals_end_no_wait},
	};

	return CHECK_RUN(cases);
}
