// The thread that does the work: polls the transport, ticks the session, and now and then copies
// what others want to see. Nothing in it prints or waits for anybody, but the kernel where that was
// asked.
#ifndef BOOKFEED_ENGINE_H
#define BOOKFEED_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "session.h"
#include "view.h"

enum engine_view {
	ENGINE_VIEW_IDLE,
	ENGINE_VIEW_WANTED,  // by the other thread, which may withdraw it
	ENGINE_VIEW_FILLING, // the view is the engine's
	ENGINE_VIEW_READY,
};

struct engine {
	struct session *session;
	struct transport *transport;
	struct view *view;
	bool blocking; // the transport sleeps, so each poll is followed by a tick
	uint64_t tick_cycles;
	atomic_bool stop;
	atomic_bool pause; // somebody else needs the device
	atomic_bool paused;
	atomic_int view_state;
};

void engine_init(struct engine *engine, struct session *session, struct transport *transport,
	struct view *view, bool blocking, uint64_t hz);

// Until stop; then says good-bye to the server. Returns 0, always: an lcore's function returns int.
int engine_run(void *engine);

// By the other thread: asks for a view and waits a second for it at most; false when the engine did
// not come to it, and the view is as it was.
bool engine_look(struct engine *engine);

// Halts the engine between two polls, and lets it go on.
void engine_pause(struct engine *engine);
void engine_resume(struct engine *engine);

#endif
