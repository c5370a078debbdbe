// See latency.h.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "latency.h"

static const char *const names[] = {
	[LATENCY_TCP] = "tcp",
	[LATENCY_TLS] = "tls",
	[LATENCY_WS] = "websocket",
	[LATENCY_JSON] = "json",
	[LATENCY_BOOK] = "book",
	[LATENCY_ALL] = "burst_to_book",
};

const char *latency_stage_name(enum latency_stage stage)
{
	return names[stage];
}

int latency_init(struct latency *latency, bool trace)
{
	for (size_t i = 0; i < LATENCY_STAGES; i++)
		histogram_init(&latency->stages[i]);
	latency->start = cycles_read();
	latency->traced = 0;
	latency->trace = NULL;
	if (trace)
		latency->trace = calloc(LATENCY_TRACE, sizeof(*latency->trace));
	return trace && latency->trace == NULL ? -ENOMEM : 0;
}

void latency_done(struct latency *latency)
{
	free(latency->trace);
	latency->trace = NULL;
}

void latency_add(struct latency *latency, const struct latency_stamps *stamps)
{
	histogram_add(&latency->stages[LATENCY_TCP], stamps->tcp - stamps->burst);
	histogram_add(&latency->stages[LATENCY_TLS], stamps->tls - stamps->tcp);
	histogram_add(&latency->stages[LATENCY_WS], stamps->ws - stamps->tls);
	histogram_add(&latency->stages[LATENCY_JSON], stamps->json - stamps->ws);
	histogram_add(&latency->stages[LATENCY_BOOK], stamps->book - stamps->json);
	histogram_add(&latency->stages[LATENCY_ALL], stamps->book - stamps->burst);
	if (latency->trace != NULL)
		latency->trace[latency->traced++ % LATENCY_TRACE] = *stamps;
}

void latency_summarize(const struct latency *latency, enum latency_stage stage, uint64_t hz,
	struct latency_summary *out)
{
	// Too large for a stack; one reader at a time.
	static struct histogram copy;
	double ns = 1e9 / (double)hz;

	histogram_copy(&latency->stages[stage], &copy);
	out->count = histogram_count(&copy);
	out->p50_ns = (uint64_t)((double)histogram_quantile(&copy, 50000) * ns);
	out->p90_ns = (uint64_t)((double)histogram_quantile(&copy, 90000) * ns);
	out->p99_ns = (uint64_t)((double)histogram_quantile(&copy, 99000) * ns);
	out->p999_ns = (uint64_t)((double)histogram_quantile(&copy, 99900) * ns);
	out->max_ns = (uint64_t)((double)copy.max * ns);
}

void latency_write_trace(const struct latency *latency, uint64_t hz, FILE *out)
{
	double ns = 1e9 / (double)hz;
	uint64_t first = latency->traced < LATENCY_TRACE ? 0 : latency->traced - LATENCY_TRACE;

	fprintf(out, "message,burst_ns,tcp_ns,tls_ns,websocket_ns,json_ns,book_ns\n");
	for (uint64_t i = first; i < latency->traced; i++) {
		const struct latency_stamps *stamps = &latency->trace[i % LATENCY_TRACE];
		const uint64_t all[] = {stamps->burst, stamps->tcp, stamps->tls, stamps->ws,
			stamps->json, stamps->book};

		fprintf(out, "%" PRIu64, i);
		for (size_t j = 0; j < sizeof(all) / sizeof(all[0]); j++)
			fprintf(out, ",%.0f",
				(double)latency->start.ns +
					(double)(int64_t)(all[j] - latency->start.cycles) * ns);
		fprintf(out, "\n");
	}
}
