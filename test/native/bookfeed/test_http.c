// HTTP responses: each cut at every offset gives the same body, and each way to be wrong is told.
#include "check.h"
#include "http.h"

static char buffer[32768];
static struct http_reader reader;

static enum http_verdict feed(const char *bytes, size_t size)
{
	enum http_verdict verdict = http_reader_next(&reader);

	while (size > 0 && verdict == HTTP_MORE) {
		size_t room;
		char *place = http_reader_room(&reader, &room);
		size_t some = size < room ? size : room;

		if (room == 0)
			return HTTP_MORE;
		memcpy(place, bytes, some);
		http_reader_filled(&reader, some);
		bytes += some;
		size -= some;
		verdict = http_reader_next(&reader);
	}
	return verdict;
}

// `ends`: the connection ends behind the text.
static void expect(const char *text, bool ends, int status, const char *body)
{
	size_t size = strlen(text);

	for (size_t cut = 0; cut <= size; cut++) {
		enum http_verdict verdict;

		http_reader_init(&reader, buffer, sizeof(buffer));
		feed(text, cut);
		verdict = feed(text + cut, size - cut);
		if (ends)
			verdict = http_reader_ended(&reader);
		CHECK_EQUAL(verdict, HTTP_DONE);
		CHECK_EQUAL(reader.status, status);
		CHECK_EQUAL(reader.body_size, strlen(body));
		CHECK(memcmp(reader.buffer + reader.body, body, strlen(body)) == 0);
	}
}

static void bodies_of_each_kind(void)
{
	expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello");
	expect("HTTP/1.1 200 OK\r\ncontent-length:0\r\nA: b\r\n\r\n", false, 200, "");
	expect("HTTP/1.1 429 Slow Down\r\nContent-Length: 2\r\n\r\n{}", false, 429, "{}");
	expect("HTTP/1.0 200\r\n\r\nto the end", true, 200, "to the end");
	expect("HTTP/1.1 204 No Content\r\n\r\n", false, 204, "");
	expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	       "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n",
		false, 200, "hello world");
	expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
	       "1\r\na\r\n00A \r\nbbbbbbbbbb\r\n000\r\n\r\n",
		false, 200, "abbbbbbbbbb");
	expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false,
		200, "ok");
}

static void each_way_to_be_wrong(void)
{
	static const struct {
		const char *text;
		const char *fault;
	} rows[] = {
		{"SSH-2.0-x\r\n", "not HTTP/1.1"},
		{"HTTP/2 200\r\n\r\n", "not HTTP/1.1"},
		{"HTTP/1.2 200 OK\r\n\r\n", "status line"},
		{"HTTP/1.1 2x0 OK\r\n\r\n", "status that is no number"},
		{"HTTP/1.1 2000 OK\r\n\r\n", "status line"},
		{"HTTP/1.1 099 OK\r\n\r\n", "below 100"},
		{"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "without a name"},
		{"HTTP/1.1 200 OK\r\n: x\r\n\r\n", "without a name"},
		{"HTTP/1.1 200 OK\r\nA : x\r\n\r\n", "without a name"},
		{"HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n\r\n", "without a name"},
		{"HTTP/1.1 200 OK\r\nA: x\ny\r\n\r\n", "control characters"},
		{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "length that is no number"},
		{"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "length that is no number"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1234567890123456\r\n\r\n",
			"length that is no number"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", "size allowed"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
			"given twice"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
			"given twice"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n",
			"given twice"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "other than chunked"},
		{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "compressed"},
		{"HTTP/1.1 101 Switching\r\n\r\n", "change of protocol"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "without its size"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567890\r\n",
			"without its size"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", "size allowed"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
			"longer than its size"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].text);

		for (size_t cut = 0; cut <= size; cut++) {
			http_reader_init(&reader, buffer, sizeof(buffer));
			feed(rows[i].text, cut);
			CHECK_EQUAL(feed(rows[i].text + cut, size - cut), HTTP_BROKEN);
			CHECK_TEXT(reader.fault == NULL ? "" : reader.fault, rows[i].fault);
		}
	}
}

