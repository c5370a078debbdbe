// See capture.h. The format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html
#include <stdbool.h>
#include <string.h>

#include "capture.h"

enum {
	FILE_HEADER_SIZE = 24,
	FILE_LINK_TYPE = 20,
	RECORD_HEADER_SIZE = 16,
	RECORD_CAPTURED = 8,
	RECORD_ORIGINAL = 12,
	LINK_TYPE_ETHERNET = 1,
	// The upper bits of the link type tell about the frame check sequence.
	LINK_TYPE_MASK = 0xffff,
};

static uint32_t load(const struct capture *capture, uint64_t at)
{
	uint32_t value;

	memcpy(&value, capture->bytes + at, sizeof(value));
	return capture->swapped ? __builtin_bswap32(value) : value;
}

static int check_magic(struct capture *capture, struct fault *fault)
{
	uint32_t magic = load(capture, 0);

	if (magic == 0x0a0d0d0a)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: pcapng format; convert it with editcap -F pcap");
	capture->swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	if (!capture->swapped && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: first bytes 0x%08x; give a capture in pcap format", magic);
	return 0;
}

int capture_open(struct capture *capture, const uint8_t *bytes, uint64_t size, struct fault *fault)
{
	int ret;

	*capture = (struct capture){.bytes = bytes, .size = size, .at = FILE_HEADER_SIZE};
	if (size < FILE_HEADER_SIZE)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: %u bytes; give a capture in pcap format", (unsigned int)size);
	ret = check_magic(capture, fault);
	if (ret < 0)
		return ret;
	if ((load(capture, FILE_LINK_TYPE) & LINK_TYPE_MASK) != LINK_TYPE_ETHERNET)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: link type %u; give a capture of Ethernet frames (1)",
			load(capture, FILE_LINK_TYPE) & LINK_TYPE_MASK);
	return 0;
}

int capture_next(struct capture *capture, uint32_t min, uint32_t max, const uint8_t **frame,
	uint16_t *frame_size, struct fault *fault)
{
	uint64_t left = capture->size - capture->at;
	uint32_t captured;
	uint32_t original;

	if (left == 0)
		return 0;
	capture->number++;
	if (left < RECORD_HEADER_SIZE)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: the file ends in its header; capture it again",
			capture->number);
	captured = load(capture, capture->at + RECORD_CAPTURED);
	original = load(capture, capture->at + RECORD_ORIGINAL);
	if (captured > left - RECORD_HEADER_SIZE)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: %u bytes, but the file has only %u more; capture it "
			"again",
			capture->number, captured, (unsigned int)(left - RECORD_HEADER_SIZE));
	if (captured < original)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: %u of %u bytes were captured; capture whole frames "
			"(tcpdump -s 0)",
			capture->number, captured, original);
	if (captured < min || captured > max)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: %u bytes; this port sends %u to %u", capture->number,
			captured, min, max);
	*frame = capture->bytes + capture->at + RECORD_HEADER_SIZE;
	*frame_size = (uint16_t)captured;
	capture->at += RECORD_HEADER_SIZE + captured;
	return 1;
}
