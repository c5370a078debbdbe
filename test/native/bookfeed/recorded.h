// Where the recorded feeds are: in RIG_FEEDS, or in shared/feeds beside the project, as the build
// names it. Without them a test says so and is skipped, except in continuous integration.
#ifndef TEST_RECORDED_H
#define TEST_RECORDED_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "replay.h"

static inline const char *recorded_folder(void)
{
	const char *folder = getenv("RIG_FEEDS");

	return folder != NULL ? folder : FEEDS_FOLDER;
}

static inline int recorded_open(const char *name, struct replay *replay)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", recorded_folder(), name);
	return replay_open(path, replay);
}

static inline bool recorded_missing(void)
{
	return access(recorded_folder(), R_OK | X_OK) != 0;
}

// The exit code of a program that cannot run without them.
static inline int recorded_skip(void)
{
	if (getenv("CI") != NULL) {
		printf("Bail out! no recorded feeds in %s; set RIG_FEEDS\n", recorded_folder());
		return 1;
	}
	printf("1..0 # SKIP no recorded feeds in %s; set RIG_FEEDS\n", recorded_folder());
	return 0;
}

#endif
