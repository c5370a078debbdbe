// Neighbour solicitations, ICMPv6 echo and UDP echo in IPv6; see respond_parts.h. We have the
// link-local address that follows from our MAC, and the one that --ipv6 gives.
#include "respond_parts.h"

enum {
	IPV6_SIZE = 40,
	IPV6_PAYLOAD_LENGTH = 4,
	IPV6_NEXT_HEADER = 6,
	IPV6_HOP_LIMIT = 7,
	IPV6_SOURCE = 8,
	IPV6_DESTINATION = 24,
	ADDRESS_SIZE = 16,
	NEXT_FRAGMENT = 44,
	NEXT_ICMPV6 = 58,

	ICMPV6_SIZE = 8,
	ICMPV6_CHECKSUM = 2,
	ICMPV6_ECHO_REQUEST = 0x8000, // type and code in one word
	ICMPV6_ECHO_REPLY = 0x8100,

	// RFC 4861, 4.3 and 4.4.
	NDP_SOLICITATION = 0x8700,
	NDP_ADVERTISEMENT = 0x8800,
	NDP_FLAGS = 4,
	NDP_TARGET = 8,
	NDP_OPTION = 24,
	NDP_SIZE = 32, // with one option: a link-layer address
	NDP_HOP_LIMIT = 255,
	NDP_SOLICITED_OVERRIDE = 0x60,
	NDP_OVERRIDE = 0x20,
	NDP_SOURCE_ADDRESS = 1, // types of options
	NDP_TARGET_ADDRESS = 2,
};

// RFC 4291, appendix A: fe80::/64, then the MAC with ff:fe in its middle and its second bit turned.
static void link_local(const uint8_t mac[6], uint8_t address[ADDRESS_SIZE])
{
	static const uint8_t prefix[8] = {0xfe, 0x80};

	memcpy(address, prefix, sizeof(prefix));
	memcpy(address + 8, mac, 3);
	address[8] ^= 2;
	address[11] = 0xff;
	address[12] = 0xfe;
	memcpy(address + 13, mac + 3, 3);
}

static bool is_zero(const uint8_t address[ADDRESS_SIZE])
{
	return (bytes_load_raw64(address) | bytes_load_raw64(address + 8)) == 0;
}

static bool is_ours(const struct responder *self, const uint8_t address[ADDRESS_SIZE])
{
	uint8_t own[ADDRESS_SIZE];

	if (!is_zero(self->ipv6) && memcmp(address, self->ipv6, ADDRESS_SIZE) == 0)
		return true;
	link_local(self->mac, own);
	return memcmp(address, own, ADDRESS_SIZE) == 0;
}

// The group in which the owner of an address is asked for: ff02::1:ff, then its last three bytes.
static bool is_group_of(const uint8_t group[ADDRESS_SIZE], const uint8_t address[ADDRESS_SIZE])
{
	static const uint8_t prefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	return memcmp(group, prefix, sizeof(prefix)) == 0 &&
	       memcmp(group + 13, address + 13, 3) == 0;
}

// Groups, the loopback address, our own.
static bool is_bad_source(const struct responder *self, const uint8_t address[ADDRESS_SIZE])
{
	static const uint8_t loopback[ADDRESS_SIZE] = {[15] = 1};

	return address[0] == 0xff || memcmp(address, loopback, ADDRESS_SIZE) == 0 ||
	       is_ours(self, address);
}

// The sum of pseudo header and message (RFC 8200, 8.1).
static uint64_t sum_message(const uint8_t *ip, const uint8_t *message, uint32_t size)
{
	uint64_t sum = checksum_add_bytes(0, ip + IPV6_SOURCE, 2 * ADDRESS_SIZE);

	sum = checksum_add(sum, WIRE16(ip[IPV6_NEXT_HEADER]) + (uint64_t)WIRE16((uint16_t)size));
	return checksum_add_bytes(sum, message, size);
}

static void ipv6_turn(uint8_t *ip)
{
	uint8_t source[ADDRESS_SIZE];

	memcpy(source, ip + IPV6_SOURCE, ADDRESS_SIZE);
	memcpy(ip + IPV6_SOURCE, ip + IPV6_DESTINATION, ADDRESS_SIZE);
	memcpy(ip + IPV6_DESTINATION, source, ADDRESS_SIZE);
	ip[IPV6_HOP_LIMIT] = REPLY_TTL;
}

