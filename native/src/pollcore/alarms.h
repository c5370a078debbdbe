// The allowances of an EC2 instance type, as ENA counts what it dropped beyond them. One that rises
// is an alarm: packets are lost, and the rig is not to blame. Written by the control loop; all of
// it under the core's device_lock.
#ifndef POLLCORE_ALARMS_H
#define POLLCORE_ALARMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum allowance {
	ALLOWANCE_BW_IN,
	ALLOWANCE_BW_OUT,
	ALLOWANCE_PPS,
	ALLOWANCE_CONNTRACK,
	ALLOWANCE_LINKLOCAL,
	ALLOWANCE_COUNT,
};

// For so long after it last rose an allowance is an alarm.
#define ALARM_NS UINT64_C(60000000000)

struct alarms {
	struct {
		bool known; // the device counts it
		uint64_t value;
		uint64_t rose_ns; // CLOCK_MONOTONIC; 0: never while we looked
	} allowances[ALLOWANCE_COUNT];
};

// "bw_in_allowance_exceeded": the device's name for it, and ours.
const char *allowance_name(enum allowance allowance);

// What the device says now. The first value is where we start from, not a rise.
void alarms_update(
	struct alarms *alarms, enum allowance allowance, uint64_t value, uint64_t now_ns);

// Those that are alarms now, such as "bw_in,pps"; empty when there is none.
void alarms_text(const struct alarms *alarms, uint64_t now_ns, char *text, size_t size);

#endif
