// libFuzzer target for the path that reads bytes from the wire. Beside what the sanitizers find it
// checks the promises of respond.h: no answer, no change; an answer goes back where the question
// came from, with checksums that hold.
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "respond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(int kept)
{
	if (!kept)
		abort();
}

static void check_reply(const struct responder *self, const uint8_t *before, const uint8_t *after,
	enum verdict verdict)
{
	uint32_t total;

	promise((after[0] & 1) == 0);
	promise(memcmp(after, before + 6, 6) == 0);
	promise(memcmp(after + 6, self->mac, 6) == 0);
	if (verdict == VERDICT_ARP_REPLY)
		return;
	total = bytes_load16(after + 16);
	promise(memcmp(after + 26, before + 30, 4) == 0);
	promise(memcmp(after + 30, before + 26, 4) == 0);
	promise(checksum_fold(checksum_add_bytes(0, after + 14, 20)) == 0xffff);
	if (verdict == VERDICT_ICMP_REPLY)
		promise(checksum_fold(checksum_add_bytes(0, after + 34, total - 20)) == 0xffff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct responder self = {
		.mac = {0x02, 0, 0, 0, 0, 0x0a}, .ipv4 = 0x0a000117, .gateway = 0x0a000101};
	uint8_t *frame = malloc(size == 0 ? 1 : size);
	enum verdict verdict;

	memcpy(frame, data, size);
	verdict = respond(&self, frame, (uint32_t)size);
	promise(verdict < VERDICT_COUNT);
	if (verdict_is_reply(verdict))
		check_reply(&self, data, frame, verdict);
	else
		promise(memcmp(frame, data, size) == 0);
	free(frame);
	return 0;
}
