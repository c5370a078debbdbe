// The other end of a round trip, and two plain servers to compare with. One process a measurement:
//   rtt tsc                        cycles of the time stamp counter in a second
//   rtt udp|icmp ADDRESS COUNT     round trips, the client spinning; nanoseconds, one a line
//   rtt serve block|spin           echoes UDP on port 7 through the kernel until killed
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum { PAYLOAD = 64, WARM_UP = 500, LOST_NS = 1000 * 1000 * 1000, PORT = 7 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int die(const char *what)
{
	fprintf(stderr, "rtt: %s: %s\n", what, strerror(errno));
	return 1;
}

static int print_tsc(void)
{
	uint64_t start_ns = now_ns();
	uint64_t start = __rdtsc();

	while (now_ns() - start_ns < 200 * 1000 * 1000)
		;
	printf("%.0f\n", (double)(__rdtsc() - start) * 1e9 / (double)(now_ns() - start_ns));
	return 0;
}

static int serve(bool spin)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int server = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t bytes[2048];

	if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof(address)) < 0)
		return die("port 7");
	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t count = recvfrom(server, bytes, sizeof(bytes), spin ? MSG_DONTWAIT : 0,
			(struct sockaddr *)&from, &size);

		if (count >= 0)
			sendto(server, bytes, (size_t)count, 0, (struct sockaddr *)&from, size);
	}
}

// A ping socket takes the checksum upon itself; only the sequence number is ours.
static void write_question(uint8_t *bytes, bool icmp, uint32_t number)
{
	memset(bytes, 0, PAYLOAD);
	memcpy(bytes + 16, &number, sizeof(number));
	if (icmp)
		bytes[0] = ICMP_ECHO;
}

// One round trip; 0 when the answer to this very question has not come in a second.
static uint64_t ask(int client, bool icmp, uint32_t number)
{
	uint8_t question[PAYLOAD];
	uint8_t answer[2048];
	uint64_t start;
	uint64_t spent;

	write_question(question, icmp, number);
	start = now_ns();
	if (send(client, question, sizeof(question), 0) < 0)
		return 0;
	do {
		ssize_t count = recv(client, answer, sizeof(answer), MSG_DONTWAIT);

		spent = now_ns() - start;
		if (count == PAYLOAD && memcmp(answer + 16, &number, sizeof(number)) == 0)
			return spent;
	} while (spent < LOST_NS);
	return 0;
}

static int measure(bool icmp, const char *text, uint32_t count)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(icmp ? 0 : PORT)};
	// A raw socket would hear every answer; this one hears its own.
	int client = socket(AF_INET, SOCK_DGRAM, icmp ? IPPROTO_ICMP : 0);

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		errno = EINVAL;
	else if (client >= 0 && connect(client, (struct sockaddr *)&address, sizeof(address)) == 0)
		errno = 0;
	if (errno != 0)
		return die(text);
	for (uint32_t i = 0; i < WARM_UP + count; i++) {
		uint64_t spent = ask(client, icmp, i);

		if (i >= WARM_UP && spent != 0)
			printf("%llu\n", (unsigned long long)spent);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "tsc") == 0)
		return print_tsc();
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(strcmp(argv[2], "spin") == 0);
	if (argc == 4)
		return measure(strcmp(argv[1], "icmp") == 0, argv[2], (uint32_t)atoi(argv[3]));
	fprintf(stderr, "usage: rtt tsc | rtt udp|icmp ADDRESS COUNT | rtt serve block|spin\n");
	return 2;
}
