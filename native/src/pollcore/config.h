// pollcore's own options, those after "--": parsed and checked before EAL starts, so that a typing
// error costs nothing.
#ifndef POLLCORE_CONFIG_H
#define POLLCORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "endpoint.h"
#include "fault.h"

enum mode {
	MODE_RESPOND,
	MODE_SINK,
	MODE_REFLECT,
	MODE_FORWARD,
	MODE_GENERATE,
};

enum idle_policy {
	IDLE_BUSY,     // poll again at once
	IDLE_PAUSE,    // spare the sibling thread's cycles
	IDLE_ADAPTIVE, // sleep in short naps once nothing has come for a while
};

// Who computes or checks checksums.
enum checksum_place {
	CHECKSUM_SOFTWARE,
	CHECKSUM_HARDWARE,
	CHECKSUM_AUTO, // the device if it can
};

enum {
	QUEUES_MAX = 16,
	// With the frame check sequence, as frame sizes are told (RFC 2544).
	FRAME_SIZE_MIN = 64,
	FRAME_SIZE_MAX = 9001 + 18,
	FRAME_SIZE_IMIX = 0,
	FLOWS_MAX = 16384,
	TRAIN_MAX = 512,
};

// Packets a second; as many as the device takes.
#define RATE_UNLIMITED UINT32_MAX

// What generate mode sends, and to whom.
struct generate_config {
	uint32_t rate;       // packets a second, or RATE_UNLIMITED
	uint32_t peer_ipv4;  // host byte order; 0: none given
	uint8_t peer_mac[6]; // zero: none given, ask for it by ARP
	uint16_t frame_size; // or FRAME_SIZE_IMIX
	uint16_t flows;
	uint16_t train;   // packets that leave back to back
	const char *pcap; // NULL: none
};

struct config {
	enum mode mode;
	uint32_t ipv4;    // host byte order; 0: none given
	uint32_t gateway; // host byte order; 0: none given
	uint8_t ipv6[16]; // beside the link-local address; zero: none given
	uint16_t self_test_timeout_s;
	enum idle_policy idle;
	enum checksum_place tx_checksum;
	enum checksum_place rx_checksum;
	uint16_t burst;
	uint16_t queues;
	uint16_t rx_desc;
	uint16_t tx_desc;
	uint16_t mtu;
	uint32_t mbufs; // 0: computed from rings, queues and burst
	struct generate_config generate;
	struct endpoint metrics; // where Prometheus finds us
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

#define MODE_NAMES "respond, sink, reflect, forward or generate"
const char *mode_name(enum mode mode);

// The mode of that name; a negative number when there is none.
int mode_parse(const char *text, enum mode *mode);

// Whether these options are enough for the mode; on a negative number *fault tells what is missing.
int config_check_mode(const struct config *config, enum mode mode, struct fault *fault);

// "10.0.1.23" for an address in host byte order; text has room for 16 bytes.
const char *ipv4_format(uint32_t ipv4, char text[16]);

#endif
