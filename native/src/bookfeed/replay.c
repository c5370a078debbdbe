// Recorded feeds, read where they lie in memory.
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed.h"

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

// The file over the beginning of memory of our own, so that the padding can be read too.
static int map(int file, size_t size, struct replay *replay)
{
	size_t mapped = whole_pages(size + FEED_PADDING);
	char *bytes = mmap(NULL, mapped, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return -errno;
	if (mmap(bytes, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == MAP_FAILED) {
		int fault = -errno;

		munmap(bytes, mapped);
		return fault;
	}
	replay_of(bytes, size, replay);
	replay->mapped = mapped;
	return 0;
}

int replay_open(const char *path, struct replay *replay)
{
	struct stat status;
	int file = open(path, O_RDONLY | O_CLOEXEC), fault;

	if (file < 0)
		return -errno;
	if (fstat(file, &status) != 0)
		fault = -errno;
	else if (status.st_size == 0)
		fault = -ENODATA;
	else
		fault = map(file, (size_t)status.st_size, replay);
	close(file);
	return fault;
}

void replay_of(const char *bytes, size_t size, struct replay *replay)
{
	*replay = (struct replay){.bytes = bytes, .size = size};
}

void replay_rewind(struct replay *replay)
{
	replay->at = 0;
	replay->line = 0;
}

void replay_close(struct replay *replay)
{
	if (replay->mapped > 0)
		munmap((void *)(uintptr_t)replay->bytes, replay->mapped);
	*replay = (struct replay){0};
}

// "1633998512.320639", up to nine decimals; the first byte after it, or NULL.
static const char *read_time(const char *at, const char *end, int64_t *time_ns)
{
	int64_t seconds = 0, part = 0, unit = 1000000000;
	const char *start = at;

	for (; at < end && *at >= '0' && *at <= '9' && at - start < 10; at++)
		seconds = seconds * 10 + (*at - '0');
	if (at == start || seconds >= INT64_MAX / 1000000000)
		return NULL;
	if (at < end && *at == '.')
		for (at++; at < end && *at >= '0' && *at <= '9'; at++)
			if (unit > 1) {
				unit /= 10;
				part += (*at - '0') * unit;
			}
	*time_ns = seconds * 1000000000 + part;
	return at;
}

static const struct {
	const char *arrow;
	enum replay_kind kind;
} arrows[] = {{" <- ", REPLAY_SENT}, {" -> ", REPLAY_ANSWER}, {" <-> ", REPLAY_OPENED}};

// Over the address and the arrow, if the line begins with one.
static const char *read_address(const char *at, const char *end, struct replay_record *record)
{
	const char *space = memchr(at, ' ', (size_t)(end - at));

	record->kind = REPLAY_RECEIVED;
	if (space == NULL || (*at >= '0' && *at <= '9'))
		return at;
	for (size_t i = 0; i < sizeof(arrows) / sizeof(arrows[0]); i++) {
		size_t size = strlen(arrows[i].arrow);

		if ((size_t)(end - space) < size || memcmp(space, arrows[i].arrow, size) != 0)
			continue;
		record->kind = arrows[i].kind;
		record->url = at;
		record->url_size = (size_t)(space - at);
		return space + size;
	}
	return at;
}

static bool read_record(const char *at, const char *end, struct replay_record *record)
{
	at = read_address(at, end, record);
	at = read_time(at, end, &record->time_ns);
	if (at == NULL)
		return false;
	if (record->kind == REPLAY_OPENED)
		return at == end;
	if (end - at < 2 || at[0] != ':' || at[1] != ' ')
		return false;
	record->text = at + 2;
	record->size = (size_t)(end - record->text);
	return true;
}

int replay_next(struct replay *replay, struct replay_record *record)
{
	const char *at, *end;

	// The recorder leaves empty lines where a connection was closed.
	do {
		if (replay->at >= replay->size)
			return 0;
		at = replay->bytes + replay->at;
		end = memchr(at, '\n', replay->size - replay->at);
		if (end == NULL)
			end = replay->bytes + replay->size;
		replay->at = (size_t)(end - replay->bytes) + 1;
		replay->line++;
	} while (at == end);
	*record = (struct replay_record){.line = replay->line};
	return read_record(at, end, record) ? 1 : -EINVAL;
}