static bool has_option(const uint8_t *message, uint32_t size, uint8_t type)
{
	uint32_t at = NDP_OPTION;

	// Lengths are in units of 8 bytes; none would have no end.
	while (at + 2 <= size && message[at + 1] != 0) {
		if (message[at] == type)
			return true;
		at += message[at + 1] * 8u;
	}
	return false;
}

// What stands against a solicitation in a message of so many bytes; VERDICT_NDP_REPLY when nothing
// does. A hop limit of 255 proves that no router passed it on. One that asks a group must be
// answered with our address in an option, which takes the place of the asker's. One without an
// address is about to take ours (RFC 4862, 5.4): it asks the group, and has no address to tell of.
static enum verdict check_solicitation(
	const struct responder *self, const uint8_t *ip, const uint8_t *message, uint32_t size)
{
	bool grouped = ip[IPV6_DESTINATION] == 0xff;
	bool probes = is_zero(ip + IPV6_SOURCE);

	if (size < NDP_OPTION || ip[IPV6_HOP_LIMIT] != NDP_HOP_LIMIT)
		return VERDICT_DROP_NDP;
	if (probes ? !grouped || has_option(message, size, NDP_SOURCE_ADDRESS)
		   : grouped && size < NDP_SIZE)
		return VERDICT_DROP_NDP;
	if (!is_ours(self, message + NDP_TARGET) ||
		(grouped && !is_group_of(ip + IPV6_DESTINATION, message + NDP_TARGET)))
		return VERDICT_DROP_NOT_OURS;
	return VERDICT_NDP_REPLY;
}

// Who has no address yet is answered by way of all nodes, and hears that it did not ask (RFC 4861,
// 7.2.4).
static void answer_probe(uint8_t *frame, uint8_t *ip, uint8_t *message)
{
	static const uint8_t all_nodes[ADDRESS_SIZE] = {0xff, 2, [15] = 1};
	static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};

	memcpy(frame, all_nodes_mac, sizeof(all_nodes_mac));
	memcpy(ip + IPV6_DESTINATION, all_nodes, ADDRESS_SIZE);
	bytes_store32(message + NDP_FLAGS, (uint32_t)NDP_OVERRIDE << 24);
}

// What the asker put behind the first option is no part of the answer, and becomes padding. A probe
// without any option leaves no room for ours: it asks for no address.
static void solicitation_turn(
	const struct responder *self, uint8_t *frame, uint8_t *ip, uint8_t *message, uint32_t size)
{
	uint32_t answer = size < NDP_SIZE ? NDP_OPTION : NDP_SIZE;
	bool probes = is_zero(ip + IPV6_SOURCE);
	uint16_t checksum = 0;

	memcpy(ip + IPV6_DESTINATION, ip + IPV6_SOURCE, ADDRESS_SIZE);
	memcpy(ip + IPV6_SOURCE, message + NDP_TARGET, ADDRESS_SIZE);
	bytes_store16(ip + IPV6_PAYLOAD_LENGTH, (uint16_t)answer);
	memset(message + answer, 0, size - answer);
	bytes_store16(message, NDP_ADVERTISEMENT);
	bytes_store32(message + NDP_FLAGS, (uint32_t)NDP_SOLICITED_OVERRIDE << 24);
	if (probes)
		answer_probe(frame, ip, message);
	if (answer == NDP_SIZE) {
		message[NDP_OPTION] = NDP_TARGET_ADDRESS;
		message[NDP_OPTION + 1] = 1; // in units of 8 bytes
		memcpy(message + NDP_OPTION + 2, self->mac, 6);
	}
	memcpy(message + ICMPV6_CHECKSUM, &checksum, sizeof(checksum));
	checksum = (uint16_t)~checksum_fold(sum_message(ip, message, answer));
	memcpy(message + ICMPV6_CHECKSUM, &checksum, sizeof(checksum));
}

static void echo_turn(uint8_t *message)
{
	uint16_t checksum = checksum_update(
		bytes_load16(message + ICMPV6_CHECKSUM), ICMPV6_ECHO_REQUEST, ICMPV6_ECHO_REPLY);

	bytes_store16(message + ICMPV6_CHECKSUM, checksum);
	bytes_store16(message, ICMPV6_ECHO_REPLY);
}

