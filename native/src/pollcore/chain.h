// Frames in more than one buffer: jumbo frames in buffers of 2 KB, or whatever a device makes of
// what it received. A first buffer may be shorter than a header, even empty.
#ifndef POLLCORE_CHAIN_H
#define POLLCORE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

// Whether the chain has as many buffers as it says, and they as many bytes.
bool chain_is_sound(const struct rte_mbuf *mbuf);

// Copies the first size bytes of a sound chain that has as many.
void chain_read(const struct rte_mbuf *mbuf, uint8_t *bytes, uint32_t size);

// Writes over the first size bytes of a sound chain that has as many.
void chain_write(struct rte_mbuf *mbuf, const uint8_t *bytes, uint32_t size);

// Adds bytes to the end of a frame, in further buffers of the same pool once its last is full.
// False, and a shorter frame than wanted, when the pool is empty.
bool chain_append(struct rte_mbuf *mbuf, const uint8_t *bytes, uint32_t size);

#endif
