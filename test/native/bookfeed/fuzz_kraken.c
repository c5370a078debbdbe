// libFuzzer: a connection to Kraken.
#include "fuzz_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const symbols[] = {"XBT/EUR", "A/B"};
	static struct feed *feed;

	if (feed == NULL)
		feed = fuzz_new(FEED_KRAKEN, symbols, 2, 10);
	fuzz_connection(feed, bytes, size);
	return 0;
}
