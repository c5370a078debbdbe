// See pcap.h. The format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html
#include <stdbool.h>
#include <string.h>

#include "pcap.h"

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

static uint32_t load(const struct pcap *pcap, uint64_t at)
{
	uint32_t value;

	memcpy(&value, pcap->bytes + at, sizeof(value));
	return pcap->swapped ? __builtin_bswap32(value) : value;
}

static int check_magic(struct pcap *pcap, struct fault *fault)
{
	uint32_t magic = load(pcap, 0);

	if (magic == 0x0a0d0d0a)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: pcapng format; convert it with editcap -F pcap");
	pcap->swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	if (!pcap->swapped && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: first bytes 0x%08x; give a capture in pcap format", magic);
	return 0;
}

int pcap_open(struct pcap *pcap, const uint8_t *bytes, uint64_t size, struct fault *fault)
{
	int ret;

	*pcap = (struct pcap){.bytes = bytes, .size = size, .at = FILE_HEADER_SIZE};
	if (size < FILE_HEADER_SIZE)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: %u bytes; give a capture in pcap format", (unsigned int)size);
	ret = check_magic(pcap, fault);
	if (ret < 0)
		return ret;
	if ((load(pcap, FILE_LINK_TYPE) & LINK_TYPE_MASK) != LINK_TYPE_ETHERNET)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: link type %u; give a capture of Ethernet frames (1)",
			load(pcap, FILE_LINK_TYPE) & LINK_TYPE_MASK);
	return 0;
}

int pcap_next(struct pcap *pcap, uint32_t min, uint32_t max, const uint8_t **frame,
	uint16_t *frame_size, struct fault *fault)
{
	uint64_t left = pcap->size - pcap->at;
	uint32_t captured;
	uint32_t original;

	if (left == 0)
		return 0;
	pcap->number++;
	if (left < RECORD_HEADER_SIZE)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: the file ends in its header; capture it again",
			pcap->number);
	captured = load(pcap, pcap->at + RECORD_CAPTURED);
	original = load(pcap, pcap->at + RECORD_ORIGINAL);
	if (captured > left - RECORD_HEADER_SIZE)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: %u bytes, but the file has only %u more; capture it "
			"again",
			pcap->number, captured, (unsigned int)(left - RECORD_HEADER_SIZE));
	if (captured < original)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: %u of %u bytes were captured; capture whole frames "
			"(tcpdump -s 0)",
			pcap->number, captured, original);
	if (captured < min || captured > max)
		return fault_set(fault, EXIT_USAGE,
			"--pcap: frame %u: %u bytes; this port sends %u to %u", pcap->number,
			captured, min, max);
	*frame = pcap->bytes + pcap->at + RECORD_HEADER_SIZE;
	*frame_size = (uint16_t)captured;
	pcap->at += RECORD_HEADER_SIZE + captured;
	return 1;
}
