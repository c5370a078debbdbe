// ARP, ICMPv4 echo and UDP echo, answered in the frame that brought the question. Reads from the
// outside in: Ethernet, then ARP or IPv4, then ICMP or UDP; each step names the reason when it
// gives up.
#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "respond.h"

enum {
	ETHER_SIZE = 14,
	ETHER_TYPE = 12,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,

	// RFC 826, for IPv4 over Ethernet.
	ARP_SIZE = 28,
	ARP_OPERATION = 6,
	ARP_SENDER_MAC = 8,
	ARP_SENDER_IPV4 = 14,
	ARP_TARGET_MAC = 18,
	ARP_TARGET_IPV4 = 24,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,

	IPV4_SIZE = 20,
	IPV4_TOTAL_LENGTH = 2,
	IPV4_FRAGMENT = 6,
	IPV4_TTL = 8,
	IPV4_PROTOCOL = 9,
	IPV4_CHECKSUM = 10,
	IPV4_SOURCE = 12,
	IPV4_DESTINATION = 16,
	// "More fragments" and the offset: either one set means that this is a piece.
	IPV4_FRAGMENT_MASK = 0x3fff,
	PROTOCOL_ICMP = 1,
	PROTOCOL_UDP = 17,
	REPLY_TTL = 64,

	ICMP_SIZE = 8,
	ICMP_CHECKSUM = 2,
	ICMP_ECHO_REQUEST = 0x0800, // type and code in one word
	ICMP_ECHO_REPLY = 0x0000,

	UDP_SIZE = 8,
	UDP_DESTINATION = 2,
	UDP_LENGTH = 4,
	UDP_CHECKSUM = 6,
	UDP_ECHO_PORT = 7,
};

// Hardware type 1, protocol type IPv4, address sizes 6 and 4.
static const uint8_t arp_ipv4_over_ethernet[] = {0, 1, 8, 0, 6, 4};

// An answer goes only to an address that one host can own and that is not ours: anything else makes
// storms.
static bool mac_is_bad_source(const struct responder *self, const uint8_t *mac)
{
	static const uint8_t zero[6];

	return (mac[0] & 1) != 0 || memcmp(mac, zero, 6) == 0 || memcmp(mac, self->mac, 6) == 0;
}

static bool ipv4_is_bad_source(const struct responder *self, uint32_t ipv4)
{
	uint8_t top = ipv4 >> 24;

	return top == 0 || top == 127 || top >= 224 || ipv4 == self->ipv4;
}

static void ether_turn(const struct responder *self, uint8_t *frame)
{
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, self->mac, 6);
}

static enum verdict respond_arp(const struct responder *self, uint8_t *frame, uint32_t size)
{
	uint8_t *arp = frame + ETHER_SIZE;
	uint16_t operation;
	uint32_t sender;

	if (size < ETHER_SIZE + ARP_SIZE)
		return VERDICT_DROP_SHORT;
	if (memcmp(arp, arp_ipv4_over_ethernet, sizeof(arp_ipv4_over_ethernet)) != 0)
		return VERDICT_DROP_ARP;
	operation = bytes_load16(arp + ARP_OPERATION);
	sender = bytes_load32(arp + ARP_SENDER_IPV4);
	if (bytes_load32(arp + ARP_TARGET_IPV4) != self->ipv4)
		return VERDICT_DROP_NOT_OURS;
	if (operation == ARP_REPLY && self->gateway != 0 && sender == self->gateway)
		return VERDICT_GATEWAY_ANSWER;
	if (operation != ARP_REQUEST)
		return VERDICT_DROP_ARP;
	// Sender 0.0.0.0 is a probe (RFC 5227): "is this address taken?" It must hear that it is.
	if (mac_is_bad_source(self, arp + ARP_SENDER_MAC) ||
		(sender != 0 && ipv4_is_bad_source(self, sender)))
		return VERDICT_DROP_BAD_SOURCE;

	ether_turn(self, frame);
	bytes_store16(arp + ARP_OPERATION, ARP_REPLY);
	memcpy(arp + ARP_TARGET_MAC, arp + ARP_SENDER_MAC, 10); // MAC and IPv4 together
	memcpy(arp + ARP_SENDER_MAC, self->mac, 6);
	bytes_store32(arp + ARP_SENDER_IPV4, self->ipv4);
	return VERDICT_ARP_REPLY;
}