static void an_answer_that_ends_too_early(void)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell";

	for (size_t size = 0; size < sizeof(text); size++) {
		http_reader_init(&reader, buffer, sizeof(buffer));
		CHECK_EQUAL(feed(text, size < sizeof(text) - 1 ? size : size - 1), HTTP_MORE);
		CHECK_EQUAL(http_reader_ended(&reader), HTTP_BROKEN);
		CHECK_TEXT(reader.fault, "too early");
	}
}

static void endless_heads_and_lines_are_refused(void)
{
	static char text[20000];
	int size = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nA: ");

	memset(text + size, 'a', sizeof(text) - (size_t)size);
	http_reader_init(&reader, buffer, sizeof(buffer));
	CHECK_EQUAL(feed(text, sizeof(text)), HTTP_BROKEN);
	CHECK_TEXT(reader.fault, "over 16 KB");

	size = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 65; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "A: b\r\n");
	size += snprintf(text + size, sizeof(text) - (size_t)size, "\r\n");
	http_reader_init(&reader, buffer, sizeof(buffer));
	CHECK_EQUAL(feed(text, (size_t)size), HTTP_BROKEN);
	CHECK_TEXT(reader.fault, "64 header lines");

	size = snprintf(
		text, sizeof(text), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
	memset(text + size, 'x', 2000);
	http_reader_init(&reader, buffer, sizeof(buffer));
	CHECK_EQUAL(feed(text, (size_t)size + 2000), HTTP_BROKEN);
	CHECK_TEXT(reader.fault, "over 1 KB");
}

static void fields_are_found_in_either_case(void)
{
	static const char text[] = "HTTP/1.1 101 Switching Protocols\r\nUPGRADE: WebSocket\r\n"
				   "Connection: keep-alive, Upgrade\r\nX:  y \t\r\n\r\nrest";
	struct http_head head;
	const char *fault = NULL;

	CHECK_EQUAL(http_head_parse(text, sizeof(text) - 1, &head, &fault), HTTP_DONE);
	CHECK_EQUAL(head.size, sizeof(text) - 1 - 4);
	CHECK_EQUAL(head.count, 3);
	CHECK(http_has_token(&head, "upgrade", "websocket"));
	CHECK(http_has_token(&head, "connection", "upgrade"));
	CHECK(!http_has_token(&head, "connection", "up"));
	CHECK(http_find(&head, "x") != NULL && http_slice_is(*http_find(&head, "x"), "y"));
	CHECK(http_find(&head, "absent") == NULL);
}

// Chunks whose headers take more than the buffer: what is done with makes room.
static void many_chunks_through_a_small_buffer(void)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const char chunk[] = "1;an-extension-that-takes-room\r\nz\r\n";

	http_reader_init(&reader, buffer, 256);
	CHECK_EQUAL(feed(head, sizeof(head) - 1), HTTP_MORE);
	for (int i = 0; i < 100; i++)
		CHECK_EQUAL(feed(chunk, sizeof(chunk) - 1), HTTP_MORE);
	CHECK_EQUAL(feed("0\r\n\r\n", 5), HTTP_DONE);
	CHECK_EQUAL(reader.body_size, 100);
}

int main(void)
{
	static const struct check_case cases[] = {
		{"bodies of each kind", bodies_of_each_kind},
		{"each way to be wrong", each_way_to_be_wrong},
		{"an answer that ends too early", an_answer_that_ends_too_early},
		{"endless heads and lines are refused", endless_heads_and_lines_are_refused},
		{"fields are found in either case", fields_are_found_in_either_case},
		{"many chunks through a small buffer", many_chunks_through_a_small_buffer},
	};

	return CHECK_RUN(cases);
}
