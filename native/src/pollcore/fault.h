// What went wrong, in the words the operator reads, with the exit code that goes with it. Library
// code fills it in and returns; main alone prints it and exits.
#ifndef POLLCORE_FAULT_H
#define POLLCORE_FAULT_H

// Exit codes are an interface: the rig's start-core step and its table of faults know them.
enum exit_code {
	EXIT_CLEAN = 0,
	EXIT_RUN_TIME = 1,
	EXIT_USAGE = 2,
	EXIT_NO_PORT = 3,
	EXIT_MEMORY = 4,
	EXIT_SELF_TEST = 5,
	EXIT_EAL = 6,
	EXIT_PRIMARY = 7,
};

struct fault {
	enum exit_code code;
	char text[320];
};

// Sets *fault to "<what>: <bad value>; <what to do>" and returns a negative number, so that a
// caller can return it.
int fault_set(struct fault *fault, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
