// The core's own commands on DPDK's telemetry socket: /pollcore/status, /pollcore/stats and
// more.
#ifndef POLLCORE_TELEMETRY_H
#define POLLCORE_TELEMETRY_H

#include "core.h"

// Makes core visible to the telemetry thread until telemetry_done(). A negative errno when a
// command cannot be had.
int telemetry_init(struct core *core);

// After this returns, no command touches the core.
void telemetry_done(void);

#endif
