// The packets that nearly every burst is made of, answered inline in the poller's loop: whole,
// right ICMP and UDP echo requests in plain IPv4 (no tag, no option, no fragment). It judges them
// all at once and names no reason; whatever is not plain is respond()'s. test_respond holds the two
// together.
#ifndef POLLCORE_RESPOND_ECHO_H
#define POLLCORE_RESPOND_ECHO_H

#include <stdbool.h>

#include "bytes.h"
#include "checksum.h"
#include "respond.h"

enum {
	ECHO_IP = 14,
	ECHO_MESSAGE = ECHO_IP + 20,
	ECHO_LEAST = ECHO_MESSAGE + 8,
	ECHO_TTL = 64,
	ECHO_ICMP = 1,
	ECHO_UDP = 17,
};

// Who we are, as it stands on the wire.
struct echo_self {
	uint64_t mac; // in the low 48 bits
	uint32_t ipv4;
};

static inline struct echo_self echo_self(const struct responder *responder)
{
	return (struct echo_self){
		.mac = bytes_load_raw32(responder->mac) |
		       (uint64_t)bytes_load_raw16(responder->mac + 4) << 32,
		.ipv4 = __builtin_bswap32(responder->ipv4),
	};
}

// Whether Ethernet and IPv4 headers are those of a plain packet for us from an address that one
// host can own. Differences are gathered by "or", since all of them are zero for nearly every
// packet. Byte n of a load is bits 8n to 8n + 7.
static inline bool echo_is_plain(struct echo_self self, const uint8_t *frame, uint32_t size)
{
	uint64_t from = bytes_load_raw64(frame + 6);             // source MAC, type
	uint64_t start = bytes_load_raw64(frame + ECHO_IP);      // version to fragment
	uint64_t middle = bytes_load_raw64(frame + ECHO_IP + 8); // time to live to source
	uint32_t to = bytes_load_raw32(frame + ECHO_IP + 16);
	uint32_t total = __builtin_bswap16((uint16_t)(start >> 16));
	uint32_t source = (uint32_t)(middle >> 32);
	uint64_t sum = start;
	uint64_t carries = __builtin_add_overflow(sum, middle, &sum);
	uint64_t differs = (bytes_load_raw64(frame) ^ self.mac) << 16;

	differs |= (from & UINT64_C(0xffff000000000001)) ^ UINT64_C(0x0008000000000000);
	differs |= (start & UINT64_C(0xff3f0000000000ff)) ^ 0x45;
	differs |= to ^ self.ipv4;
	from <<= 16;
	carries += __builtin_add_overflow(sum, to, &sum);
	// One less than 20 and ICMP's or UDP's 8 wraps around, and so is too much as well.
	if (differs != 0 || from == 0 || from == self.mac << 16 || total - 28 > size - ECHO_LEAST)
		return false;
	// 0/8, 127/8 and from 224 on are nobody's.
	if ((uint8_t)(source - 1) >= 223 || (uint8_t)source == 127 || source == self.ipv4)
		return false;
	return checksum_holds(checksum_add(sum, carries));
}

// The message of an ICMP echo request of so many bytes becomes its reply.
static inline bool echo_turn_icmp(uint8_t *message, uint32_t size)
{
	uint32_t word = bytes_load_raw32(message); // type, code, checksum
	uint32_t checksum = (word >> 16) + 8;

	if ((uint16_t)word != 8 || !checksum_holds(checksum_add_bytes(0, message, size)))
		return false;
	// The type goes from 8 to 0, so the checksum, which is a complement, grows by as much. It
	// is ambiguous when that makes it a zero of ones' complement (RFC 1624, 3): respond()
	// knows.
	checksum = (checksum & 0xffff) + (checksum >> 16);
	if (checksum == 0xffff)
		return false;
	bytes_store_raw32(message, checksum << 16);
	return true;
}

// The same for a UDP datagram to port 7 that fills its packet and has a checksum. Swapping ports
// and addresses leaves that as it is.
static inline bool echo_turn_udp(
	uint8_t *message, uint32_t size, const uint8_t *addresses, bool is_good)
{
	uint64_t head = bytes_load_raw64(message); // ports, length, checksum
	uint16_t length = (uint16_t)(head >> 32);
	uint64_t sum = 0x1100u + (uint64_t)length + bytes_load_raw32(addresses) +
		       (uint64_t)bytes_load_raw32(addresses + 4);

	if ((head >> 16 & 0xffff) != 0x0700 || (head & 0xffff) == 0x0700 || head >> 48 == 0 ||
		__builtin_bswap16(length) != size)
		return false;
	if (!is_good && !checksum_holds(checksum_add_bytes(sum, message, size)))
		return false;
	bytes_store_raw32(message, (uint32_t)head << 16 | 0x0700);
	return true;
}

// Answers a plain echo request in its own bytes. VERDICT_COUNT, and the frame as it was: not one.
// udp_is_good: should it be UDP, its checksum has been found right by others.
static inline enum verdict respond_echo(
	struct echo_self self, uint8_t *frame, uint32_t size, bool udp_is_good)
{
	uint8_t *ip = frame + ECHO_IP;
	uint8_t *message = frame + ECHO_MESSAGE;
	enum verdict verdict = VERDICT_ICMP_REPLY;
	uint64_t addresses;
	uint32_t length;

	if (size < ECHO_LEAST || !echo_is_plain(self, frame, size))
		return VERDICT_COUNT;
	length = bytes_load16(ip + 2) - 20u;
	if (ip[9] == ECHO_UDP)
		verdict = VERDICT_UDP_REPLY;
	else if (ip[9] != ECHO_ICMP)
		return VERDICT_COUNT;
	if (verdict == VERDICT_ICMP_REPLY ? !echo_turn_icmp(message, length)
					  : !echo_turn_udp(message, length, ip + 12, udp_is_good))
		return VERDICT_COUNT;

	bytes_store_raw64(frame, bytes_load_raw64(frame + 6) << 16 >> 16 | self.mac << 48);
	bytes_store_raw32(frame + 8, (uint32_t)(self.mac >> 16));
	addresses = bytes_load_raw64(ip + 12);
	bytes_store_raw64(ip + 12, addresses << 32 | addresses >> 32);
	if (ip[8] != ECHO_TTL) {
		uint32_t word = bytes_load_raw32(ip + 8); // time to live, protocol, checksum
		uint16_t after = (uint16_t)((word & 0xff00) | ECHO_TTL);

		bytes_store_raw32(ip + 8, after | (uint32_t)checksum_update((uint16_t)(word >> 16),
							  (uint16_t)word, after)
							  << 16);
	}
	return verdict;
}

#endif
