// What lwIP asks of its platform: an x86_64 Linux process with one thread in the stack.
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

// Unpredictable, for ports and sequence numbers; bookfeed's lwip_hooks.c has it, as all of these.
uint32_t lwip_hook_random(void);
uint32_t lwip_hook_isn(void);
uint16_t lwip_hook_checksum(const void *bytes, int size);

#define LWIP_RAND() lwip_hook_random()
#define LWIP_CHKSUM lwip_hook_checksum

#define LWIP_TIMEVAL_PRIVATE 0
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_NO_UNISTD_H 1

// A broken invariant of the stack: nothing that it says of the wire can be believed any more.
#define LWIP_PLATFORM_ASSERT(text)                                                                 \
	do {                                                                                       \
		fprintf(stderr, "bookfeed: lwIP: %s\n", text);                                     \
		abort();                                                                           \
	} while (0)

#endif
