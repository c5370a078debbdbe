// Every fate a received frame can have, and its name in the counters. Replies come first, drops
// last.
#ifndef POLLCORE_VERDICT_H
#define POLLCORE_VERDICT_H

#include <stdbool.h>

enum verdict {
	VERDICT_ARP_REPLY,
	VERDICT_ICMP_REPLY,
	VERDICT_NDP_REPLY, // a neighbour solicitation for our IPv6 address
	VERDICT_ICMPV6_REPLY,
	VERDICT_UDP_REPLY,      // over either
	VERDICT_GATEWAY_ANSWER, // the gateway told us its MAC: taken in, nothing leaves
	VERDICT_DROP_SHORT,     // a header or a length field reaches past the end of the frame
	VERDICT_DROP_MULTI_SEGMENT,
	VERDICT_DROP_BAD_SOURCE, // group, zero, loopback or our own address as the sender's
	VERDICT_DROP_NOT_OURS,   // for another MAC or IPv4 address
	VERDICT_DROP_VLAN,       // three tags, a cut one, or one that the device took away
	VERDICT_DROP_ETHERTYPE,
	VERDICT_DROP_ARP,       // neither a request for IPv4 over Ethernet nor the gateway's answer
	VERDICT_DROP_NDP,       // a solicitation that came from afar, or has no room for the answer
	VERDICT_DROP_IP_HEADER, // version, header length or total length make no sense
	VERDICT_DROP_IP_CHECKSUM,
	VERDICT_DROP_FRAGMENT,
	VERDICT_DROP_PROTOCOL,  // neither ICMP nor UDP
	VERDICT_DROP_ICMP_TYPE, // not an echo request
	VERDICT_DROP_ICMP_CHECKSUM,
	VERDICT_DROP_UDP_PORT, // not for port 7
	VERDICT_DROP_UDP_LENGTH,
	VERDICT_DROP_UDP_CHECKSUM,
	VERDICT_DROP_UDP_LOOP, // from port 7: two echo services would answer each other for ever
	VERDICT_COUNT,
};

static inline bool verdict_is_reply(enum verdict verdict)
{
	return verdict <= VERDICT_UDP_REPLY;
}

static inline bool verdict_is_drop(enum verdict verdict)
{
	return verdict >= VERDICT_DROP_SHORT;
}

// "arp_replies", "drop_short": the name of its counter.
const char *verdict_name(enum verdict verdict);

#endif
