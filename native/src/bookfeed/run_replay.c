// bookfeed over recorded files, as fast as they can be read: what the books would have been, and
// what each message costs. Snapshots come from the recorded HTTP answers when the feed asks for
// them.
#include <errno.h>
#include <string.h>

#include "program.h"
#include "replay.h"
#include "stop_signals.h"

struct player {
	struct program *program;
	struct replay stream;
	struct replay answers; // bytes NULL: none
};

// Whether a recorded URL is the answer to that request: same path, same symbol; how many levels
// were asked for does not matter.
static bool answers_to(const struct replay_record *record, const char *path)
{
	size_t size = strlen(path);
	const char *limit = strstr(path, "&limit");
	const char *found;

	if (limit != NULL)
		size = (size_t)(limit - path);
	found = memmem(record->url, record->url_size, path, size);
	return found != NULL &&
	       (found + size == record->url + record->url_size || found[size] == '&');
}

static void answer(struct player *player, const char *path, size_t symbol)
{
	struct feed *feed = player->program->feed;
	struct replay_record record;
	struct feed_change change;

	if (player->answers.bytes != NULL) {
		replay_rewind(&player->answers);
		while (replay_next(&player->answers, &record) == 1) {
			if (record.kind != REPLAY_ANSWER || !answers_to(&record, path))
				continue;
			player->program->session.counters.snapshots++;
			feed_snapshot(feed, symbol, record.text, record.size, &change);
			return;
		}
	}
	player->program->session.counters.snapshot_failures++;
	feed_snapshot_failed(feed, symbol);
}

// What the feed wants sent was sent when the file was recorded. A snapshot that does not fit yet is
// asked for again with the next message, not at once.
static void serve_requests(struct player *player)
{
	char text[FEED_REQUEST_SIZE];
	enum feed_request request;
	size_t left = feed_count(player->program->feed);
	size_t symbol;

	while (left > 0 && (request = feed_request(player->program->feed, text, &symbol)) !=
				   FEED_REQUEST_NONE) {
		if (request != FEED_REQUEST_GET)
			continue;
		answer(player, text, symbol);
		left--;
	}
}

static void play(struct player *player, const struct replay_record *record)
{
	struct program *program = player->program;
	struct session_counters *counters = &program->session.counters;
	struct latency_stamps stamps;
	struct feed_change change;
	enum feed_verdict verdict;
	uint64_t start = latency_now();

	verdict = feed_message(program->feed, record->text, record->size, &change);
	stamps =
		(struct latency_stamps){start, start, start, start, change.read_tsc, latency_now()};
	counters->messages++;
	counters->bytes += record->size;
	if (verdict == FEED_UPDATED) {
		counters->updates++;
		latency_add(&program->latency, &stamps);
		return;
	}
	counters->resyncs += verdict == FEED_RESYNC;
	counters->malformed += verdict == FEED_MALFORMED;
	counters->refused += verdict == FEED_REFUSED;
	serve_requests(player);
}

static int play_all(struct player *player, struct fault *fault)
{
	struct replay_record record;
	int ret;

	feed_connected(player->program->feed);
	serve_requests(player);
	while ((ret = replay_next(&player->stream, &record)) == 1) {
		if (record.kind == REPLAY_RECEIVED)
			play(player, &record);
		if (stop_signals_came(0))
			return 0;
	}
	if (ret < 0)
		return fault_set(fault, EXIT_RUN_TIME,
			"--replay: line %zu is no record; give a file as cryptofeed records it",
			player->stream.line);
	return 0;
}

static int open_file(
	const char *option, const char *path, struct replay *replay, struct fault *fault)
{
	int ret = replay_open(path, replay);

	if (ret < 0)
		return fault_set(fault, EXIT_USAGE, "%s: '%.200s': %s; give a recorded file",
			option, path, strerror(-ret));
	return 0;
}

int run_replay(struct program *program, struct fault *fault)
{
	const struct settings *settings = &program->settings;
	struct player player = {.program = program};
	int ret = open_file("--replay", settings->replay, &player.stream, fault);

	if (ret < 0)
		return ret;
	if (settings->answers != NULL)
		ret = open_file("--answers", settings->answers, &player.answers, fault);
	program->session.feed = program->feed;
	program->session.state = SESSION_STOPPED;
	if (ret == 0)
		ret = play_all(&player, fault);
	program->session.now_ns = cycles_read().ns;
	view_fill(program->view, &program->session);
	if (ret == 0)
		ret = program_report(program, fault);
	if (player.answers.bytes != NULL)
		replay_close(&player.answers);
	replay_close(&player.stream);
	return ret;
}
