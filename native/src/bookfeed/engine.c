// See engine.h.
#include <time.h>

#include "engine.h"

enum {
	TICKS_PER_S = 1000,
	NS_PER_S = 1000 * 1000 * 1000,
	// A blocking wait ends so soon that stop, ticks and views are served in time.
	WAIT_NS = 20 * 1000 * 1000,
	LINGER_NS = 500 * 1000 * 1000,
	LOOK_NS = 1000 * 1000 * 1000,
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void nap(void)
{
	const struct timespec rest = {.tv_nsec = 1000 * 1000};

	nanosleep(&rest, NULL);
}

void engine_init(struct engine *engine, struct session *session, struct transport *transport,
	struct view *view, bool blocking, uint64_t hz)
{
	engine->session = session;
	engine->transport = transport;
	engine->view = view;
	engine->blocking = blocking;
	engine->tick_cycles = hz / TICKS_PER_S;
	atomic_init(&engine->stop, false);
	atomic_init(&engine->pause, false);
	atomic_init(&engine->paused, false);
	atomic_init(&engine->view_state, ENGINE_VIEW_IDLE);
}

static void serve_view(struct engine *engine)
{
	int wanted = ENGINE_VIEW_WANTED;

	if (atomic_load_explicit(&engine->view_state, memory_order_relaxed) != wanted ||
		!atomic_compare_exchange_strong(&engine->view_state, &wanted, ENGINE_VIEW_FILLING))
		return;
	view_fill(engine->view, engine->session);
	atomic_store(&engine->view_state, ENGINE_VIEW_READY);
}

static void tick(struct engine *engine)
{
	session_tick(engine->session, now_ns());
	serve_view(engine);
	while (atomic_load(&engine->pause)) {
		atomic_store(&engine->paused, true);
		nap();
	}
	atomic_store_explicit(&engine->paused, false, memory_order_relaxed);
}

// What was said last must leave before the transport goes.
static void linger(struct engine *engine)
{
	uint64_t end = now_ns() + LINGER_NS;

	while (transport_links(engine->transport) > 0 && now_ns() < end)
		transport_poll(engine->transport, WAIT_NS);
}

int engine_run(void *argument)
{
	struct engine *engine = argument;
	uint64_t next = latency_now();

	while (!atomic_load_explicit(&engine->stop, memory_order_relaxed)) {
		uint64_t now = latency_now();

		if (engine->blocking || (int64_t)(now - next) >= 0) {
			next = now + engine->tick_cycles;
			tick(engine);
		}
		transport_poll(engine->transport, WAIT_NS);
	}
	// The last view is of the books as they were, before they are given up.
	view_fill(engine->view, engine->session);
	session_stop(engine->session);
	linger(engine);
	return 0;
}

bool engine_look(struct engine *engine)
{
	uint64_t end = now_ns() + LOOK_NS;

	atomic_store(&engine->view_state, ENGINE_VIEW_WANTED);
	while (atomic_load(&engine->view_state) != ENGINE_VIEW_READY) {
		int wanted = ENGINE_VIEW_WANTED;

		if (now_ns() > end && atomic_compare_exchange_strong(
					      &engine->view_state, &wanted, ENGINE_VIEW_IDLE))
			return false;
		nap();
	}
	return true;
}

void engine_pause(struct engine *engine)
{
	atomic_store(&engine->pause, true);
	while (!atomic_load(&engine->paused))
		nap();
}

void engine_resume(struct engine *engine)
{
	atomic_store(&engine->pause, false);
	// Else the next pause could take this one, which is just ending, for its own.
	while (atomic_load(&engine->paused))
		nap();
}
