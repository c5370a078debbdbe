// The control loop of the main lcore: signals, the device's timers and events, systemd's watchdog.
#ifndef POLLCORE_CONTROL_H
#define POLLCORE_CONTROL_H

#include "core.h"
#include "fault.h"
#include "notify.h"

// Serves the running core until a signal asks it to stop (0) or a fault ends it.
int control_run(struct core *core, const struct notify *notify, struct fault *fault);

#endif
