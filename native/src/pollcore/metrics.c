// See metrics.h. The format: https://prometheus.io/docs/instrumenting/exposition_formats/
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <rte_version.h>

#include "metrics.h"
#include "stats.h"

// A client has so long for its whole request, and to take the answer.
enum { TEXT_SIZE = 64 * 1024, REQUEST_SIZE = 4096, PATIENCE_S = 2, RETRY_US = 100000 };

static struct {
	struct core *core;
	int socket;
	pthread_t thread;
	bool running;
	size_t used;
	struct measurement measurement;
	char text[TEXT_SIZE];
} metrics;

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
	size_t left = sizeof(metrics.text) - metrics.used;
	va_list args;
	int added;

	va_start(args, format);
	added = vsnprintf(metrics.text + metrics.used, left, format, args);
	va_end(args);
	// What does not fit is left out whole; the size is ample for what there is.
	if (added > 0 && (size_t)added < left)
		metrics.used += (size_t)added;
}

// Drops are one metric with a reason, since that is what is summed and compared.
static void print_drops(const struct stat *stats, uint32_t count)
{
	print("# TYPE pollcore_rx_dropped_total counter\n");
	for (uint32_t i = 0; i < count; i++) {
		if (strncmp(stats[i].name, "drop_", 5) == 0)
			print("pollcore_rx_dropped_total{reason=\"%s\"} %" PRIu64 "\n",
				stats[i].name + 5, stats[i].value);
	}
}

static void print_stats(const char *prefix, const struct stat *stats, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *kind = stats[i].gauge ? "gauge" : "counter";
		const char *end = stats[i].gauge ? "" : "_total";

		if (strncmp(stats[i].name, "drop_", 5) == 0 ||
			strncmp(stats[i].name, "bursts_", 7) == 0 ||
			strcmp(stats[i].name, "rx_dropped") == 0)
			continue;
		print("# TYPE %s%s%s %s\n%s%s%s %" PRIu64 "\n", prefix, stats[i].name, end, kind,
			prefix, stats[i].name, end, stats[i].value);
	}
}

// How many packets a busy poll brought, as Prometheus wants a histogram.
static void print_bursts(const struct core *core)
{
	struct counters total = pollers_counters(core->pollers, core->config.queues);
	uint64_t polls = 0;

	print("# TYPE pollcore_burst_packets histogram\n");
	for (unsigned int i = 0; i < BURST_BUCKETS; i++) {
		polls += total.bursts[i];
		print("pollcore_burst_packets_bucket{le=\"%u\"} %" PRIu64 "\n", (2u << i) - 1,
			polls);
	}
	print("pollcore_burst_packets_bucket{le=\"+Inf\"} %" PRIu64 "\n"
	      "pollcore_burst_packets_sum %" PRIu64 "\n"
	      "pollcore_burst_packets_count %" PRIu64 "\n",
		polls, total.rx_packets, polls);
}

static void print_queues(const struct core *core)
{
	static struct stat stats[QUEUES_MAX][STATS_MAX]; // by the one thread that answers
	uint32_t count = 0;

	for (uint16_t i = 0; i < core->config.queues; i++)
		count = stats_read_queue(core, i, stats[i]);
	for (uint32_t row = 0; row < count; row++) {
		const struct stat *first = &stats[0][row];
		const char *end = first->gauge ? "" : "_total";

		if (strncmp(first->name, "bursts_", 7) == 0)
			continue;
		print("# TYPE pollcore_queue_%s%s %s\n", first->name, end,
			first->gauge ? "gauge" : "counter");
		for (uint16_t i = 0; i < core->config.queues; i++)
			print("pollcore_queue_%s%s{queue=\"%u\"} %" PRIu64 "\n", first->name, end,
				i, stats[i][row].value);
	}
}

