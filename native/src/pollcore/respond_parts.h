// What the files of respond() share: what they call each other by, and what each protocol needs of
// Ethernet. respond.c reads Ethernet, VLAN tags and ARP, respond_ipv4.c and respond_ipv6.c what is
// in IP.
#ifndef POLLCORE_RESPOND_PARTS_H
#define POLLCORE_RESPOND_PARTS_H

#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "respond.h"

// A 16-bit number as it stands on the wire, to compare with a raw load.
#define WIRE16(value) ((uint16_t)__builtin_bswap16(value))
#define MAC_MASK UINT64_C(0xffffffffffff)

enum {
	ETHER_SIZE = 14,
	ETHER_SOURCE = 6,
	ETHER_TYPE = 12,

	UDP_SIZE = 8,
	UDP_DESTINATION = 2,
	UDP_LENGTH = 4,
	UDP_CHECKSUM = 6,
	UDP_ECHO_PORT = 7,

	PROTOCOL_UDP = 17,
	REPLY_TTL = 64,
};

// A MAC address in the low 48 bits of a word: one comparison, where six bytes take two.
static inline uint64_t mac_load(const uint8_t mac[6])
{
	return bytes_load_raw32(mac) | (uint64_t)bytes_load_raw16(mac + 4) << 32;
}

// An answer goes only to an address that one host can own and that is not ours: anything else makes
// storms.
static inline bool mac_is_bad_source(uint64_t own, uint64_t mac)
{
	return (mac & 1) != 0 || mac == 0 || mac == own;
}

// The address as it stands on the wire: its first byte is the lowest. 0/8, 127/8, and from 224 on
// groups and what is reserved.
static inline bool ipv4_is_bad_source(uint32_t own, uint32_t ipv4)
{
	uint8_t top = (uint8_t)ipv4;

	return (uint8_t)(top - 1) >= 223 || top == 127 || ipv4 == own;
}

// From us to whoever sent the frame: twelve bytes in two stores.
static inline void ether_turn(const struct responder *self, uint8_t *frame)
{
	uint64_t own = mac_load(self->mac);

	bytes_store_raw64(frame, (bytes_load_raw64(frame + ETHER_SOURCE) & MAC_MASK) | own << 48);
	bytes_store_raw32(frame + 8, (uint32_t)(own >> 16));
}

// The packet that begins at offset in a frame of size bytes, whose Ethernet header is that of a
// frame for us.
enum verdict respond_ipv4(
	const struct responder *self, uint8_t *frame, uint32_t offset, uint32_t size);

// The same, and the frame may have come to an IPv6 group.
enum verdict respond_ipv6(
	const struct responder *self, uint8_t *frame, uint32_t offset, uint32_t size);

// What stands against a UDP datagram in so many bytes, its checksum aside; VERDICT_UDP_REPLY when
// nothing does.
static inline enum verdict check_udp(const uint8_t *udp, uint32_t size)
{
	uint32_t length = bytes_load16(udp + UDP_LENGTH);

	if (bytes_load_raw16(udp + UDP_DESTINATION) != WIRE16(UDP_ECHO_PORT))
		return VERDICT_DROP_UDP_PORT;
	if (bytes_load_raw16(udp) == WIRE16(UDP_ECHO_PORT))
		return VERDICT_DROP_UDP_LOOP;
	if (length < UDP_SIZE || length > size)
		return VERDICT_DROP_UDP_LENGTH;
	return VERDICT_UDP_REPLY;
}

// Swapping ports and addresses leaves the UDP checksum as it is, zero included.
static inline void udp_turn(uint8_t *udp)
{
	uint32_t ports = bytes_load_raw32(udp);

	bytes_store_raw32(udp, ports << 16 | ports >> 16);
}

#endif
