// What generate mode sends: a list of frames that it repeats, of one size, of a mix of sizes, or
// out of a capture file. Made before polling starts, then only read.
#ifndef POLLCORE_PROFILE_H
#define POLLCORE_PROFILE_H

#include "config.h"
#include "fault.h"

enum {
	// The least that Ethernet carries, as a buffer has it: without the frame check sequence.
	PROFILE_FRAME_MIN = 60,
	PROFILE_PORT_FIRST = 49152, // source ports of the flows: the dynamic range (RFC 6335)
	PROFILE_STAMP = 14 + 20 + 8,
	PROFILE_STAMP_SIZE = PROFILE_FRAME_MIN - PROFILE_STAMP,
};

struct profile_frame {
	const uint8_t *bytes;
	uint16_t size;
	// The UDP checksum's sum with source port and stamp still zero, in memory order.
	uint16_t sum;
};

struct profile {
	struct profile_frame *frames;
	uint32_t count;
	bool stamped;    // false: frames of a capture, which leave as they are
	uint8_t *memory; // where the bytes are
};

// Addresses come from config, which holds a peer or a capture; source is the port's MAC. The
// destination MAC is written when the frame leaves.
int profile_init(struct profile *profile, const struct config *config, const uint8_t source[6],
	struct fault *fault);
void profile_done(struct profile *profile);

#endif
