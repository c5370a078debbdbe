// respond.c against the vectors, then against every way to cut or damage them.
// Frames live in blocks of exactly their size, so that the sanitizer sees any
// byte read or written outside.
#include <stdlib.h>

#include "bytes.h"
#include "check.h"
#include "respond.h"
#include "respond_echo.h"
#include "vectors.h"

static const struct responder self = {
	.mac = {0x02, 0, 0, 0, 0, 0x0a},
	.ipv4 = 0x0a000117,
	.gateway = 0x0a000101,
	.ipv6 = {0x20, 1, 0x0d, 0xb8, [15] = 0x17},
};

static struct vector vectors[200];
static size_t vector_count;

static uint8_t *exact_copy(const uint8_t *frame, uint32_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	memcpy(copy, frame, size);
	return copy;
}

static bool read_vectors(const char *path)
{
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return false;
	while (vector_count < 200 && vector_read(file, &vectors[vector_count]))
		vector_count++;
	fclose(file);
	return vector_count > 0;
}

static void each_vector(void)
{
	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];
		uint8_t *frame = exact_copy(vector->frame, vector->size);
		enum verdict verdict = respond(&self, frame, vector->size);
		bool reply = verdict_is_reply(verdict);

		if (strcmp(verdict_name(verdict), vector->verdict) != 0) {
			printf("# %s: %s, not %s\n", vector->name, verdict_name(verdict),
				vector->verdict);
			check_failures++;
		}
		CHECK_EQUAL(vector->reply_size, reply ? vector->size : 0);
		if (memcmp(frame, reply ? vector->reply : vector->frame, vector->size) != 0) {
			printf("# %s: the frame left behind is not the expected one\n",
				vector->name);
			check_failures++;
		}
		free(frame);
	}
}

// The poller's short cut either leaves a frame alone or does what respond()
// does.
static void short_cut_agrees(const uint8_t *frame, uint32_t size)
{
	uint8_t *quick = exact_copy(frame, size);
	uint8_t *thorough = exact_copy(frame, size);
	enum verdict verdict = respond_echo(echo_self(&self), quick, size, false);

	if (verdict == VERDICT_COUNT) {
		CHECK(memcmp(quick, frame, size) == 0);
	} else {
		CHECK_EQUAL(respond(&self, thorough, size), verdict);
		CHECK(memcmp(quick, thorough, size) == 0);
	}
	free(quick);
	free(thorough);
}

static void short_cut_agrees_with_respond(void)
{
	uint32_t taken = 0;

	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];
		uint8_t *frame = exact_copy(vector->frame, vector->size);

		for (uint32_t size = 0; size <= vector->size; size++)
			short_cut_agrees(vector->frame, size);
		for (uint32_t bit = 0; bit < vector->size * 8; bit++) {
			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
			short_cut_agrees(frame, vector->size);
			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		taken +=
			respond_echo(echo_self(&self), frame, vector->size, false) != VERDICT_COUNT;
		free(frame);
	}
	CHECK(taken >= 5);
}

static void every_verdict_has_a_vector(void)
{
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		bool seen = verdict == VERDICT_DROP_MULTI_SEGMENT; // poll.c's to give

		for (size_t i = 0; i < vector_count; i++)
			seen = seen || strcmp(vectors[i].verdict, verdict_name(verdict)) == 0;
		if (!seen)
			printf("# %s\n", verdict_name(verdict));
		CHECK(seen);
	}
}

// A frame cut anywhere is never answered beyond its end; cut inside what its
// lengths promise it is never answered at all.
static void cut_at_every_offset(void)
{
	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];
		uint32_t needed = vector->size;

		if (bytes_load16(vector->frame + 12) == 0x0806)
			needed = 14 + 28;
		else if (vector->size >= 34)
			needed = 14u + bytes_load16(vector->frame + 16);
		for (uint32_t size = 0; size < vector->size; size++) {
			uint8_t *frame = exact_copy(vector->frame, size);
			enum verdict verdict = respond(&self, frame, size);

			if (size < needed)
				CHECK(!verdict_is_reply(verdict));
			if (!verdict_is_reply(verdict))
				CHECK(memcmp(frame, vector->frame, size) == 0);
			free(frame);
		}
	}
}

// Duplicate address detection: there is nobody to answer to but all nodes.
static bool comes_from_nobody(const uint8_t *frame)
{
	static const uint8_t nobody[16];

	return bytes_load16(frame + 12) == 0x86dd && memcmp(frame + 22, nobody, 16) == 0;
}

