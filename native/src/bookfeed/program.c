// See program.h.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "program.h"
#include "stop_signals.h"

enum {
	NS_PER_S = 1000 * 1000 * 1000,
	NS_PER_MS = 1000 * 1000,
	WAKE_NS = 100 * NS_PER_MS,
	LOOKS_MISSED_MAX = 10, // a second each
	// A manager and a telemetry client want to know more often than somebody may want to read.
	LOOK_MS_MAX = 1000,
};

int program_init(struct program *program, struct fault *fault)
{
	const struct settings *settings = &program->settings;
	const struct feed_config config = {
		.venue = settings->venue,
		.symbols = settings->symbols,
		.count = settings->symbol_count,
		.depth = settings->depth,
		.window = settings->window,
	};
	const char *why = NULL;
	int ret = feed_new(&config, &program->feed, &why);

	if (ret < 0)
		return fault_set(fault, ret == -ENOMEM ? EXIT_MEMORY : EXIT_USAGE, "%s: %s",
			feed_venue_name(settings->venue), ret == -ENOMEM ? "out of memory" : why);
	program->start = cycles_read();
	program->view = view_new(settings->symbol_count, settings->levels);
	if (program->view == NULL || latency_init(&program->latency, settings->trace != NULL) < 0) {
		program_done(program);
		return fault_set(fault, EXIT_MEMORY,
			"memory: none for %zu books; follow fewer symbols", settings->symbol_count);
	}
	pthread_mutex_init(&program->view_lock, NULL);
	program->status = (struct status){
		.venue = feed_venue_name(settings->venue),
		.transport = transport_kind_name(settings->transport),
		.device = "",
		.start_ns = program->start.ns,
		.latency = &program->latency,
		.view = program->view,
	};
	return 0;
}

static void set_target(
	struct target *target, const struct host_port *host, const struct ipv4_port *connect)
{
	memcpy(target->host, host->host, sizeof(target->host));
	target->port = host->port;
	target->ipv4 = connect->ipv4;
	target->connect_port = connect->port;
}

int program_connect(struct program *program, struct transport *transport, const char *device,
	struct fault *fault)
{
	const struct settings *settings = &program->settings;
	struct session_config config = {
		.path = settings->path,
		.stale_ms = settings->stale_ms,
		.backoff_min_ms = settings->backoff_min_ms,
		.backoff_max_ms = settings->backoff_max_ms,
	};
	char reason[TLS_REASON_SIZE];

	set_target(&config.stream, &settings->host, &settings->connect);
	set_target(&config.snapshot, &settings->snapshot_host, &settings->connect);
	if (tls_context_init(&program->tls, settings->ca, reason) < 0)
		return fault_set(
			fault, EXIT_USAGE, "--ca: %s; give a file of PEM certificates", reason);
	if (session_init(&program->session, &config, program->feed, transport, &program->tls,
		    &program->latency) < 0)
		return fault_set(fault, EXIT_MEMORY, "memory: none for messages; free some");
	program->status.device = device;
	program->status.hz = cycles_hz(&program->start);
	engine_init(&program->engine, &program->session, transport, program->view,
		settings->transport == TRANSPORT_KERNEL && settings->wait != KERNEL_SPIN,
		program->status.hz);
	return 0;
}

static uint64_t now_ns(void)
{
	return cycles_read().ns;
}

static void show(struct program *program)
{
	switch (program->settings.output) {
	case OUTPUT_VIEW:
		status_page(&program->status, true, stdout);
		break;
	case OUTPUT_LINES:
		status_line(&program->status, stdout);
		break;
	case OUTPUT_JSON:
		status_json(&program->status, stdout);
		break;
	case OUTPUT_QUIET:
		break;
	}
	fflush(stdout);
}

static int write_status(struct program *program, struct fault *fault)
{
	const char *path = program->settings.status_file;
	int ret = path == NULL ? 0 : status_write(&program->status, path);

	if (ret < 0)
		return fault_set(fault, EXIT_RUN_TIME,
			"--status-file: '%.200s': %s; give a file in a folder that can be written",
			path, strerror(-ret));
	return 0;
}

static void tell_manager(struct program *program)
{
	const struct view *view = program->view;
	char text[128];

	snprintf(text, sizeof(text), "WATCHDOG=1\nSTATUS=%s %s, %zu of %zu books good",
		program->status.venue, session_state_name(view->state), view->good, view->count);
	notify_send(&program->notify, text);
}

static int look(struct program *program, bool show_due, struct fault *fault)
{
	int ret = 0;

	pthread_mutex_lock(&program->view_lock);
	if (engine_look(&program->engine)) {
		program->looks_missed = 0;
		program->status.hz = cycles_hz(&program->start);
		tell_manager(program);
		if (show_due)
			show(program);
		ret = write_status(program, fault);
	} else if (++program->looks_missed == LOOKS_MISSED_MAX) {
		ret = fault_set(fault, EXIT_RUN_TIME,
			"engine: no answer for %d s; the thread that polls is stuck or starved",
			LOOKS_MISSED_MAX);
	}
	pthread_mutex_unlock(&program->view_lock);
	return ret;
}

int program_control(struct program *program, program_tick tick, void *device, struct fault *fault)
{
	const struct settings *settings = &program->settings;
	uint64_t look_ms =
		settings->interval_ms < LOOK_MS_MAX ? settings->interval_ms : LOOK_MS_MAX;
	uint64_t begun = now_ns(), next_look = begun, next_show = begun;
	int ret = 0;

	notify_send(&program->notify, "READY=1\nSTATUS=connecting");
	while (ret == 0 && !stop_signals_came(WAKE_NS)) {
		uint64_t now = now_ns();
		bool show_due = now >= next_show;

		if (settings->seconds != 0 && now - begun >= (uint64_t)settings->seconds * NS_PER_S)
			break;
		if (tick != NULL)
			ret = tick(program, device, fault);
		if (ret < 0 || now < next_look)
			continue;
		next_look += look_ms * NS_PER_MS;
		if (show_due)
			next_show += (uint64_t)settings->interval_ms * NS_PER_MS;
		ret = look(program, show_due, fault);
	}
	notify_send(&program->notify, "STOPPING=1");
	return ret;
}

static int write_trace(const struct program *program, struct fault *fault)
{
	FILE *out = fopen(program->settings.trace, "w");
	bool failed = out == NULL;

	if (out != NULL) {
		latency_write_trace(&program->latency, program->status.hz, out);
		failed = ferror(out) != 0;
		failed = fclose(out) != 0 || failed;
	}
	if (failed)
		return fault_set(fault, EXIT_RUN_TIME,
			"--trace: '%.200s': %s; give a file in a folder that can be written",
			program->settings.trace, strerror(errno));
	return 0;
}

int program_report(struct program *program, struct fault *fault)
{
	int ret;

	program->status.hz = cycles_hz(&program->start);
	if (program->settings.output == OUTPUT_JSON)
		status_json(&program->status, stdout);
	else
		status_page(&program->status, false, stdout);
	fflush(stdout);
	ret = write_status(program, fault);
	if (ret == 0 && program->settings.trace != NULL)
		ret = write_trace(program, fault);
	return ret;
}

void program_done(struct program *program)
{
	session_done(&program->session);
	tls_context_done(&program->tls);
	latency_done(&program->latency);
	free(program->view);
	program->view = NULL;
	feed_free(program->feed);
	program->feed = NULL;
}
