// The control loop of the main lcore: signals, the device's timers and events, systemd's watchdog.
#ifndef POLLCORE_CONTROL_H
#define POLLCORE_CONTROL_H

#include "core.h"
#include "fault.h"
#include "notify.h"

// Blocks SIGTERM and SIGINT in this thread and those it will make, so that the control loop can
// wait for them. To be called before EAL starts its threads.
void control_block_signals(void);

// Waits up to wait_ns for one of them; true when it came, now or before.
bool control_stop_wanted(uint64_t wait_ns);

// Serves the running core until a signal asks it to stop (0) or a fault ends it.
int control_run(struct core *core, const struct notify *notify, struct fault *fault);

#endif
