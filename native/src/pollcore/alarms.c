// See alarms.h.
#include <stdio.h>
#include <string.h>

#include "alarms.h"

static const char *const names[ALLOWANCE_COUNT] = {
	[ALLOWANCE_BW_IN] = "bw_in_allowance_exceeded",
	[ALLOWANCE_BW_OUT] = "bw_out_allowance_exceeded",
	[ALLOWANCE_PPS] = "pps_allowance_exceeded",
	[ALLOWANCE_CONNTRACK] = "conntrack_allowance_exceeded",
	[ALLOWANCE_LINKLOCAL] = "linklocal_allowance_exceeded",
};

const char *allowance_name(enum allowance allowance)
{
	return names[allowance];
}

void alarms_update(struct alarms *alarms, enum allowance allowance, uint64_t value, uint64_t now_ns)
{
	// A reset of the device takes its counters back to zero, which is no rise either.
	if (alarms->allowances[allowance].known && value > alarms->allowances[allowance].value)
		alarms->allowances[allowance].rose_ns = now_ns;
	alarms->allowances[allowance].known = true;
	alarms->allowances[allowance].value = value;
}

void alarms_text(const struct alarms *alarms, uint64_t now_ns, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (enum allowance i = 0; i < ALLOWANCE_COUNT && used < size; i++) {
		uint64_t rose_ns = alarms->allowances[i].rose_ns;

		if (rose_ns != 0 && now_ns - rose_ns < ALARM_NS)
			used += (size_t)snprintf(text + used, size - used, "%s%.*s",
				used == 0 ? "" : ",",
				(int)(strlen(names[i]) - strlen("_allowance_exceeded")), names[i]);
	}
}