static void print_all(struct core *core)
{
	struct stat stats[STATS_MAX];
	uint32_t count;

	metrics.used = 0;
	pthread_mutex_lock(&core->device_lock);
	print("# TYPE pollcore_info gauge\n"
	      "pollcore_info{version=\"%s\",dpdk=\"%s\",device=\"%s\",driver=\"%s\",mode=\"%s\"} "
	      "1\n",
		POLLCORE_VERSION, rte_version() + strlen("DPDK "), core->port.device,
		core->port.driver, mode_name(core->pollers[0].mode));
	print("# TYPE pollcore_link_up gauge\npollcore_link_up %d\n", core_port_down(core) == NULL);
	print("# TYPE pollcore_resets_total counter\npollcore_resets_total %" PRIuFAST32 "\n",
		core_resets(core));
	print("# TYPE pollcore_uptime_seconds gauge\npollcore_uptime_seconds %" PRIu64 "\n",
		(core_now_ns() - core->start_ns) / 1000000000);
	count = stats_read(core, stats);
	print_drops(stats, count);
	print_stats("pollcore_", stats, count);
	print_bursts(core);
	print_queues(core);
	count = stats_read_generate(core, &metrics.measurement, stats);
	print_stats("pollcore_generate_", stats, count);
	pthread_mutex_unlock(&core->device_lock);
}

// The request up to its empty line; false when it does not come whole and in time.
static bool read_request(int client, char request[REQUEST_SIZE])
{
	uint64_t end = core_now_ns() + PATIENCE_S * UINT64_C(1000000000);
	size_t used = 0;

	while (used < REQUEST_SIZE - 1 && core_now_ns() < end) {
		ssize_t got = recv(client, request + used, REQUEST_SIZE - 1 - used, 0);

		if (got <= 0)
			return false;
		used += (size_t)got;
		request[used] = '\0';
		if (strstr(request, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static bool send_all(int client, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(client, bytes, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		size -= (size_t)sent;
	}
	return true;
}

static void answer(struct core *core, int client)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	char request[REQUEST_SIZE];
	char head[160];
	const char *status = "404 Not Found";

	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!read_request(client, request))
		return;
	metrics.used = 0;
	if (strncmp(request, "GET /metrics ", strlen("GET /metrics ")) == 0) {
		status = "200 OK";
		print_all(core);
	}
	snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n",
		status, metrics.used);
	if (send_all(client, head, strlen(head)))
		send_all(client, metrics.text, metrics.used);
}

static void *serve(void *argument)
{
	struct core *core = argument;

	for (;;) {
		int client = accept(metrics.socket, NULL, NULL);

		if (client >= 0) {
			answer(core, client);
			close(client);
		} else if (errno == EINVAL) {
			// metrics_done() has shut the socket down.
			return NULL;
		} else {
			// No descriptor or no memory, for now; or a client that is gone already.
			usleep(RETRY_US);
		}
	}
}

int metrics_init(struct core *core, struct fault *fault)
{
	const struct endpoint *endpoint = &core->config.metrics;
	int ret;

	if (endpoint->path == NULL && endpoint->port == 0)
		return 0;
	metrics.core = core;
	metrics.socket = endpoint_listen(endpoint);
	if (metrics.socket < 0)
		return fault_set(fault, EXIT_RUN_TIME,
			"--metrics: cannot listen: %s; give another port or path",
			strerror(-metrics.socket));
	// Made on the main lcore, whose processor it inherits.
	ret = pthread_create(&metrics.thread, NULL, serve, core);
	if (ret != 0) {
		close(metrics.socket);
		return fault_set(fault, EXIT_RUN_TIME, "--metrics: no thread: %s; free some memory",
			strerror(ret));
	}
	metrics.running = true;
	return 0;
}

void metrics_done(void)
{
	const char *path;

	if (!metrics.running)
		return;
	path = metrics.core->config.metrics.path;
	shutdown(metrics.socket, SHUT_RDWR);
	pthread_join(metrics.thread, NULL);
	close(metrics.socket);
	if (path != NULL)
		unlink(path);
	metrics.running = false;
}
