// Values from text, as options and telemetry commands have them. Each returns a negative errno, and
// leaves its output untouched, when the text is anything else.
#ifndef POLLCORE_PARSE_H
#define POLLCORE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

// A decimal number from min to max, without sign or space.
int parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *number);

// "10.0.1.23" into host byte order. Only what a host can own: not 0/8, not loopback, not multicast,
// not reserved.
int parse_ipv4(const char *text, uint32_t *ipv4);

// "2001:db8::17" into its 16 bytes. Not a group, not ::, not loopback.
int parse_ipv6(const char *text, uint8_t ipv6[16]);

// "02:00:00:00:00:01", of one host.
int parse_mac(const char *text, uint8_t mac[6]);

// "max", which is RATE_UNLIMITED, or a number from 0 to PACER_RATE_MAX.
int parse_rate(const char *text, uint32_t *rate);

// "imix", which is FRAME_SIZE_IMIX, or a number from FRAME_SIZE_MIN to FRAME_SIZE_MAX.
int parse_frame_size(const char *text, uint16_t *size);

// "busy", "pause" or "adaptive".
int idle_parse(const char *text, enum idle_policy *idle);

// "software", "hardware" or "auto".
int checksum_place_parse(const char *text, enum checksum_place *place);

bool mac_is_zero(const uint8_t mac[6]);

#endif
