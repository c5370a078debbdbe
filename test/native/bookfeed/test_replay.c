// replay.c: each kind of line, in place, to the last byte of a file.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "feed.h"
#include "replay.h"

static const char lines[] = "wss://a.example <-> 1618677816.8434298\n"
			    "wss://a.example <- 1618677817.020616: {\"type\":\"subscribe\"}\n"
			    "\n"
			    "1618677817.5: {\"a -> b\":1}\n"
			    "https://a.example/x?y=1 -> 1618677818.123456789123: {\"b\":2}\n"
			    "1618677819: [3]";

static void check_lines(struct replay *replay)
{
	struct replay_record record;

	CHECK_EQUAL(replay_next(replay, &record), 1);
	CHECK_EQUAL(record.kind, REPLAY_OPENED);
	CHECK_EQUAL(record.time_ns, 1618677816843429800);
	CHECK_EQUAL(record.url_size, 15);
	CHECK_EQUAL(replay_next(replay, &record), 1);
	CHECK_EQUAL(record.kind, REPLAY_SENT);
	CHECK_EQUAL(record.size, 20);
	CHECK_EQUAL(replay_next(replay, &record), 1);
	CHECK_EQUAL(record.kind, REPLAY_RECEIVED);
	CHECK_EQUAL(record.time_ns, 1618677817500000000);
	CHECK_EQUAL(record.line, 4);
	CHECK(record.size == 12 && memcmp(record.text, "{\"a -> b\":1}", 12) == 0);
	CHECK(record.url == NULL);
	CHECK_EQUAL(replay_next(replay, &record), 1);
	CHECK_EQUAL(record.kind, REPLAY_ANSWER);
	CHECK_EQUAL(record.time_ns, 1618677818123456789);
	CHECK(record.url_size == 23 && memcmp(record.url, "https://a.example/x?y=1", 23) == 0);
	CHECK_EQUAL(replay_next(replay, &record), 1);
	CHECK_EQUAL(record.time_ns, 1618677819000000000);
	CHECK(record.size == 3 && memcmp(record.text, "[3]", 3) == 0);
	for (size_t i = 0; i < FEED_PADDING; i++)
		CHECK(record.text[3 + i] == 0);
	CHECK_EQUAL(replay_next(replay, &record), 0);
	CHECK_EQUAL(replay_next(replay, &record), 0);
}

// A file that ends with its page is the one whose padding is not its own.
static void a_file(void)
{
	long page = sysconf(_SC_PAGESIZE);
	struct replay replay;

	for (size_t blank = 0; blank < 2; blank++) {
		char path[] = "/tmp/test_replay.XXXXXX";
		int file = mkstemp(path);
		size_t before = blank * ((size_t)page - (sizeof(lines) - 1));

		CHECK(file >= 0);
		CHECK_EQUAL(
			pwrite(file, lines, sizeof(lines) - 1, (off_t)before), sizeof(lines) - 1);
		for (size_t i = 0; i < before; i++)
			CHECK_EQUAL(pwrite(file, "\n", 1, (off_t)i), 1);
		close(file);
		CHECK_EQUAL(replay_open(path, &replay), 0);
		unlink(path);
		replay.line -= before;
		check_lines(&replay);
		replay_rewind(&replay);
		replay.line -= before;
		check_lines(&replay);
		replay_close(&replay);
	}
}

static void no_file(void)
{
	struct replay replay;
	char path[] = "/tmp/test_replay.XXXXXX";
	int file = mkstemp(path);

	CHECK_EQUAL(replay_open("/nonexistent/file", &replay), -ENOENT);
	CHECK_EQUAL(replay_open(path, &replay), -ENODATA);
	CHECK(replay_open("/", &replay) < 0);
	close(file);
	unlink(path);
}

static void lines_that_are_no_records(void)
{
	static const char *const texts[] = {"x", "12", "12:", "12 : {}", "12.5:{}", ": {}",
		"wss://a <- {}", "wss://a <-> 12: {}", "wss://a <> 12: {}", "wss://a", "<- 12: {}",
		"99999999999999: {}", "-1: {}", " 1: {}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct replay_record record;
		struct replay replay;
		char *copy = calloc(1, strlen(texts[i]) + FEED_PADDING);

		memcpy(copy, texts[i], strlen(texts[i]));
		replay_of(copy, strlen(texts[i]), &replay);
		if (replay_next(&replay, &record) != -EINVAL)
			printf("# %s\n", texts[i]);
		replay_rewind(&replay);
		CHECK_EQUAL(replay_next(&replay, &record), -EINVAL);
		CHECK_EQUAL(replay.line, 1);
		replay_close(&replay);
		free(copy);
	}
}

int main(void)
{
	static const struct check_case cases[] = {
		{"a file", a_file},
		{"no file", no_file},
		{"lines that are no records", lines_that_are_no_records},
	};

	return CHECK_RUN(cases);
}
