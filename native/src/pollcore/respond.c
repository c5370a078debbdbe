// What is made of one frame: Ethernet and its VLAN tags are read here, ARP is answered here, IP is
// respond_ipv4.c's and respond_ipv6.c's. Each step names the reason when it gives up.
#include "respond_parts.h"

enum {
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	TAG_SIZE = 4,
	TAGS_MAX = 2, // IEEE 802.1ad has no third

	// RFC 826, for IPv4 over Ethernet.
	ARP_SIZE = 28,
	ARP_OPERATION = 6,
	ARP_SENDER_MAC = 8,
	ARP_SENDER_IPV4 = 14,
	ARP_TARGET_MAC = 18,
	ARP_TARGET_IPV4 = 24,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

// Hardware type 1, protocol type IPv4, address sizes 6 and 4.
static const uint8_t arp_ipv4_over_ethernet[] = {0, 1, 8, 0, 6, 4};

static enum verdict respond_arp(
	const struct responder *self, uint8_t *frame, uint32_t offset, uint32_t size)
{
	uint8_t *arp = frame + offset;
	uint16_t operation;
	uint32_t sender;

	if (size < offset + ARP_SIZE)
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
	if (mac_is_bad_source(mac_load(self->mac), mac_load(arp + ARP_SENDER_MAC)) ||
		(sender != 0 && ipv4_is_bad_source(
					__builtin_bswap32(self->ipv4), __builtin_bswap32(sender))))
		return VERDICT_DROP_BAD_SOURCE;

	ether_turn(self, frame);
	bytes_store16(arp + ARP_OPERATION, ARP_REPLY);
	memcpy(arp + ARP_TARGET_MAC, arp + ARP_SENDER_MAC, 10); // MAC and IPv4 together
	memcpy(arp + ARP_SENDER_MAC, self->mac, 6);
	bytes_store32(arp + ARP_SENDER_IPV4, self->ipv4);
	return VERDICT_ARP_REPLY;
}

static bool is_tag(uint16_t ethertype)
{
	return ethertype == WIRE16(ETHERTYPE_VLAN) || ethertype == WIRE16(ETHERTYPE_QINQ);
}

// Steps over VLAN tags, which an answer carries back as they came. Returns where the payload
// begins, and its type in *ethertype; a type of VLAN when there are too many tags or the frame ends
// in one.
static uint32_t skip_tags(const uint8_t *frame, uint32_t size, uint16_t *ethertype)
{
	uint32_t offset = ETHER_SIZE;

	for (int i = 0; i < TAGS_MAX && size >= offset + TAG_SIZE; i++) {
		*ethertype = bytes_load_raw16(frame + offset + 2);
		offset += TAG_SIZE;
		if (!is_tag(*ethertype))
			break;
	}
	return offset;
}

enum verdict respond(const struct responder *self, uint8_t *frame, uint32_t size)
{
	uint32_t offset = ETHER_SIZE;
	uint64_t own = mac_load(self->mac);
	uint64_t to;
	uint16_t ethertype;

	if (size < ETHER_SIZE)
		return VERDICT_DROP_SHORT;
	to = mac_load(frame);
	ethertype = bytes_load_raw16(frame + ETHER_TYPE);
	if (is_tag(ethertype)) {
		offset = skip_tags(frame, size, &ethertype);
		if (is_tag(ethertype))
			return VERDICT_DROP_VLAN;
	}
	if (ethertype != WIRE16(ETHERTYPE_IPV4) && ethertype != WIRE16(ETHERTYPE_ARP) &&
		ethertype != WIRE16(ETHERTYPE_IPV6))
		return VERDICT_DROP_ETHERTYPE;
	if (mac_is_bad_source(own, mac_load(frame + 6)))
		return VERDICT_DROP_BAD_SOURCE;
	if (ethertype == WIRE16(ETHERTYPE_ARP) && (to == own || to == MAC_MASK))
		return respond_arp(self, frame, offset, size);
	// Groups of IPv6 have MAC addresses that begin with 33:33 (RFC 2464, 7).
	if (ethertype == WIRE16(ETHERTYPE_IPV6) && (to == own || (to & 0xffff) == 0x3333))
		return respond_ipv6(self, frame, offset, size);
	// RFC 1122, 3.3.6: an IP packet for one host that came as a link broadcast is dropped.
	if (to != own)
		return VERDICT_DROP_NOT_OURS;
	return respond_ipv4(self, frame, offset, size);
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
