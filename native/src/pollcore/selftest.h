// The proof before READY: that the respond path answers rightly in real buffers, that every
// link is up, and that the gateway, when one is named, answers through it.
#ifndef POLLCORE_SELFTEST_H
#define POLLCORE_SELFTEST_H

#include "core.h"
#include "fault.h"

// Runs on the main lcore while the poller is parked. Sets core->self_test and core->gateway_arp.
// Gives up early, with 0 and the test still "running", when stop_wanted() says so.
int selftest_run(struct core *core, bool (*stop_wanted)(void), struct fault *fault);

#endif
