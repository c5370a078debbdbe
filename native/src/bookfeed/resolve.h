// Names to IPv4 addresses, by the system's resolver, without waiting for it: on a rig that is the
// management interface's, while the data port carries the feed.
#ifndef BOOKFEED_RESOLVE_H
#define BOOKFEED_RESOLVE_H

#include <stdint.h>

struct resolve_question;

struct resolve {
	struct resolve_question *question; // NULL: none is open
};

// Asks for a name; 0 or a negative errno. One question at a time.
int resolve_ask(struct resolve *resolve, const char *name);

// 1: *ipv4 (host order) is one of the name's addresses, by `turn` another one each time;
// 0: not known yet; negative: *why says why there is none.
int resolve_answer(struct resolve *resolve, unsigned int turn, uint32_t *ipv4, const char **why);

// Gives up a question, if there is one. Never waits.
void resolve_cancel(struct resolve *resolve);

#endif
