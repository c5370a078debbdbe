// See stolen.h.
#include "stolen.h"

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

void stolen_parse_stat(struct stolen *stolen, const char *line, unsigned int cpu, long hz)
{
	char name[24];
	uint64_t steal;

	snprintf(name, sizeof(name), "cpu%u ", cpu);
	// user nice system idle iowait irq softirq steal
	if (strncmp(line, name, strlen(name)) == 0 && hz > 0 &&
		sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %*u %" SCNu64, &steal) == 1)
		stolen->steal_ns = steal * (UINT64_C(1000000000) / (uint64_t)hz);
}

struct stolen stolen_read(int thread, unsigned int cpu)
{
	struct stolen stolen = {0};
	long hz = sysconf(_SC_CLK_TCK);
	char line[256];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/self/task/%d/schedstat", thread);
	file = fopen(line, "re");
	if (file != NULL) {
		if (fgets(line, sizeof(line), file) != NULL)
			stolen_parse_schedstat(&stolen, line);
		fclose(file);
	}
	file = fopen("/proc/stat", "re");
	if (file != NULL) {
		while (fgets(line, sizeof(line), file) != NULL)
			stolen_parse_stat(&stolen, line, cpu, hz);
		fclose(file);
	}
	return stolen;
}
