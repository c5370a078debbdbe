// libFuzzer target for the path that reads bytes from the wire. Beside what the
// sanitizers find it checks the promises of respond.h: no answer, no change; an
// answer goes back where the question came from, with checksums that hold.
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "fuzz_frame.h"
#include "respond.h"
#include "respond_echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Where the packet begins behind its VLAN tags.
static size_t packet_offset(const uint8_t *frame)
{
	size_t offset = 14;

	while (bytes_load16(frame + offset - 2) == 0x8100 ||
		bytes_load16(frame + offset - 2) == 0x88a8)
		offset += 4;
	return offset;
}

static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};

// Duplicate address detection: there is nobody to answer to but all nodes.
static bool from_nobody(const uint8_t *ip)
{
	static const uint8_t nobody[16];

	return ip[0] >> 4 == 6 && memcmp(ip + 8, nobody, 16) == 0;
}

// The sum of pseudo header and message is right in every answer; addresses are turned, but for a
// solicitation that came to a group.
static void check_ipv6(const uint8_t *asked, const uint8_t *ip, enum verdict verdict)
{
	uint32_t payload = bytes_load16(ip + 4);
	uint32_t covered = verdict == VERDICT_UDP_REPLY ? bytes_load16(ip + 44) : payload;
	uint64_t sum = checksum_add_bytes(0, ip + 8, 32);

	sum = checksum_add(sum, (uint64_t)ip[6] << 8);
	sum = checksum_add(sum, __builtin_bswap16((uint16_t)covered));
	promise(checksum_fold(checksum_add_bytes(sum, ip + 40, covered)) == 0xffff);
	promise(memcmp(ip + 24, from_nobody(asked) ? all_nodes : asked + 8, 16) == 0);
	if (verdict != VERDICT_NDP_REPLY)
		promise(memcmp(ip + 8, asked + 24, 16) == 0 && payload == bytes_load16(asked + 4));
}

static void check_reply(const struct responder *self, const uint8_t *before, const uint8_t *after,
	size_t size, enum verdict verdict)
{
	const uint8_t *ip = after + packet_offset(after);
	const uint8_t *asked = before + packet_offset(before);
	size_t header = (ip[0] & 15) * (size_t)4;

	if (verdict == VERDICT_NDP_REPLY && from_nobody(asked)) {
		promise(memcmp(after, all_nodes_mac, 6) == 0);
	} else {
		promise((after[0] & 1) == 0);
		promise(memcmp(after, before + 6, 6) == 0);
	}
	promise(memcmp(after + 6, self->mac, 6) == 0);
	promise(memcmp(after + 12, before + 12, (size_t)(ip - after) - 12) == 0);
	if (verdict != VERDICT_NDP_REPLY && size > RESPOND_HEAD_MAX)
		promise(memcmp(after + RESPOND_HEAD_MAX, before + RESPOND_HEAD_MAX,
				size - RESPOND_HEAD_MAX) == 0);
	if (verdict == VERDICT_ARP_REPLY)
		return;
	if (ip[0] >> 4 == 6) {
		check_ipv6(asked, ip, verdict);
		return;
	}
	promise(memcmp(ip + 12, asked + 16, 4) == 0);
	promise(memcmp(ip + 16, asked + 12, 4) == 0);
	promise(checksum_fold(checksum_add_bytes(0, ip, header)) == 0xffff);
	if (verdict == VERDICT_ICMP_REPLY)
		promise(checksum_fold(checksum_add_bytes(
				0, ip + header, bytes_load16(ip + 2) - header)) == 0xffff);
}

// The poller's short cut either leaves a frame alone or does what respond()
// did.
static void check_short_cut(const struct responder *self, const uint8_t *before, size_t size,
	const uint8_t *after, enum verdict verdict)
{
	uint8_t *frame = malloc(size == 0 ? 1 : size);
	enum verdict quick;

	memcpy(frame, before, size);
	quick = respond_echo(echo_self(self), frame, (uint32_t)size, false);
	promise(quick == VERDICT_COUNT || quick == verdict);
	promise(memcmp(frame, quick == VERDICT_COUNT ? before : after, size) == 0);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct responder self = {.mac = {0x02, 0, 0, 0, 0, 0x0a},
		.ipv4 = 0x0a000117,
		.gateway = 0x0a000101,
		.ipv6 = {0x20, 1, 0x0d, 0xb8, [15] = 0x17}};
	uint8_t *frame = malloc(size == 0 ? 1 : size);
	enum verdict verdict;

	memcpy(frame, data, size);
	verdict = respond(&self, frame, (uint32_t)size);
	promise(verdict < VERDICT_COUNT);
	if (verdict_is_reply(verdict))
		check_reply(&self, data, frame, size, verdict);
	else
		promise(memcmp(frame, data, size) == 0);
	check_short_cut(&self, data, size, frame, verdict);
	free(frame);
	return 0;
}
