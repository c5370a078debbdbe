// Allowances that rise, rest, and fall back with a reset of the device.
#include "alarms.h"
#include "check.h"

static char text[256];

static const char *at(const struct alarms *alarms, uint64_t now_ns)
{
	alarms_text(alarms, now_ns, text, sizeof(text));
	return text;
}

static void only_a_rise_is_an_alarm(void)
{
	struct alarms alarms = {0};

	CHECK_TEXT(at(&alarms, 1), "");
	// What was lost before we looked is known, and no alarm.
	alarms_update(&alarms, ALLOWANCE_PPS, 77, 1000);
	alarms_update(&alarms, ALLOWANCE_PPS, 77, 2000);
	CHECK_TEXT(at(&alarms, 3000), "");
	alarms_update(&alarms, ALLOWANCE_PPS, 78, 4000);
	CHECK_TEXT(at(&alarms, 4000), "pps");
	CHECK_TEXT(at(&alarms, 4000 + ALARM_NS - 1), "pps");
	CHECK_TEXT(at(&alarms, 4000 + ALARM_NS), "");
}

static void a_reset_is_no_rise(void)
{
	struct alarms alarms = {0};

	alarms_update(&alarms, ALLOWANCE_BW_IN, 100, 1);
	alarms_update(&alarms, ALLOWANCE_BW_IN, 0, 2);
	CHECK_TEXT(at(&alarms, 3), "");
	alarms_update(&alarms, ALLOWANCE_BW_IN, 1, 4);
	CHECK_TEXT(at(&alarms, 5), "bw_in");
}

static void all_at_once_fit_or_are_cut(void)
{
	struct alarms alarms = {0};
	char small[15];

	for (enum allowance i = 0; i < ALLOWANCE_COUNT; i++) {
		alarms_update(&alarms, i, 0, 1);
		alarms_update(&alarms, i, 1, 2);
	}
	CHECK(strcmp(at(&alarms, 3), "bw_in,bw_out,pps,conntrack,linklocal") == 0);
	alarms_text(&alarms, 3, small, sizeof(small));
	CHECK(strcmp(small, "bw_in,bw_out,p") == 0);
}

static const struct check_case cases[] = {
	{"only a rise is an alarm", only_a_rise_is_an_alarm},
	{"a reset is no rise", a_reset_is_no_rise},
	{"all at once fit, or are cut", all_at_once_fit_or_are_cut},
};

int main(void)
{
	return CHECK_RUN(cases);
}
