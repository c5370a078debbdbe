// See eal.h. EAL says in words on stderr what happened; its errno and the lock tell which exit code
// that is.
#include <errno.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "eal.h"

static int refuse_secondary(const char *program, struct fault *fault)
{
	return fault_set(fault, EXIT_USAGE,
		"--proc-type: 'secondary'; %s must be the primary process", program);
}

static int explain_fault(const char *program, struct fault *fault)
{
	int error = rte_errno;

	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		return refuse_secondary(program, fault);
	// Only another process can hold this lock: a lock of our own does not conflict with us.
	if (rte_eal_primary_proc_alive(NULL))
		return fault_set(fault, EXIT_PRIMARY,
			"EAL: another primary process runs with this --file-prefix; stop it, or "
			"choose another prefix");
	// EACCES is how EAL reports that it found no usable hugepage.
	if (error == ENOMEM || error == EACCES)
		return fault_set(fault, EXIT_MEMORY,
			"EAL: memory: %s; reserve 2 MB hugepages, remove stale ones, or lower "
			"--socket-mem",
			rte_strerror(error));
	return fault_set(fault, EXIT_EAL, "EAL: %s; the lines above say what it could not do",
		rte_strerror(error));
}

int eal_start(int argc, char **argv, const char *program, unsigned int lcores, struct fault *fault)
{
	unsigned int count;

	if (rte_eal_init(argc, argv) < 0)
		return explain_fault(program, fault);
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		rte_eal_cleanup();
		return refuse_secondary(program, fault);
	}
	count = rte_lcore_count();
	if (count >= lcores)
		return 0;
	rte_eal_cleanup();
	return fault_set(fault, EXIT_USAGE,
		"lcores: %u; %u are needed, such as -l 0-%u: one controls, each other polls a "
		"queue",
		count, lcores, lcores - 1);
}
