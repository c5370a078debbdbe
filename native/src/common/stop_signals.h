// SIGTERM and SIGINT as what a control loop waits for instead of what interrupts it.
#ifndef COMMON_STOP_SIGNALS_H
#define COMMON_STOP_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

// Blocks both in this thread and those it will make. To be called before any thread is started.
void stop_signals_block(void);

// Waits up to wait_ns for one of them; true when it came, now or before. By one thread.
bool stop_signals_came(uint64_t wait_ns);

#endif
