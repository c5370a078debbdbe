// Copies, sums and prints counters; all of it only ever reads.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "counters.h"

struct counters counters_copy(const struct counters *counters)
{
	struct counters copy = {
		.polls = counter_read(&counters->polls),
		.polls_empty = counter_read(&counters->polls_empty),
		.sleeps = counter_read(&counters->sleeps),
		.rx_packets = counter_read(&counters->rx_packets),
		.rx_bytes = counter_read(&counters->rx_bytes),
		.tx_packets = counter_read(&counters->tx_packets),
		.tx_bytes = counter_read(&counters->tx_bytes),
		.tx_dropped = counter_read(&counters->tx_dropped),
	};

	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
		copy.verdicts[verdict] = counter_read(&counters->verdicts[verdict]);
	return copy;
}

uint64_t counters_dropped(const struct counters *counters)
{
	uint64_t dropped = 0;

	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		if (verdict_is_drop(verdict))
			dropped += counter_read(&counters->verdicts[verdict]);
	}
	return dropped;
}

__attribute__((format(printf, 4, 5))) static size_t append(
	char *text, size_t size, size_t used, const char *format, ...)
{
	va_list args;
	int added;

	if (used >= size)
		return used;
	va_start(args, format);
	added = vsnprintf(text + used, size - used, format, args);
	va_end(args);
	return added < 0 ? used : used + (size_t)added;
}

void counters_report(const struct counters *counters, char *text, size_t size)
{
	size_t used = append(text, size, 0,
		"rx %" PRIu64 " packets %" PRIu64 " bytes, tx %" PRIu64 " packets %" PRIu64
		" bytes, tx_dropped %" PRIu64 ", rx_dropped %" PRIu64,
		counter_read(&counters->rx_packets), counter_read(&counters->rx_bytes),
		counter_read(&counters->tx_packets), counter_read(&counters->tx_bytes),
		counter_read(&counters->tx_dropped), counters_dropped(counters));

	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		uint64_t count = counter_read(&counters->verdicts[verdict]);

		if (count != 0)
			used = append(
				text, size, used, ", %s %" PRIu64, verdict_name(verdict), count);
	}
}
