// CPU time that the polling thread wanted and did not get, as the kernel counts it.
#ifndef POLLCORE_STOLEN_H
#define POLLCORE_STOLEN_H

#include <sched.h>
#include <stdint.h>

struct stolen {
	uint64_t run_ns;  // it had the CPU
	uint64_t wait_ns; // it was ready, and another thread had the CPU
};

// Zeros for what the kernel does not tell. Reads /proc, so it is nothing for the polling thread.
struct stolen stolen_read(int thread);

// What the hypervisor gave of these CPUs to other machines, in nanoseconds. As before.
uint64_t stolen_by_host_ns(const cpu_set_t *cpus);

// A line of /proc/self/task/<thread>/schedstat. Any other changes nothing.
void stolen_parse_schedstat(struct stolen *stolen, const char *line);

// The part of a line of /proc/stat, whose unit is a tick of 1 / hz seconds; 0 when it is not of one
// of these CPUs.
uint64_t stolen_parse_stat(const char *line, const cpu_set_t *cpus, long hz);

#endif
