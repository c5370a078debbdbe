// The engine's thread and the one beside it: nobody polls while the device is another's, and a view
// is whole or not taken.
#include <pthread.h>
#include <time.h>

#include "engine.h"
#include "session_in_test.h"

enum { ROUNDS = 300, HZ = 1000000000 };

static struct engine engine;
static pthread_t thread;
static atomic_bool ours; // the device: who polls meanwhile intrudes
static atomic_uint polls, intrusions;

static void count_poll(struct transport *transport, uint64_t wait_ns)
{
	(void)transport;
	(void)wait_ns;
	atomic_fetch_add(&polls, 1);
	atomic_fetch_add(&intrusions, atomic_load(&ours));
}

static unsigned int no_links(const struct transport *transport)
{
	(void)transport;
	return 0;
}

static const struct transport_ops counting = {.poll = count_poll, .links = no_links};
static struct transport device = {.ops = &counting};

static void *run(void *argument)
{
	CHECK_EQUAL(engine_run(argument), 0);
	return NULL;
}

static void start(void)
{
	static const char *const names[] = {"NKNUSDT", "BLZETH"};

	begin(FEED_BINANCE_SPOT, names);
	// It has nothing to do with the device of this test.
	session_stop(&session);
	engine_init(&engine, &session, &device, view_new(2, 5), false, HZ);
	atomic_store(&polls, 0);
	atomic_store(&intrusions, 0);
	CHECK_EQUAL(pthread_create(&thread, NULL, run, &engine), 0);
}

static void stop(void)
{
	atomic_store(&engine.stop, true);
	pthread_join(thread, NULL);
	free(engine.view);
	end();
}

static void wait_for_polls(unsigned int count)
{
	unsigned int wanted = atomic_load(&polls) + count;

	while (atomic_load(&polls) < wanted)
		sched_yield();
}

static void nobody_polls_while_it_is_paused(void)
{
	start();
	for (int i = 0; i < ROUNDS; i++) {
		engine_pause(&engine);
		CHECK(atomic_load(&engine.paused));
		atomic_store(&ours, true);
		sched_yield();
		atomic_store(&ours, false);
		engine_resume(&engine);
		// Else the next pause could be taken for one that is still under way.
		CHECK(!atomic_load(&engine.paused));
		if (i % 2 == 0)
			wait_for_polls(1);
	}
	CHECK_EQUAL(atomic_load(&intrusions), 0);
	stop();
}

// Its thread may have no processor for a look or two.
static bool looks(void)
{
	for (int i = 0; i < 60; i++)
		if (engine_look(&engine))
			return true;
	return false;
}

static void a_view_is_taken_or_not(void)
{
	start();
	CHECK(looks());
	CHECK_EQUAL(engine.view->state, SESSION_STOPPED);
	CHECK_TEXT(engine.view->symbols[1].symbol.name, "BLZETH");
	engine_pause(&engine);
	// Nobody comes to it, and it is withdrawn: the view stays the caller's.
	CHECK(!engine_look(&engine));
	CHECK_EQUAL(atomic_load(&engine.view_state), ENGINE_VIEW_IDLE);
	engine_resume(&engine);
	CHECK(looks());
	stop();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"nobody polls while it is paused", nobody_polls_while_it_is_paused},
		{"a view is taken or not", a_view_is_taken_or_not},
	};

	return CHECK_RUN(cases);
}
