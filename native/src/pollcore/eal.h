// EAL's start, and its faults in the operator's words. For the main thread of either program.
#ifndef POLLCORE_EAL_H
#define POLLCORE_EAL_H

#include "fault.h"

// Starts EAL as the primary process with at least so many lcores: one controls, each other polls.
// program is what we are called. On a negative number *fault says why, and EAL is not there.
int eal_start(int argc, char **argv, const char *program, unsigned int lcores, struct fault *fault);

#endif
