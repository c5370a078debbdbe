// The counters' names; telemetry and the last report print them.
#include "verdict.h"

static const char *const names[VERDICT_COUNT] = {
	[VERDICT_ARP_REPLY] = "arp_replies",
	[VERDICT_ICMP_REPLY] = "icmp_replies",
	[VERDICT_NDP_REPLY] = "ndp_replies",
	[VERDICT_ICMPV6_REPLY] = "icmpv6_replies",
	[VERDICT_UDP_REPLY] = "udp_replies",
	[VERDICT_GATEWAY_ANSWER] = "gateway_answers",
	[VERDICT_DROP_SHORT] = "drop_short",
	[VERDICT_DROP_MULTI_SEGMENT] = "drop_multi_segment",
	[VERDICT_DROP_BAD_SOURCE] = "drop_bad_source",
	[VERDICT_DROP_NOT_OURS] = "drop_not_ours",
	[VERDICT_DROP_VLAN] = "drop_vlan",
	[VERDICT_DROP_ETHERTYPE] = "drop_ethertype",
	[VERDICT_DROP_ARP] = "drop_arp",
	[VERDICT_DROP_NDP] = "drop_ndp",
	[VERDICT_DROP_IP_HEADER] = "drop_ip_header",
	[VERDICT_DROP_IP_CHECKSUM] = "drop_ip_checksum",
	[VERDICT_DROP_FRAGMENT] = "drop_fragment",
	[VERDICT_DROP_PROTOCOL] = "drop_protocol",
	[VERDICT_DROP_ICMP_TYPE] = "drop_icmp_type",
	[VERDICT_DROP_ICMP_CHECKSUM] = "drop_icmp_checksum",
	[VERDICT_DROP_UDP_PORT] = "drop_udp_port",
	[VERDICT_DROP_UDP_LENGTH] = "drop_udp_length",
	[VERDICT_DROP_UDP_CHECKSUM] = "drop_udp_checksum",
	[VERDICT_DROP_UDP_LOOP] = "drop_udp_loop",
};

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}
