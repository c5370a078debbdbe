// CPU time that the polling thread wanted and did not get, as the kernel counts it.
#ifndef POLLCORE_STOLEN_H
#define POLLCORE_STOLEN_H

#include <stdint.h>

struct stolen {
	uint64_t run_ns;   // it had the CPU
	uint64_t wait_ns;  // it was ready, and another thread had the CPU
	uint64_t steal_ns; // the hypervisor gave the CPU to another machine
};

// Zeros for what the kernel does not tell. Reads /proc, so it is nothing for the polling thread.
struct stolen stolen_read(int thread, unsigned int cpu);

// A line of /proc/self/task/<thread>/schedstat, and one of /proc/stat, whose unit is a tick of 1 /
// hz seconds. Any other line changes nothing.
void stolen_parse_schedstat(struct stolen *stolen, const char *line);
void stolen_parse_stat(struct stolen *stolen, const char *line, unsigned int cpu, long hz);

#endif