// One bit wrong anywhere: whatever comes out, a frame that is not answered is
// untouched, and an answer goes back to an address that one host can own.
static void every_bit_flipped(void)
{
	static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};

	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];

		for (uint32_t bit = 0; bit < vector->size * 8; bit++) {
			uint8_t *frame = exact_copy(vector->frame, vector->size);
			uint8_t *before;

			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
			before = exact_copy(frame, vector->size);
			if (!verdict_is_reply(respond(&self, frame, vector->size))) {
				CHECK(memcmp(frame, before, vector->size) == 0);
			} else if (comes_from_nobody(before)) {
				CHECK(memcmp(frame, all_nodes_mac, 6) == 0);
				CHECK(memcmp(frame + 6, self.mac, 6) == 0);
			} else {
				CHECK((frame[0] & 1) == 0);
				CHECK(memcmp(frame, before + 6, 6) == 0);
				CHECK(memcmp(frame + 6, self.mac, 6) == 0);
			}
			free(before);
			free(frame);
		}
	}
}

// IPv4 and ICMP checksums cover every bit of a message, so one wrong bit behind
// the Ethernet header is never answered.
static void one_wrong_bit_is_never_echoed(void)
{
	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];
		uint32_t end = 14u + bytes_load16(vector->frame + 16);

		if (strcmp(vector->verdict, "icmp_replies") != 0 ||
			bytes_load16(vector->frame + 12) != 0x0800)
			continue;
		for (uint32_t bit = 14 * 8; bit < end * 8; bit++) {
			uint8_t *frame = exact_copy(vector->frame, vector->size);

			frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(!verdict_is_reply(respond(&self, frame, vector->size)));
			free(frame);
		}
	}
}

// Our own answer, sent back to us, must end there: two rigs that face each
// other stay quiet.
static void no_answer_to_an_answer(void)
{
	const struct responder peer = {
		.mac = {0x02, 0, 0, 0, 0, 0x01}, .ipv4 = 0x0a000163, .gateway = 0};

	for (size_t i = 0; i < vector_count; i++) {
		const struct vector *vector = &vectors[i];
		uint8_t *frame = exact_copy(vector->frame, vector->size);

		if (verdict_is_reply(respond(&self, frame, vector->size)))
			CHECK(!verdict_is_reply(respond(&peer, frame, vector->size)));
		free(frame);
	}
}

// What we ask with is what another of us answers.
static void our_arp_request_is_answered(void)
{
	const struct responder gateway = {.mac = {0x02, 0, 0, 0, 0, 0x01}, .ipv4 = 0x0a000101};
	uint8_t *frame = malloc(ARP_REQUEST_SIZE);

	respond_ask_gateway(&self, frame);
	CHECK_EQUAL(respond(&gateway, frame, ARP_REQUEST_SIZE), VERDICT_ARP_REPLY);
	CHECK_EQUAL(respond(&self, frame, ARP_REQUEST_SIZE), VERDICT_GATEWAY_ANSWER);
	free(frame);
}

static void no_gateway_no_answer_of_it(void)
{
	struct responder alone = self;
	struct vector *answer = NULL;

	for (size_t i = 0; i < vector_count; i++) {
		if (strcmp(vectors[i].verdict, "gateway_answers") == 0)
			answer = &vectors[i];
	}
	CHECK(answer != NULL);
	alone.gateway = 0;
	if (answer != NULL)
		CHECK_EQUAL(respond(&alone, answer->frame, answer->size), VERDICT_DROP_ARP);
}

static const struct check_case cases[] = {
	{"each vector", each_vector},
	{"the short cut agrees with respond()", short_cut_agrees_with_respond},
	{"every verdict has a vector", every_verdict_has_a_vector},
	{"cut at every offset", cut_at_every_offset},
	{"every bit flipped", every_bit_flipped},
	{"one wrong bit is never echoed", one_wrong_bit_is_never_echoed},
	{"no answer to an answer", no_answer_to_an_answer},
	{"our ARP request is answered", our_arp_request_is_answered},
	{"without a gateway nothing is its answer", no_gateway_no_answer_of_it},
};

int main(int argc, char **argv)
{
	if (argc != 2 || !read_vectors(argv[1])) {
		fprintf(stderr, "test_respond: vectors: none read; give the path of respond.txt\n");
		return 2;
	}
	return CHECK_RUN(cases);
}
