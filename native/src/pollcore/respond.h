// What respond mode makes of one received frame. Works on plain bytes, without DPDK, so that it can
// be tested and fuzzed alone; mode_respond.c calls it for what is not plain.
#ifndef POLLCORE_RESPOND_H
#define POLLCORE_RESPOND_H

#include <stdint.h>

#include "verdict.h"

struct responder {
	uint8_t mac[6];
	uint32_t ipv4;    // host byte order
	uint32_t gateway; // host byte order; 0: none
	uint8_t ipv6[16]; // beside our link-local address; zero: none
};

// What changes in an answer is within so many first bytes, which hold all headers with tags and
// options. Only a VERDICT_NDP_REPLY may change what follows.
enum { RESPOND_HEAD_MAX = 128 };

// Reads the frame of size bytes. When the verdict is a reply, the frame has become that reply, of
// the same size; otherwise it is unchanged. Allocates nothing, keeps nothing, never reads or writes
// outside the frame.
enum verdict respond(const struct responder *self, uint8_t *frame, uint32_t size);

// The size of an ARP request as it leaves: the least that Ethernet carries without its frame check
// sequence.
enum { ARP_REQUEST_SIZE = 60 };

// Writes the broadcast ARP request that asks the gateway for its MAC.
void respond_ask_gateway(const struct responder *self, uint8_t frame[ARP_REQUEST_SIZE]);

#endif
