// Copies, sums and prints counters; all of it only ever reads.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "counters.h"

static const char *const burst_names[BURST_BUCKETS] = {
	"bursts_1",
	"bursts_2_3",
	"bursts_4_7",
	"bursts_8_15",
	"bursts_16_31",
	"bursts_32_63",
	"bursts_64_127",
	"bursts_128_255",
	"bursts_256_511",
	"bursts_512",
};

const char *burst_name(unsigned int bucket)
{
	return burst_names[bucket];
}

struct counters counters_copy(const struct counters *counters)
{
	struct counters copy = {
		.polls_empty = counter_read(&counters->polls_empty),
		.sleeps = counter_read(&counters->sleeps),
		.rx_packets = counter_read(&counters->rx_packets),
		.rx_bytes = counter_read(&counters->rx_bytes),
		.tx_packets = counter_read(&counters->tx_packets),
		.tx_bytes = counter_read(&counters->tx_bytes),
		.tx_dropped = counter_read(&counters->tx_dropped),
		.tx_held = counter_read(&counters->tx_held),
		.busy_cycles = counter_read(&counters->busy_cycles),
	};

	for (unsigned int i = 0; i < BURST_BUCKETS; i++)
		copy.bursts[i] = counter_read(&counters->bursts[i]);
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
		copy.verdicts[verdict] = counter_read(&counters->verdicts[verdict]);
	return copy;
}

void counters_add(struct counters *total, const struct counters *part)
{
	total->polls_empty += part->polls_empty;
	total->sleeps += part->sleeps;
	total->rx_packets += part->rx_packets;
	total->rx_bytes += part->rx_bytes;
	total->tx_packets += part->tx_packets;
	total->tx_bytes += part->tx_bytes;
	total->tx_dropped += part->tx_dropped;
	total->tx_held += part->tx_held;
	total->busy_cycles += part->busy_cycles;
	for (unsigned int i = 0; i < BURST_BUCKETS; i++)
		total->bursts[i] += part->bursts[i];
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
		total->verdicts[verdict] += part->verdicts[verdict];
}

uint64_t counters_polls_busy(const struct counters *counters)
{
	uint64_t busy = 0;

	for (unsigned int i = 0; i < BURST_BUCKETS; i++)
		busy += counter_read(&counters->bursts[i]);
	return busy;
}

uint64_t counters_polls(const struct counters *counters)
{
	return counters_polls_busy(counters) + counter_read(&counters->polls_empty);
}

uint64_t counters_heartbeat(const struct counters *counters)
{
	return counters_polls(counters) + counter_read(&counters->tx_packets);
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
