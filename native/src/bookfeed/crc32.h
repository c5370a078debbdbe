// CRC-32 as in Ethernet, zip and Kraken's checksum: reflected, polynomial 0xEDB88320.
#ifndef BOOKFEED_CRC32_H
#define BOOKFEED_CRC32_H

#include <stddef.h>
#include <stdint.h>

// Of a whole text: 0xCBF43926 for "123456789".
uint32_t crc32(const void *bytes, size_t size);

#endif
