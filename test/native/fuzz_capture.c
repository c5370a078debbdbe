// libFuzzer target for capture files, which come from anywhere. Beside what the sanitizers find it
// checks the promises of capture.h: every frame lies in the file, behind the one before, within the
// sizes asked for; and a fault is told in words.
#include <stdlib.h>
#include <string.h>

#include "capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LEAST = 14, MOST = 9015 };

static void promise(int kept)
{
	if (!kept)
		abort();
}

static void check_fault(int ret, const struct fault *fault)
{
	promise(ret >= 0 ||
		(fault->code == EXIT_USAGE && strncmp(fault->text, "--pcap: ", 8) == 0 &&
			strlen(fault->text) < sizeof(fault->text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	// Of exactly its size, so that a byte read behind it is seen.
	uint8_t *file = malloc(size == 0 ? 1 : size);
	struct fault fault = {.text = ""};
	const uint8_t *last = file;
	const uint8_t *frame;
	uint16_t frame_size;
	uint32_t count = 0;
	struct capture pcap;
	int ret;

	memcpy(file, data, size);
	ret = capture_open(&pcap, file, size, &fault);
	check_fault(ret, &fault);
	while (ret >= 0 &&
		(ret = capture_next(&pcap, LEAST, MOST, &frame, &frame_size, &fault)) > 0) {
		promise(frame_size >= LEAST && frame_size <= MOST);
		promise(frame >= last + 16 && frame + frame_size <= file + size);
		promise(pcap.number == ++count);
		last = frame + frame_size;
	}
	check_fault(ret, &fault);
	// The end is the end of the file, and stays it.
	if (ret == 0 && count > 0)
		promise(last == file + size &&
			capture_next(&pcap, LEAST, MOST, &frame, &frame_size, &fault) == 0);
	free(file);
	return 0;
}
