// See parse.h.
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "pacer.h"
#include "parse.h"

static const char *const mode_names[] = {
	[MODE_RESPOND] = "respond",
	[MODE_SINK] = "sink",
	[MODE_REFLECT] = "reflect",
	[MODE_FORWARD] = "forward",
	[MODE_GENERATE] = "generate",
};

const char *mode_name(enum mode mode)
{
	return mode_names[mode];
}

const char *ipv4_format(uint32_t ipv4, char text[16])
{
	struct in_addr address = {.s_addr = htonl(ipv4)};

	return inet_ntop(AF_INET, &address, text, 16);
}

int mode_parse(const char *text, enum mode *mode)
{
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (strcmp(text, mode_names[i]) == 0) {
			*mode = (enum mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

int idle_parse(const char *text, enum idle_policy *idle)
{
	static const char *const names[] = {"busy", "pause", "adaptive"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*idle = (enum idle_policy)i;
			return 0;
		}
	}
	return -EINVAL;
}

int checksum_place_parse(const char *text, enum checksum_place *place)
{
	static const char *const names[] = {"software", "hardware", "auto"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*place = (enum checksum_place)i;
			return 0;
		}
	}
	return -EINVAL;
}

int parse_ipv4(const char *text, uint32_t *ipv4)
{
	struct in_addr address;
	uint32_t value;

	if (inet_pton(AF_INET, text, &address) != 1)
		return -EINVAL;
	value = ntohl(address.s_addr);
	if (value >> 24 == 0 || value >> 24 == 127 || value >> 24 >= 224)
		return -EINVAL;
	*ipv4 = value;
	return 0;
}

int parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	char *end;
	unsigned long value;

	// strtoul takes signs and spaces, which no count has.
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return -ERANGE;
	*number = (uint32_t)value;
	return 0;
}

int parse_rate(const char *text, uint32_t *rate)
{
	if (strcmp(text, "max") == 0) {
		*rate = RATE_UNLIMITED;
		return 0;
	}
	return parse_number(text, 0, PACER_RATE_MAX, rate);
}

bool mac_is_zero(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return memcmp(mac, zero, sizeof(zero)) == 0;
}

int parse_ipv6(const char *text, uint8_t ipv6[16])
{
	struct in6_addr address;

	if (inet_pton(AF_INET6, text, &address) != 1 || IN6_IS_ADDR_MULTICAST(&address) ||
		IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_LOOPBACK(&address))
		return -EINVAL;
	memcpy(ipv6, &address, 16);
	return 0;
}

int parse_mac(const char *text, uint8_t mac[6])
{
	uint8_t parsed[6];

	if (strlen(text) != 17)
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		const char *part = text + 3 * i;
		char digits[3] = {part[0], part[1], '\0'};

		if (!isxdigit((unsigned char)part[0]) || !isxdigit((unsigned char)part[1]) ||
			(i < 5 && part[2] != ':'))
			return -EINVAL;
		parsed[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	if ((parsed[0] & 1) != 0 || mac_is_zero(parsed))
		return -EINVAL;
	memcpy(mac, parsed, sizeof(parsed));
	return 0;
}

int parse_frame_size(const char *text, uint16_t *size)
{
	uint32_t number;

	if (strcmp(text, "imix") == 0) {
		*size = FRAME_SIZE_IMIX;
		return 0;
	}
	if (parse_number(text, FRAME_SIZE_MIN, FRAME_SIZE_MAX, &number) < 0)
		return -EINVAL;
	*size = (uint16_t)number;
	return 0;
}
