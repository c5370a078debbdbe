// The core's numbers as Prometheus scrapes them, over HTTP on a local socket. A thread of its own
// on the control lcore's processor answers, one request after the other; the poller never notices.
#ifndef POLLCORE_METRICS_H
#define POLLCORE_METRICS_H

#include "core.h"
#include "fault.h"

// Listens where core->config.metrics says; does nothing when it says nothing.
int metrics_init(struct core *core, struct fault *fault);

// After this returns, the core is no longer read.
void metrics_done(void);

#endif
