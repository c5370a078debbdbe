// libFuzzer: a connection to Coinbase.
#include "fuzz_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const symbols[] = {"BTC-USD", "A-B"};
	static struct feed *feed;

	if (feed == NULL)
		feed = fuzz_new(FEED_COINBASE, symbols, 2, 0);
	fuzz_connection(feed, bytes, size);
	return 0;
}