static enum verdict check_icmp(const uint8_t *icmp, uint32_t size)
{
	if (size < ICMP_SIZE)
		return VERDICT_DROP_SHORT;
	if (bytes_load16(icmp) != ICMP_ECHO_REQUEST)
		return VERDICT_DROP_ICMP_TYPE;
	if (checksum_fold(checksum_add_bytes(0, icmp, size)) != 0xffff)
		return VERDICT_DROP_ICMP_CHECKSUM;
	return VERDICT_ICMP_REPLY;
}

static enum verdict check_udp(const uint8_t *ip, uint32_t size)
{
	const uint8_t *udp = ip + IPV4_SIZE;
	uint32_t length;
	uint64_t sum;

	if (size < UDP_SIZE)
		return VERDICT_DROP_SHORT;
	if (bytes_load16(udp + UDP_DESTINATION) != UDP_ECHO_PORT)
		return VERDICT_DROP_UDP_PORT;
	if (bytes_load16(udp) == UDP_ECHO_PORT)
		return VERDICT_DROP_UDP_LOOP;
	length = bytes_load16(udp + UDP_LENGTH);
	if (length < UDP_SIZE || length > size)
		return VERDICT_DROP_UDP_LENGTH;
	// Zero means that the sender did not compute one (RFC 768).
	if (bytes_load16(udp + UDP_CHECKSUM) == 0)
		return VERDICT_UDP_REPLY;
	// The pseudo header: both addresses as they stand in the IPv4 header, protocol, length.
	sum = __builtin_bswap16((uint16_t)(PROTOCOL_UDP)) +
	      (uint64_t)__builtin_bswap16((uint16_t)length);
	sum = checksum_add_bytes(sum, ip + IPV4_SOURCE, 8);
	if (checksum_fold(checksum_add_bytes(sum, udp, length)) != 0xffff)
		return VERDICT_DROP_UDP_CHECKSUM;
	return VERDICT_UDP_REPLY;
}

// Every check of the IPv4 header; VERDICT_COUNT when there is nothing against it.
static enum verdict check_ipv4(const struct responder *self, const uint8_t *ip, uint32_t size)
{
	uint32_t total;

	if (size < IPV4_SIZE)
		return VERDICT_DROP_SHORT;
	if (ip[0] >> 4 != 4 || (ip[0] & 15) < 5)
		return VERDICT_DROP_IP_HEADER;
	total = bytes_load16(ip + IPV4_TOTAL_LENGTH);
	if (total < (ip[0] & 15) * 4u)
		return VERDICT_DROP_IP_HEADER;
	if (total > size)
		return VERDICT_DROP_SHORT;
	if (ip[0] != 0x45)
		return VERDICT_DROP_IP_OPTIONS;
	if (checksum_fold(checksum_add_bytes(0, ip, IPV4_SIZE)) != 0xffff)
		return VERDICT_DROP_IP_CHECKSUM;
	if (bytes_load32(ip + IPV4_DESTINATION) != self->ipv4)
		return VERDICT_DROP_NOT_OURS;
	if (ipv4_is_bad_source(self, bytes_load32(ip + IPV4_SOURCE)))
		return VERDICT_DROP_BAD_SOURCE;
	if ((bytes_load16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) != 0)
		return VERDICT_DROP_FRAGMENT;
	return VERDICT_COUNT;
}

// Swapping the addresses leaves the header's checksum as it is; only the time to live has changed.
static void ipv4_turn(const struct responder *self, uint8_t *ip)
{
	uint16_t before = bytes_load16(ip + IPV4_TTL);
	uint16_t after = (uint16_t)(REPLY_TTL << 8) | ip[IPV4_PROTOCOL];

	bytes_store16(ip + IPV4_TTL, after);
	bytes_store16(ip + IPV4_CHECKSUM,
		checksum_update(bytes_load16(ip + IPV4_CHECKSUM), before, after));
	memcpy(ip + IPV4_DESTINATION, ip + IPV4_SOURCE, 4);
	bytes_store32(ip + IPV4_SOURCE, self->ipv4);
}

