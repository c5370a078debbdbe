// See stop_signals.h.
#include <signal.h>
#include <time.h>

#include "stop_signals.h"

enum { NS_PER_S = 1000 * 1000 * 1000 };

static void fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void stop_signals_block(void)
{
	sigset_t set;

	fill(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

bool stop_signals_came(uint64_t wait_ns)
{
	const struct timespec wait = {
		.tv_sec = (time_t)(wait_ns / NS_PER_S),
		.tv_nsec = (long)(wait_ns % NS_PER_S),
	};
	static bool came;
	sigset_t set;

	fill(&set);
	// A signal once taken is no longer pending, so it is remembered.
	if (!came)
		came = sigtimedwait(&set, NULL, &wait) > 0;
	return came;
}
