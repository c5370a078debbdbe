// What lwIP calls of its platform: time, chance and the checksum. See
// subprojects/lwip/include/arch/cc.h.
#include <sys/random.h>
#include <time.h>

#include "lwip/arch.h"
#include "lwip/sys.h"

#include "checksum.h"

u32_t sys_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

// Only when a connection is made, so without a pool.
uint32_t lwip_hook_random(void)
{
	uint32_t value = 0;

	// Of so few bytes it gives all or, before the kernel has any, waits.
	while (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		continue;
	return value;
}

// RFC 6528 wants what nobody outside can guess; ports are chosen by chance too, so that no pair of
// ends is used again before its old segments are gone.
uint32_t lwip_hook_isn(void)
{
	return lwip_hook_random();
}

uint16_t lwip_hook_checksum(const void *bytes, int size)
{
	return checksum_fold(checksum_add_bytes(0, bytes, (size_t)size));
}
