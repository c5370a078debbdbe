// bookfeed on DPDK's telemetry socket: /bookfeed/status, /bookfeed/stats, /bookfeed/latency and
// /bookfeed/book,SYMBOL.
#ifndef BOOKFEED_TELEMETRY_BOOKFEED_H
#define BOOKFEED_TELEMETRY_BOOKFEED_H

#include "program.h"

struct lwip_stack;
struct port;

// 0 or a negative errno. Answers speak of these until telemetry_bookfeed_done().
int telemetry_bookfeed_init(
	struct program *program, const struct port *port, const struct lwip_stack *stack);
void telemetry_bookfeed_done(void);

#endif
