// What all ways to run bookfeed share: feed, TLS, session and engine; the loop of the controlling
// thread; what is shown meanwhile and at the end.
#ifndef BOOKFEED_PROGRAM_H
#define BOOKFEED_PROGRAM_H

#include <pthread.h>

#include "engine.h"
#include "notify.h"
#include "settings.h"
#include "status.h"

struct program;

// What a device wants of the controlling thread, ten times a second; fills mbufs of the status.
typedef int (*program_tick)(struct program *program, void *device, struct fault *fault);

struct program {
	struct settings settings;
	struct notify notify;
	struct feed *feed;
	struct latency latency;
	struct tls_context tls;
	struct session session;
	struct engine engine;
	struct cycles_sample start;
	struct status status;
	struct view *view;
	unsigned int looks_missed; // in a row
	pthread_mutex_t view_lock; // view and status are the holder's
};

// Feed, latencies, view. On a fault nothing is left to undo.
int program_init(struct program *program, struct fault *fault);

// TLS, session and engine on that transport.
int program_connect(struct program *program, struct transport *transport, const char *device,
	struct fault *fault);

// Until a signal, --seconds or a fault, while another thread runs the engine.
int program_control(struct program *program, program_tick tick, void *device, struct fault *fault);

// Once nobody runs the engine any more: the last figures and the trace.
int program_report(struct program *program, struct fault *fault);

void program_done(struct program *program);

// The three ways to run. Each returns 0 or sets *fault.
int run_kernel(struct program *program, struct fault *fault);
int run_replay(struct program *program, struct fault *fault);
int run_lwip(struct program *program, int eal_argc, char **eal_argv, struct fault *fault);

#endif
