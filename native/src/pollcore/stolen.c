// See stolen.h.
#define _GNU_SOURCE // CPU_ISSET
#include "stolen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void stolen_parse_schedstat(struct stolen *stolen, const char *line)
{
	uint64_t run;
	uint64_t wait;

	if (sscanf(line, "%" SCNu64 " %" SCNu64, &run, &wait) == 2) {
		stolen->run_ns = run;
		stolen->wait_ns = wait;
	}
}

uint64_t stolen_parse_stat(const char *line, const cpu_set_t *cpus, long hz)
{
	unsigned int cpu;
	uint64_t steal;

	// Without a number it is the sum of all.
	if (strncmp(line, "cpu", 3) != 0 || !isdigit((unsigned char)line[3]))
		return 0;
	// user nice system idle iowait irq softirq steal
	if (sscanf(line + 3, "%u %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &cpu, &steal) != 2 ||
		hz <= 0 || !CPU_ISSET(cpu, cpus))
		return 0;
	return steal * (UINT64_C(1000000000) / (uint64_t)hz);
}

struct stolen stolen_read(int thread)
{
	struct stolen stolen = {0};
	char line[256];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/self/task/%d/schedstat", thread);
	file = fopen(line, "re");
	if (file == NULL)
		return stolen;
	if (fgets(line, sizeof(line), file) != NULL)
		stolen_parse_schedstat(&stolen, line);
	fclose(file);
	return stolen;
}

uint64_t stolen_by_host_ns(const cpu_set_t *cpus)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t total = 0;
	char line[256];
	FILE *file = fopen("/proc/stat", "re");

	if (file == NULL)
		return 0;
	// The CPUs come first. Other lines can be longer than this one, and then come in parts.
	while (fgets(line, sizeof(line), file) != NULL && strncmp(line, "cpu", 3) == 0)
		total += stolen_parse_stat(line, cpus, hz);
	fclose(file);
	return total;
}
