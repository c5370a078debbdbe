// Takes the frames out of a capture file in memory, whoever wrote it. Knows the classic format in
// both byte orders, with micro- or nanoseconds; never reads outside the file. Not named pcap_…:
// libpcap's functions are, and net_pcap would call ours.
#ifndef POLLCORE_CAPTURE_H
#define POLLCORE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

struct capture {
	const uint8_t *bytes;
	uint64_t size;
	uint64_t at;     // the next record
	uint32_t number; // of the record last read; the first is 1
	bool swapped;    // written by a machine of the other byte order
};

// bytes stay the caller's and must outlive *capture. A negative number, with *fault set, when this
// is no capture of Ethernet frames.
int capture_open(struct capture *capture, const uint8_t *bytes, uint64_t size, struct fault *fault);

// The next frame, which has *size bytes: 1, or 0 at the end of the file. A negative number, with
// *fault set, when the record is damaged, or the frame cut short by the capture, or not between
// min and max bytes long.
int capture_next(struct capture *capture, uint32_t min, uint32_t max, const uint8_t **frame,
	uint16_t *frame_size, struct fault *fault);

#endif