// Only a solicitation may come to a group.
static enum verdict check_icmpv6(
	const struct responder *self, const uint8_t *ip, const uint8_t *message, uint32_t size)
{
	bool ours = is_ours(self, ip + IPV6_DESTINATION);
	uint16_t type;

	if (size < ICMPV6_SIZE)
		return VERDICT_DROP_SHORT;
	type = bytes_load16(message);
	if (!ours && (type != NDP_SOLICITATION || ip[IPV6_DESTINATION] != 0xff))
		return VERDICT_DROP_NOT_OURS;
	if (type != NDP_SOLICITATION && type != ICMPV6_ECHO_REQUEST)
		return VERDICT_DROP_ICMP_TYPE;
	if (!checksum_holds(sum_message(ip, message, size)))
		return VERDICT_DROP_ICMP_CHECKSUM;
	return type == NDP_SOLICITATION ? check_solicitation(self, ip, message, size)
					: VERDICT_ICMPV6_REPLY;
}

static enum verdict check_datagram(
	const struct responder *self, const uint8_t *ip, const uint8_t *message, uint32_t size)
{
	enum verdict verdict;

	if (!is_ours(self, ip + IPV6_DESTINATION))
		return VERDICT_DROP_NOT_OURS;
	if (size < UDP_SIZE)
		return VERDICT_DROP_SHORT;
	verdict = check_udp(message, size);
	// Over IPv6 a datagram must have a checksum (RFC 8200, 8.1).
	if (verdict == VERDICT_UDP_REPLY && (bytes_load_raw16(message + UDP_CHECKSUM) == 0 ||
						    !checksum_holds(sum_message(ip, message,
							    bytes_load16(message + UDP_LENGTH)))))
		return VERDICT_DROP_UDP_CHECKSUM;
	return verdict;
}

static bool is_solicitation(const uint8_t *ip, const uint8_t *message, uint32_t size)
{
	return ip[IPV6_NEXT_HEADER] == NEXT_ICMPV6 && size >= ICMPV6_SIZE &&
	       bytes_load16(message) == NDP_SOLICITATION;
}

static enum verdict check_ipv6(const struct responder *self, const uint8_t *ip, uint32_t payload)
{
	const uint8_t *message = ip + IPV6_SIZE;

	if (is_bad_source(self, ip + IPV6_SOURCE))
		return VERDICT_DROP_BAD_SOURCE;
	// Only a probe may come from nobody.
	if (is_zero(ip + IPV6_SOURCE) && !is_solicitation(ip, message, payload))
		return VERDICT_DROP_BAD_SOURCE;
	if (ip[IPV6_NEXT_HEADER] == NEXT_ICMPV6)
		return check_icmpv6(self, ip, message, payload);
	if (ip[IPV6_NEXT_HEADER] == PROTOCOL_UDP)
		return check_datagram(self, ip, message, payload);
	return ip[IPV6_NEXT_HEADER] == NEXT_FRAGMENT ? VERDICT_DROP_FRAGMENT
						     : VERDICT_DROP_PROTOCOL;
}

enum verdict respond_ipv6(
	const struct responder *self, uint8_t *frame, uint32_t offset, uint32_t size)
{
	uint8_t *ip = frame + offset;
	uint8_t *message = ip + IPV6_SIZE;
	enum verdict verdict;
	uint32_t payload;

	if (size < offset + IPV6_SIZE)
		return VERDICT_DROP_SHORT;
	if (ip[0] >> 4 != 6)
		return VERDICT_DROP_IP_HEADER;
	payload = bytes_load16(ip + IPV6_PAYLOAD_LENGTH);
	if (payload > size - offset - IPV6_SIZE)
		return VERDICT_DROP_SHORT;
	verdict = check_ipv6(self, ip, payload);
	// A frame to all hosts that holds a packet for one is as wrong as in IPv4.
	if (verdict_is_reply(verdict) && (frame[0] & 1) != 0 && ip[IPV6_DESTINATION] != 0xff)
		return VERDICT_DROP_NOT_OURS;
	if (!verdict_is_reply(verdict))
		return verdict;

	ether_turn(self, frame);
	if (verdict == VERDICT_NDP_REPLY) {
		solicitation_turn(self, frame, ip, message, payload);
		return verdict;
	}
	ipv6_turn(ip);
	if (verdict == VERDICT_ICMPV6_REPLY)
		echo_turn(message);
	else
		udp_turn(message);
	return verdict;
}