static void icmp_turn(uint8_t *icmp, uint32_t size)
{
	uint16_t checksum = checksum_update(
		bytes_load16(icmp + ICMP_CHECKSUM), ICMP_ECHO_REQUEST, ICMP_ECHO_REPLY);

	// The update cannot tell the two zeros of ones' complement apart (RFC 1624, 3), and only
	// one of them is right for a message whose other words are all zero.
	if (checksum == 0 && checksum_add_bytes(0, icmp + ICMP_CHECKSUM + 2, size - 4) == 0)
		checksum = 0xffff;
	bytes_store16(icmp + ICMP_CHECKSUM, checksum);
	bytes_store16(icmp, ICMP_ECHO_REPLY);
}

// Swapping ports and addresses leaves the UDP checksum as it is, zero included.
static void udp_turn(uint8_t *udp)
{
	memcpy(udp + UDP_DESTINATION, udp, 2);
	bytes_store16(udp, UDP_ECHO_PORT);
}

static enum verdict respond_ipv4(const struct responder *self, uint8_t *frame, uint32_t size)
{
	uint8_t *ip = frame + ETHER_SIZE;
	enum verdict verdict = check_ipv4(self, ip, size - ETHER_SIZE);
	uint32_t payload_size;

	if (verdict != VERDICT_COUNT)
		return verdict;
	payload_size = bytes_load16(ip + IPV4_TOTAL_LENGTH) - IPV4_SIZE;
	if (ip[IPV4_PROTOCOL] == PROTOCOL_ICMP)
		verdict = check_icmp(ip + IPV4_SIZE, payload_size);
	else if (ip[IPV4_PROTOCOL] == PROTOCOL_UDP)
		verdict = check_udp(ip, payload_size);
	else
		return VERDICT_DROP_PROTOCOL;
	if (!verdict_is_reply(verdict))
		return verdict;

	ether_turn(self, frame);
	ipv4_turn(self, ip);
	if (verdict == VERDICT_ICMP_REPLY)
		icmp_turn(ip + IPV4_SIZE, payload_size);
	else
		udp_turn(ip + IPV4_SIZE);
	return verdict;
}

static enum verdict other_ethertype(uint16_t ethertype)
{
	if (ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ)
		return VERDICT_DROP_VLAN;
	if (ethertype == ETHERTYPE_IPV6)
		return VERDICT_DROP_IPV6;
	return VERDICT_DROP_ETHERTYPE;
}

enum verdict respond(const struct responder *self, uint8_t *frame, uint32_t size)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint16_t ethertype;
	bool ours;

	if (size < ETHER_SIZE)
		return VERDICT_DROP_SHORT;
	ethertype = bytes_load16(frame + ETHER_TYPE);
	if (ethertype != ETHERTYPE_IPV4 && ethertype != ETHERTYPE_ARP)
		return other_ethertype(ethertype);
	if (mac_is_bad_source(self, frame + 6))
		return VERDICT_DROP_BAD_SOURCE;
	ours = memcmp(frame, self->mac, 6) == 0;
	if (ethertype == ETHERTYPE_ARP && (ours || memcmp(frame, broadcast, 6) == 0))
		return respond_arp(self, frame, size);
	// RFC 1122, 3.3.6: an IP packet for one host that came as a link broadcast is dropped.
	if (!ours)
		return VERDICT_DROP_NOT_OURS;
	return respond_ipv4(self, frame, size);
}

void respond_ask_gateway(const struct responder *self, uint8_t frame[ARP_REQUEST_SIZE])
{
	uint8_t *arp = frame + ETHER_SIZE;

	memset(frame, 0, ARP_REQUEST_SIZE);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, self->mac, 6);
	bytes_store16(frame + ETHER_TYPE, ETHERTYPE_ARP);
	memcpy(arp, arp_ipv4_over_ethernet, sizeof(arp_ipv4_over_ethernet));
	bytes_store16(arp + ARP_OPERATION, ARP_REQUEST);
	memcpy(arp + ARP_SENDER_MAC, self->mac, 6);
	bytes_store32(arp + ARP_SENDER_IPV4, self->ipv4);
	bytes_store32(arp + ARP_TARGET_IPV4, self->gateway);
}
