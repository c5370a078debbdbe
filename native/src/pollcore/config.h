// pollcore's own options, those after "--": parsed and checked before EAL starts, so that a typing
// error costs nothing.
#ifndef POLLCORE_CONFIG_H
#define POLLCORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fault.h"

enum mode {
	MODE_RESPOND,
	MODE_SINK,
	MODE_REFLECT,
	MODE_FORWARD,
};

struct config {
	enum mode mode;
	uint32_t ipv4;    // host byte order; 0: none given
	uint32_t gateway; // host byte order; 0: none given
	uint16_t self_test_timeout_s;
	uint16_t burst;
	uint16_t rx_desc;
	uint16_t tx_desc;
	uint16_t mtu;
	uint32_t mbufs; // 0: computed from rings and burst
	bool help;
	bool version;
};

// Fills *config from the options in argv[0..argc), which holds no program name. On a wrong option
// returns a negative number, sets *fault, and leaves *config untouched.
int config_parse(struct config *config, int argc, char *const argv[], struct fault *fault);

// Prints every option with its default.
void config_help(FILE *out);

// How many ports the mode uses.
static inline uint16_t config_ports(const struct config *config)
{
	return config->mode == MODE_FORWARD ? 2 : 1;
}

const char *mode_name(enum mode mode);

// "10.0.1.23" for an address in host byte order; text has room for 16 bytes.
const char *ipv4_format(uint32_t ipv4, char text[16]);

#endif
