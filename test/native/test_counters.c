// Counters and verdicts: names that telemetry can use, sums, and the last report.
#include <ctype.h>

#include "check.h"
#include "counters.h"

static void every_verdict_has_its_own_name(void)
{
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		const char *name = verdict_name(verdict);

		CHECK(name != NULL);
		// Telemetry of 24.11 refuses other characters in a key.
		for (const char *at = name; *at != '\0'; at++)
			CHECK(islower((unsigned char)*at) || isdigit((unsigned char)*at) ||
				*at == '_');
		CHECK_EQUAL(strncmp(name, "drop_", 5) == 0, verdict_is_drop(verdict));
		for (enum verdict other = 0; other < verdict; other++)
			CHECK(strcmp(name, verdict_name(other)) != 0);
	}
}

static void dropped_counts_only_drops(void)
{
	struct counters counters = {.rx_packets = 100};

	CHECK_EQUAL(counters_dropped(&counters), 0);
	for (enum verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
		counter_add(&counters.verdicts[verdict], 1000);
	CHECK_EQUAL(counters_dropped(&counters), 1000 * (VERDICT_COUNT - VERDICT_DROP_SHORT));
}

static void report_names_what_happened(void)
{
	struct counters counters = {.rx_packets = 7, .tx_bytes = 98};
	char text[1536];

	counter_add(&counters.verdicts[VERDICT_DROP_VLAN], 3);
	counters_report(&counters, text, sizeof(text));
	CHECK_TEXT(text, "rx 7 packets 0 bytes, tx 0 packets 98 bytes, tx_dropped 0, rx_dropped 3");
	CHECK_TEXT(text, ", drop_vlan 3");
	CHECK(strstr(text, "drop_short") == NULL);
}

static void report_fits_with_every_counter_at_its_most(void)
{
	struct counters counters;
	char text[1536];
	char small[20];

	memset(&counters, 0xff, sizeof(counters));
	counters_report(&counters, text, sizeof(text));
	CHECK(strlen(text) < sizeof(text));
	CHECK_TEXT(text, "drop_udp_loop 18446744073709551615");
	counters_report(&counters, small, sizeof(small));
	CHECK(strlen(small) < sizeof(small));
}

static void counters_share_no_cache_line(void)
{
	CHECK_EQUAL(alignof(struct counters), 64);
	CHECK_EQUAL(sizeof(struct counters) % 64, 0);
}

static const struct check_case cases[] = {
	{"every verdict has its own name", every_verdict_has_its_own_name},
	{"dropped counts only drops", dropped_counts_only_drops},
	{"the report names what happened", report_names_what_happened},
	{"the report fits with every counter at its most",
		report_fits_with_every_counter_at_its_most},
	{"counters share no cache line", counters_share_no_cache_line},
};

int main(void)
{
	return CHECK_RUN(cases);
}
