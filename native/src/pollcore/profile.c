// See profile.h.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "capture.h"
#include "checksum.h"
#include "profile.h"

enum {
	ETHER_SIZE = 14,
	IPV4_SIZE = 20,
	UDP_SIZE = 8,
	UDP_ECHO_PORT = 7,
	FCS_SIZE = 4,
	CAPTURE_MAX = 256 * 1024 * 1024,
	// For frames without addresses of their own: the block for benchmarks (RFC 2544, C.2.2).
	BENCHMARK_SOURCE = 0xc6120001,
	BENCHMARK_PEER = 0xc6120002,
};

// The simple mix of sizes found on the Internet, 7 to 4 to 1, spread evenly.
static const uint16_t imix[] = {64, 594, 64, 594, 64, 1518, 64, 594, 64, 594, 64, 64};

// A UDP packet whose source port and stamp are zero.
static void write_frame(struct profile_frame *frame, uint8_t *bytes, const struct config *config,
	const uint8_t *mac)
{
	uint16_t total = frame->size - ETHER_SIZE;
	uint8_t *ip = bytes + ETHER_SIZE;
	uint8_t *udp = ip + IPV4_SIZE;
	uint32_t peer = config->generate.peer_ipv4;
	uint16_t sum;
	uint64_t udp_sum;

	memset(bytes, 0, frame->size);
	memcpy(bytes + 6, mac, 6);
	bytes_store16(bytes + 12, 0x0800);
	ip[0] = 0x45;
	bytes_store16(ip + 2, total);
	bytes_store16(ip + 6, 0x4000); // do not fragment: it would not come back as it went
	ip[8] = 64;
	ip[9] = 17;
	bytes_store32(ip + 12, config->ipv4 == 0 ? BENCHMARK_SOURCE : config->ipv4);
	bytes_store32(ip + 16, peer == 0 ? BENCHMARK_PEER : peer);
	sum = (uint16_t)~checksum_fold(checksum_add_bytes(0, ip, IPV4_SIZE));
	memcpy(ip + 10, &sum, sizeof(sum));
	bytes_store16(udp + 2, UDP_ECHO_PORT);
	bytes_store16(udp + 4, total - IPV4_SIZE);
	for (uint32_t i = PROFILE_FRAME_MIN; i < frame->size; i++)
		bytes[i] = (uint8_t)i;
	// The pseudo header: addresses, protocol, length.
	udp_sum = checksum_add_bytes(0, ip + 12, 8);
	udp_sum += __builtin_bswap16(17) + (uint64_t)__builtin_bswap16(total - IPV4_SIZE);
	frame->sum = checksum_fold(checksum_add_bytes(udp_sum, udp, total - IPV4_SIZE));
	frame->bytes = bytes;
}

static int out_of_memory(struct fault *fault)
{
	return fault_set(
		fault, EXIT_MEMORY, "profile: %s; give a smaller --pcap", strerror(ENOMEM));
}

static int init_sizes(struct profile *profile, const struct config *config, const uint8_t *mac,
	struct fault *fault)
{
	const uint16_t *sizes = &config->generate.frame_size;
	uint32_t used = 0;

	profile->count = 1;
	if (*sizes == FRAME_SIZE_IMIX) {
		sizes = imix;
		profile->count = sizeof(imix) / sizeof(imix[0]);
	}
	profile->stamped = true;
	profile->frames = calloc(profile->count, sizeof(*profile->frames));
	profile->memory = malloc(profile->count * (size_t)(FRAME_SIZE_MAX - FCS_SIZE));
	if (profile->frames == NULL || profile->memory == NULL)
		return out_of_memory(fault);
	for (uint32_t i = 0; i < profile->count; i++) {
		profile->frames[i].size = sizes[i] - FCS_SIZE;
		write_frame(&profile->frames[i], profile->memory + used, config, mac);
		used += profile->frames[i].size;
	}
	return 0;
}

// The whole file into profile->memory.
static int read_capture(
	struct profile *profile, const char *path, uint64_t *file_size, struct fault *fault)
{
	struct stat about;
	uint64_t used = 0;
	ssize_t got = 1;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (file < 0 || fstat(file, &about) < 0) {
		int error = errno;

		if (file >= 0)
			close(file);
		return fault_set(fault, EXIT_USAGE, "--pcap: '%s': %s; give a readable file", path,
			strerror(error));
	}
	if (!S_ISREG(about.st_mode) || about.st_size == 0 || about.st_size > CAPTURE_MAX) {
		close(file);
		return fault_set(fault, EXIT_USAGE,
			"--pcap: '%s': not a file of 1 to %u bytes; cut it with editcap -c", path,
			CAPTURE_MAX);
	}
	profile->memory = malloc((size_t)about.st_size);
	while (profile->memory != NULL && used < (uint64_t)about.st_size && got > 0) {
		got = read(file, profile->memory + used, (size_t)about.st_size - used);
		used += got > 0 ? (uint64_t)got : 0;
	}
	close(file);
	*file_size = used;
	return profile->memory == NULL ? out_of_memory(fault) : 0;
}

static int init_capture(struct profile *profile, const struct config *config, struct fault *fault)
{
	uint32_t max = config->mtu + ETHER_SIZE;
	struct profile_frame frame = {0};
	uint32_t room = 0;
	uint64_t size = 0;
	struct capture pcap;
	int ret = read_capture(profile, config->generate.pcap, &size, fault);

	if (ret == 0)
		ret = capture_open(&pcap, profile->memory, size, fault);
	if (ret < 0)
		return ret;
	while ((ret = capture_next(&pcap, ETHER_SIZE, max, &frame.bytes, &frame.size, fault)) > 0) {
		if (profile->count == room) {
			struct profile_frame *more;

			room = room == 0 ? 1024 : 2 * room;
			more = realloc(profile->frames, room * sizeof(*more));
			if (more == NULL)
				return out_of_memory(fault);
			profile->frames = more;
		}
		profile->frames[profile->count++] = frame;
	}
	if (ret == 0 && profile->count == 0)
		ret = fault_set(fault, EXIT_USAGE, "--pcap: '%s': no frame; give one that has some",
			config->generate.pcap);
	return ret;
}

int profile_init(struct profile *profile, const struct config *config, const uint8_t source[6],
	struct fault *fault)
{
	int ret;

	memset(profile, 0, sizeof(*profile));
	ret = config->generate.pcap != NULL ? init_capture(profile, config, fault)
					    : init_sizes(profile, config, source, fault);
	if (ret < 0)
		profile_done(profile);
	return ret;
}

void profile_done(struct profile *profile)
{
	free(profile->frames);
	free(profile->memory);
	memset(profile, 0, sizeof(*profile));
}
