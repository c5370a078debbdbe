// libFuzzer: a connection to Binance; the same bytes as spot and as futures.
#include "fuzz_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const symbols[] = {"NKNUSDT", "AB"};
	static struct feed *spot, *futures;

	if (spot == NULL) {
		spot = fuzz_new(FEED_BINANCE_SPOT, symbols, 2, 5);
		futures = fuzz_new(FEED_BINANCE_FUTURES, symbols, 2, 5);
	}
	fuzz_connection(spot, bytes, size);
	fuzz_connection(futures, bytes, size);
	return 0;
}
