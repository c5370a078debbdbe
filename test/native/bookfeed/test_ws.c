// The WebSocket codec: every stream of frames cut at every offset gives the same messages, and each
// rule that a server can break is broken once.
#include <stdlib.h>

#include "check.h"
#include "ws.h"

enum { CAPACITY = 4096 + WS_SLACK, LOG_SIZE = 65536 };

static uint8_t buffer[CAPACITY];
static char seen[LOG_SIZE];
static struct ws_reader reader;

struct stream {
	uint8_t bytes[200000];
	size_t size;
};

static struct stream stream;

static void begin(void)
{
	stream.size = 0;
	ws_reader_init(&reader, buffer, sizeof(buffer));
	seen[0] = '\0';
}

// A server's frame; `first` is its first byte. The size is in its shortest form.
static void add_frame(uint8_t first, const char *payload, size_t size)
{
	uint8_t *at = stream.bytes + stream.size;
	size_t header = 2;

	at[0] = first;
	at[1] = (uint8_t)size;
	if (size > 125 && size < 65536) {
		at[1] = 126;
		at[2] = (uint8_t)(size >> 8);
		at[3] = (uint8_t)size;
		header = 4;
	} else if (size > 125) {
		at[1] = 127;
		for (int i = 0; i < 8; i++)
			at[2 + i] = (uint8_t)((uint64_t)size >> 8 * (7 - i));
		header = 10;
	}
	memcpy(at + header, payload, size);
	stream.size += header + size;
}

static void add_text(uint8_t first, const char *text)
{
	add_frame(first, text, strlen(text));
}

static void note(const struct ws_message *message)
{
	size_t used = strlen(seen);

	snprintf(seen + used, sizeof(seen) - used, "%d:%u:%.*s;", (int)message->opcode,
		(unsigned int)message->code, (int)message->size, (const char *)message->bytes);
}

static void feed(const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		struct ws_message message;
		enum ws_verdict verdict;
		size_t room;
		uint8_t *place = ws_reader_room(&reader, &room);
		size_t some = size < room ? size : room;

		CHECK(room > 0);
		memcpy(place, bytes, some);
		ws_reader_filled(&reader, some);
		while ((verdict = ws_reader_next(&reader, &message)) == WS_MESSAGE)
			note(&message);
		if (verdict == WS_BROKEN)
			return;
		bytes += some;
		size -= some;
	}
}

// Whole, cut once at each offset, and byte by byte: the same messages each time.
static void expect(const char *wanted)
{
	feed(stream.bytes, stream.size);
	CHECK(strcmp(seen, wanted) == 0);
	CHECK_TEXT(seen, wanted);
	for (size_t cut = 0; cut <= stream.size; cut++) {
		ws_reader_init(&reader, buffer, sizeof(buffer));
		seen[0] = '\0';
		feed(stream.bytes, cut);
		feed(stream.bytes + cut, stream.size - cut);
		CHECK(strcmp(seen, wanted) == 0);
	}
	ws_reader_init(&reader, buffer, sizeof(buffer));
	seen[0] = '\0';
	for (size_t at = 0; at < stream.size; at++)
		feed(stream.bytes + at, 1);
	CHECK(strcmp(seen, wanted) == 0);
}

static void messages_whole_and_in_fragments(void)
{
	begin();
	add_text(0x81, "one");
	add_text(0x01, "t");
	add_text(0x00, "w");
	add_text(0x00, "");
	add_text(0x80, "o");
	add_text(0x82, "bin");
	add_text(0x81, "");
	expect("1:0:one;1:0:two;2:0:bin;1:0:;");
}

static void control_between_fragments(void)
{
	begin();
	add_text(0x01, "ab");
	add_text(0x89, "ping");
	add_text(0x00, "cd");
	add_text(0x8a, "");
	add_text(0x80, "ef");
	add_frame(0x88,
		"\x03\xe8"
		"bye",
		5);
	expect("9:0:ping;10:0:;1:0:abcdef;8:1000:bye;");
}

static void sizes_of_16_bits(void)
{
	static char text[3000];
	static char wanted[3200];

	memset(text, 'x', sizeof(text) - 1);
	begin();
	add_text(0x01, text);
	add_text(0x89, "p");
	add_frame(0x80, text, 126);
	snprintf(wanted, sizeof(wanted), "9:0:p;1:0:%s%.126s;", text, text);
	expect(wanted);
}

