// Reads a recorded feed as cryptofeed writes it, in place: "TIME: JSON" is a received frame,
// "URL <- TIME: JSON" a sent one, "URL -> TIME: BODY" an HTTP answer, "URL <-> TIME" a connection
// that was opened. TIME is in seconds since 1970.
#ifndef BOOKFEED_REPLAY_H
#define BOOKFEED_REPLAY_H

#include <stddef.h>
#include <stdint.h>

enum replay_kind {
	REPLAY_RECEIVED,
	REPLAY_SENT,
	REPLAY_ANSWER,
	REPLAY_OPENED, // has no text
};

// Points into the replay; readable until replay_close, with FEED_PADDING bytes after the text.
struct replay_record {
	enum replay_kind kind;
	int64_t time_ns;
	const char *url; // of a received frame: NULL
	size_t url_size;
	const char *text;
	size_t size;
	size_t line; // the first is 1
};

struct replay {
	const char *bytes;
	size_t size;
	size_t at;
	size_t line;
	size_t mapped; // bytes; 0 if the caller owns them
};

// The whole file. -errno of open or mmap; -ENODATA if it is empty.
int replay_open(const char *path, struct replay *replay);

// Bytes of the caller's, with FEED_PADDING readable bytes after them.
void replay_of(const char *bytes, size_t size, struct replay *replay);

// 1: there is a record; 0: the end; -EINVAL: the line replay->line is no record.
int replay_next(struct replay *replay, struct replay_record *record);

void replay_rewind(struct replay *replay);
void replay_close(struct replay *replay);

#endif
