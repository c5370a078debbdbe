// ICMP echo and UDP echo in IPv4; see respond_parts.h. From the outside in: header, message,
// checksum; each step names the reason when it gives up.
#include "respond_parts.h"

enum {
	IPV4_SIZE = 20,
	IPV4_TOTAL_LENGTH = 2,
	IPV4_TTL = 8,
	IPV4_PROTOCOL = 9,
	IPV4_CHECKSUM = 10,
	IPV4_SOURCE = 12,
	IPV4_DESTINATION = 16,
	IPV4_NOP = 1, // the option that does nothing
	// "More fragments" and the offset: either one set means that this is a piece.
	IPV4_FRAGMENT_MASK = 0x3fff,
	PROTOCOL_ICMP = 1,

	ICMP_SIZE = 8,
	ICMP_CHECKSUM = 2,
	ICMP_ECHO_REQUEST = 0x0800, // type and code in one word
	ICMP_ECHO_REPLY = 0x0000,
};

// The message behind an IPv4 header that is right: its whole, the checksum included.
static enum verdict check_message(const uint8_t *ip, const uint8_t *message, uint32_t size)
{
	enum verdict verdict = VERDICT_ICMP_REPLY;
	uint64_t sum = 0;

	if (ip[IPV4_PROTOCOL] == PROTOCOL_ICMP) {
		if (size < ICMP_SIZE)
			return VERDICT_DROP_SHORT;
		if (bytes_load_raw16(message) != WIRE16(ICMP_ECHO_REQUEST))
			return VERDICT_DROP_ICMP_TYPE;
	} else if (ip[IPV4_PROTOCOL] == PROTOCOL_UDP) {
		if (size < UDP_SIZE)
			return VERDICT_DROP_SHORT;
		verdict = check_udp(message, size);
		// Zero means that the sender did not compute one (RFC 768).
		if (verdict != VERDICT_UDP_REPLY || bytes_load_raw16(message + UDP_CHECKSUM) == 0)
			return verdict;
		// The pseudo header: both addresses, protocol, length.
		size = bytes_load16(message + UDP_LENGTH);
		sum = WIRE16(PROTOCOL_UDP) + (uint64_t)WIRE16((uint16_t)size) +
		      bytes_load_raw32(ip + IPV4_SOURCE) +
		      (uint64_t)bytes_load_raw32(ip + IPV4_DESTINATION);
	} else {
		return VERDICT_DROP_PROTOCOL;
	}
	if (checksum_holds(checksum_add_bytes(sum, message, size)))
		return verdict;
	return verdict == VERDICT_ICMP_REPLY ? VERDICT_DROP_ICMP_CHECKSUM
					     : VERDICT_DROP_UDP_CHECKSUM;
}

// Every check of the IPv4 header of so many bytes, in a packet of size; VERDICT_COUNT when there is
// nothing against it.
static enum verdict check_ipv4(
	const struct responder *self, const uint8_t *ip, uint32_t header, uint32_t size)
{
	uint64_t start = bytes_load_raw64(ip); // version to fragment
	uint32_t total = WIRE16((uint16_t)(start >> 16));
	uint32_t own = __builtin_bswap32(self->ipv4);

	if (total < header)
		return VERDICT_DROP_IP_HEADER;
	if (total > size)
		return VERDICT_DROP_SHORT;
	if (!checksum_holds(checksum_add_bytes(0, ip, header)))
		return VERDICT_DROP_IP_CHECKSUM;
	if (bytes_load_raw32(ip + IPV4_DESTINATION) != own)
		return VERDICT_DROP_NOT_OURS;
	if (ipv4_is_bad_source(own, bytes_load_raw32(ip + IPV4_SOURCE)))
		return VERDICT_DROP_BAD_SOURCE;
	if ((start >> 48 & WIRE16(IPV4_FRAGMENT_MASK)) != 0)
		return VERDICT_DROP_FRAGMENT;
	return VERDICT_COUNT;
}

// Swapping the addresses leaves the header's checksum as it is; only the time to live may change.
// The word that holds it, the protocol and the checksum is taken raw: RFC 1624 works in any byte
// order.
static void ipv4_turn(uint8_t *ip)
{
	uint32_t word = bytes_load_raw32(ip + IPV4_TTL);
	uint64_t addresses = bytes_load_raw64(ip + IPV4_SOURCE);

	bytes_store_raw64(ip + IPV4_SOURCE, addresses << 32 | addresses >> 32);
	if ((uint8_t)word != REPLY_TTL) {
		uint16_t after = (uint16_t)((word & 0xff00) | REPLY_TTL);
		uint16_t checksum = checksum_update((uint16_t)(word >> 16), (uint16_t)word, after);

		bytes_store_raw32(ip + IPV4_TTL, after | (uint32_t)checksum << 16);
	}
}

// What a router is asked to do on the way is nothing that an answer should ask for again: options
// go back as no-operations, which keeps the header's size.
static void options_turn(uint8_t *ip, uint32_t header)
{
	uint16_t checksum = 0;

	memset(ip + IPV4_SIZE, IPV4_NOP, header - IPV4_SIZE);
	memcpy(ip + IPV4_CHECKSUM, &checksum, sizeof(checksum));
	checksum = (uint16_t)~checksum_fold(checksum_add_bytes(0, ip, header));
	memcpy(ip + IPV4_CHECKSUM, &checksum, sizeof(checksum));
}

// The type goes from 8 to 0, so the checksum, which is a complement, grows by as much.
static void icmp_turn(uint8_t *icmp, uint32_t size)
{
	uint32_t checksum = bytes_load_raw16(icmp + ICMP_CHECKSUM) + WIRE16(ICMP_ECHO_REQUEST);

	checksum = (checksum & 0xffff) + (checksum >> 16);
	// An update cannot tell the two zeros of ones' complement apart (RFC 1624, 3): it is this
	// one only for a message whose other words are all zero.
	if (checksum == 0xffff && checksum_add_bytes(0, icmp + ICMP_CHECKSUM + 2, size - 4) != 0)
		checksum = 0;
	bytes_store_raw32(icmp, checksum << 16 | WIRE16(ICMP_ECHO_REPLY));
}

enum verdict respond_ipv4(
	const struct responder *self, uint8_t *frame, uint32_t offset, uint32_t size)
{
	uint8_t *ip = frame + offset;
	enum verdict verdict;
	uint32_t header;
	uint32_t payload;

	if (size < offset + IPV4_SIZE)
		return VERDICT_DROP_SHORT;
	header = (ip[0] & 15) * 4u;
	if (ip[0] >> 4 != 4 || header < IPV4_SIZE)
		return VERDICT_DROP_IP_HEADER;
	verdict = check_ipv4(self, ip, header, size - offset);
	if (verdict != VERDICT_COUNT)
		return verdict;
	payload = bytes_load16(ip + IPV4_TOTAL_LENGTH) - header;
	verdict = check_message(ip, ip + header, payload);
	if (!verdict_is_reply(verdict))
		return verdict;

	ether_turn(self, frame);
	ipv4_turn(ip);
	if (header != IPV4_SIZE)
		options_turn(ip, header);
	if (verdict == VERDICT_ICMP_REPLY)
		icmp_turn(ip + header, payload);
	else
		udp_turn(ip + header);
	return verdict;
}