// Far more than the buffer, in messages that wrap at every place of it.
static void many_messages_through_a_small_buffer(void)
{
	static uint8_t small[64 + WS_SLACK];
	struct ws_message message;
	unsigned int count = 0;
	size_t at = 0;

	begin();
	for (unsigned int i = 0; i < 2000; i++) {
		add_frame(0x01, "0123456789012345678901234567890123456789", i % 40);
		add_frame(0x80, "abcdefghijklmnopqrstuvwx", i % 24);
	}
	ws_reader_init(&reader, small, sizeof(small));
	while (at < stream.size) {
		size_t room;
		uint8_t *place = ws_reader_room(&reader, &room);
		size_t some = room < 97 ? room : 97;

		some = some < stream.size - at ? some : stream.size - at;
		memcpy(place, stream.bytes + at, some);
		ws_reader_filled(&reader, some);
		at += some;
		while (ws_reader_next(&reader, &message) == WS_MESSAGE) {
			CHECK_EQUAL(message.size, count % 40 + count % 24);
			CHECK(message.size < 41 || message.bytes[count % 40] == 'a' ||
				count % 24 == 0);
			count++;
		}
	}
	CHECK_EQUAL(count, 2000);
}

static void expect_broken(uint16_t code, const char *fault)
{
	for (size_t cut = 0; cut <= stream.size; cut++) {
		ws_reader_init(&reader, buffer, sizeof(buffer));
		feed(stream.bytes, cut);
		feed(stream.bytes + cut, stream.size - cut);
		CHECK(reader.fault != NULL);
		if (reader.fault == NULL)
			return;
		CHECK_TEXT(reader.fault, fault);
		CHECK_EQUAL(reader.code, code);
	}
}

static void each_broken_rule(void)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint16_t code;
		const char *fault;
	} rows[] = {
		{"\xc1\x01x", 3, 1002, "reserved bit"},
		{"\x91\x01x", 3, 1002, "reserved bit"},
		{"\x81\x81mask!", 7, 1002, "masked frame"},
		{"\x83\x01x", 3, 1002, "reserved opcode"},
		{"\x8b\x01x", 3, 1002, "reserved opcode"},
		{"\x80\x01x", 3, 1002, "continuation of nothing"},
		{"\x01\x01x\x81\x01y", 6, 1002, "before the last one's end"},
		{"\x09\x01x", 3, 1002, "control frame in fragments"},
		{"\x89\x7e\x00\x7e", 4, 1002, "over 125 bytes"},
		{"\x81\x7e\x00\x7d", 4, 1002, "shortest form"},
		{"\x81\x7f\0\0\0\0\0\0\xff\xff", 10, 1002, "shortest form"},
		{"\x81\x7f\xff\0\0\0\0\0\0\0", 10, 1002, "shortest form"},
		{"\x81\x7e\x10\x01", 4, 1009, "size allowed"},
		{"\x81\x7f\0\0\0\0\x7f\xff\xff\xff", 10, 1009, "size allowed"},
		{"\x88\x01x", 3, 1002, "half a close code"},
		{"\x88\x02\x03\xed", 4, 1002, "close code"},
		{"\x88\x02\x00\x00", 4, 1002, "close code"},
		{"\x88\x03\x03\xe8\xff", 5, 1007, "UTF-8"},
		{"\x81\x02\xc0\x80", 4, 1007, "UTF-8"},
		{"\x01\x01\xc3\x80\x01\x28", 6, 1007, "UTF-8"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		memcpy(stream.bytes, rows[i].bytes, rows[i].size);
		stream.size = rows[i].size;
		expect_broken(rows[i].code, rows[i].fault);
	}
}

static void fragments_add_up_to_the_limit(void)
{
	static char half[2049];

	memset(half, 'h', sizeof(half));
	begin();
	add_frame(0x01, half, 2048);
	add_frame(0x80, half, 2048);
	feed(stream.bytes, stream.size);
	CHECK(reader.fault == NULL);
	CHECK_EQUAL(strlen(seen), 4096 + 5);
	begin();
	add_frame(0x01, half, 2048);
	add_frame(0x80, half, 2049);
	expect_broken(WS_CODE_TOO_BIG, "size allowed");
}

static void a_character_cut_by_fragments(void)
{
	begin();
	add_text(0x01, "\xe2");
	add_text(0x00, "\x82");
	add_text(0x80, "\xac");
	expect("1:0:\xe2\x82\xac;");
}

int main(void)
{
	static const struct check_case cases[] = {
		{"messages whole and in fragments", messages_whole_and_in_fragments},
		{"control frames between fragments", control_between_fragments},
		{"sizes of 16 bits", sizes_of_16_bits},
		{"many messages through a small buffer", many_messages_through_a_small_buffer},
		{"each rule that a server can break", each_broken_rule},
		{"fragments add up to the limit", fragments_add_up_to_the_limit},
		{"a character cut by fragments", a_character_cut_by_fragments},
	};

	return CHECK_RUN(cases);
}
