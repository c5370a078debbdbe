// The resolver: an address, a name, no name, and questions that are given up while it is at them.
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "resolve.h"

static const char *why;

// Waits for the answer, as a session does between its polls.
static int answer(struct resolve *resolve, uint32_t *ipv4)
{
	const struct timespec rest = {.tv_nsec = 1000 * 1000};
	int ret;

	why = "";
	while ((ret = resolve_answer(resolve, 3, ipv4, &why)) == 0)
		nanosleep(&rest, NULL);
	return ret;
}

static void an_address_is_itself(void)
{
	struct resolve resolve = {NULL};
	uint32_t ipv4 = 0;

	CHECK_EQUAL(resolve_ask(&resolve, "10.0.1.23"), 0);
	CHECK_EQUAL(answer(&resolve, &ipv4), 1);
	CHECK_EQUAL(ipv4, 0x0a000117);
	CHECK(resolve.question == NULL);
}

static void a_name_that_every_machine_knows(void)
{
	struct resolve resolve = {NULL};
	uint32_t ipv4 = 0;

	CHECK_EQUAL(resolve_ask(&resolve, "localhost"), 0);
	CHECK_EQUAL(answer(&resolve, &ipv4), 1);
	CHECK_EQUAL(ipv4 >> 24, 127);
}

static void a_name_that_cannot_be(void)
{
	struct resolve resolve = {NULL};
	uint32_t ipv4 = 0;

	CHECK_EQUAL(resolve_ask(&resolve, "no..such..name"), 0);
	CHECK(answer(&resolve, &ipv4) < 0);
	CHECK(why[0] != '\0');
	CHECK_EQUAL(ipv4, 0);
}

// With a sanitizer also: nothing is freed twice or while the resolver writes to it.
static void questions_that_are_given_up(void)
{
	for (int i = 0; i < 100; i++) {
		struct resolve resolve = {NULL};

		CHECK_EQUAL(resolve_ask(&resolve, i % 2 == 0 ? "localhost" : "10.0.0.1"), 0);
		resolve_cancel(&resolve);
		CHECK(resolve.question == NULL);
		resolve_cancel(&resolve);
	}
	an_address_is_itself();
}

int main(void)
{
	static const struct check_case cases[] = {
		{"an address is itself", an_address_is_itself},
		{"a name that every machine knows", a_name_that_every_machine_knows},
		{"a name that cannot be", a_name_that_cannot_be},
		{"questions that are given up", questions_that_are_given_up},
	};

	return CHECK_RUN(cases);
}
