// Captures right, damaged and hostile. Each is read from memory of its exact size, so that the
// sanitizer sees a byte too far.
#include <stdlib.h>

#include "capture.h"
#include "check.h"
#include "random.h"

enum { MIN = 14, MAX = 1514 };

struct file {
	uint8_t bytes[8192];
	size_t size;
	bool swapped;
};

static void put32(struct file *file, uint32_t value)
{
	if (file->swapped)
		value = __builtin_bswap32(value);
	memcpy(file->bytes + file->size, &value, 4);
	file->size += 4;
}

static struct file new_file(uint32_t magic, bool swapped)
{
	struct file file = {.swapped = swapped};

	put32(&file, magic);
	put32(&file, swapped ? 0x00020004 : 0x00040002);
	put32(&file, 0);
	put32(&file, 0);
	put32(&file, 262144);
	put32(&file, 1);
	return file;
}

static void put_frame(struct file *file, uint32_t captured, uint32_t original, uint8_t fill)
{
	put32(file, 1700000000);
	put32(file, 0);
	put32(file, captured);
	put32(file, original);
	memset(file->bytes + file->size, fill, captured);
	file->size += captured;
}

// Reads to the end, or to the first fault; the count of frames, each summed up to its last byte.
static uint32_t read_all(const uint8_t *bytes, size_t size, struct fault *fault)
{
	uint8_t *exact = malloc(size == 0 ? 1 : size);
	struct capture pcap;
	const uint8_t *frame;
	uint16_t frame_size;
	uint32_t count = 0;
	volatile uint32_t sum = 0; // the reads must not be optimised away

	memcpy(exact, bytes, size);
	fault->text[0] = '\0';
	if (capture_open(&pcap, exact, size, fault) == 0) {
		while (capture_next(&pcap, MIN, MAX, &frame, &frame_size, fault) > 0) {
			CHECK(frame_size >= MIN && frame_size <= MAX);
			for (uint16_t i = 0; i < frame_size; i++)
				sum += frame[i];
			count++;
		}
	}
	free(exact);
	return count;
}

static struct file three_frames(void)
{
	struct file file = new_file(0xa1b2c3d4, false);

	put_frame(&file, 14, 14, 1);
	put_frame(&file, 1514, 1514, 2);
	put_frame(&file, 60, 60, 3);
	return file;
}

static void both_orders_and_both_clocks(void)
{
	static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};

	for (int i = 0; i < 4; i++) {
		struct file file = new_file(magics[i / 2], i % 2 == 1);
		struct fault fault;

		put_frame(&file, 60, 60, 9);
		put_frame(&file, 61, 61, 9);
		CHECK_EQUAL(read_all(file.bytes, file.size, &fault), 2);
		CHECK_TEXT(fault.text, "");
	}
}

static void the_frames_are_the_bytes(void)
{
	struct file file = three_frames();
	const uint8_t *frame;
	struct fault fault;
	struct capture pcap;
	uint16_t size;

	CHECK_EQUAL(capture_open(&pcap, file.bytes, file.size, &fault), 0);
	CHECK_EQUAL(capture_next(&pcap, MIN, MAX, &frame, &size, &fault), 1);
	CHECK_EQUAL(size, 14);
	CHECK_EQUAL(frame[13], 1);
	CHECK_EQUAL(capture_next(&pcap, MIN, MAX, &frame, &size, &fault), 1);
	CHECK_EQUAL(size, 1514);
	CHECK_EQUAL(frame[1513], 2);
	CHECK_EQUAL(capture_next(&pcap, MIN, MAX, &frame, &size, &fault), 1);
	CHECK_EQUAL(capture_next(&pcap, MIN, MAX, &frame, &size, &fault), 0);
	CHECK_EQUAL(capture_next(&pcap, MIN, MAX, &frame, &size, &fault), 0);
}

static void refusals_say_why(void)
{
	static const struct {
		uint32_t captured, original;
		const char *why;
	} rows[] = {
		{96, 1514, "frame 2: 96 of 1514 bytes were captured"},
		{13, 13, "frame 2: 13 bytes; this port sends 14 to 1514"},
		{1515, 1515, "frame 2: 1515 bytes; this port sends 14 to 1514"},
		{0, 0, "frame 2: 0 bytes"},
	};
	struct fault fault;
	struct file file;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		file = new_file(0xa1b2c3d4, false);
		put_frame(&file, 60, 60, 1);
		put_frame(&file, rows[i].captured, rows[i].original, 1);
		CHECK_EQUAL(read_all(file.bytes, file.size, &fault), 1);
		CHECK_TEXT(fault.text, rows[i].why);
		CHECK_EQUAL(fault.code, EXIT_USAGE);
	}
	file = new_file(0x0a0d0d0a, false);
	CHECK_EQUAL(read_all(file.bytes, file.size, &fault), 0);
	CHECK_TEXT(fault.text, "pcapng format; convert it with editcap -F pcap");
	file = new_file(0x12345678, false);
	read_all(file.bytes, file.size, &fault);
	CHECK_TEXT(fault.text, "first bytes 0x12345678; give a capture in pcap format");
	file = new_file(0xa1b2c3d4, false);
	file.bytes[20] = 113;
	read_all(file.bytes, file.size, &fault);
	CHECK_TEXT(fault.text, "link type 113; give a capture of Ethernet frames (1)");
	// A length that would wrap around when the header's size is added to it.
	file = new_file(0xa1b2c3d4, false);
	put32(&file, 0);
	put32(&file, 0);
	put32(&file, UINT32_MAX);
	put32(&file, UINT32_MAX);
	CHECK_EQUAL(read_all(file.bytes, file.size, &fault), 0);
	CHECK_TEXT(fault.text, "frame 1: 4294967295 bytes, but the file has only 0 more");
}

static void cut_at_every_byte(void)
{
	struct file file = three_frames();
	struct fault fault;

	for (size_t size = 0; size < file.size; size++) {
		uint32_t count = read_all(file.bytes, size, &fault);
		bool between = size == 24 || size == 54 || size == 54 + 1530;

		CHECK(count < 3);
		CHECK_EQUAL(fault.text[0] == '\0', between);
	}
}

static void random_damage(void)
{
	struct file whole = three_frames();
	uint64_t state = 7;

	for (int i = 0; i < 200000; i++) {
		struct file file = whole;
		struct fault fault;

		for (uint64_t left = 1 + random_next(&state) % 4; left > 0; left--) {
			uint64_t at = random_next(&state) % 128;

			file.bytes[at] = (uint8_t)random_next(&state);
		}
		CHECK(read_all(file.bytes, file.size - random_next(&state) % 64, &fault) <= 200);
	}
}

static const struct check_case cases[] = {
	{"both orders and both clocks", both_orders_and_both_clocks},
	{"the frames are the bytes", the_frames_are_the_bytes},
	{"refusals say why", refusals_say_why},
	{"cut at every byte", cut_at_every_byte},
	{"random damage", random_damage},
};

int main(void)
{
	return CHECK_RUN(cases);
}
