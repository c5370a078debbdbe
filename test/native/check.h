// The least that a test program needs: cases, checks, and TAP for meson to read. A failed check is
// printed and counted; the case goes on, so that one run shows everything.
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct check_case {
	const char *name;
	void (*run)(void);
};

static unsigned int check_failures;

static inline void check_true(bool right, const char *what, const char *file, int line)
{
	if (right)
		return;
	check_failures++;
	printf("# %s:%d: %s\n", file, line, what);
}

static inline void check_equal(
	long long got, long long wanted, const char *what, const char *file, int line)
{
	if (got == wanted)
		return;
	check_failures++;
	printf("# %s:%d: %s is %lld, not %lld\n", file, line, what, got, wanted);
}

static inline void check_text(
	const char *got, const char *wanted, const char *what, const char *file, int line)
{
	if (got == NULL)
		got = "";
	if (wanted == NULL)
		wanted = "";
	if (wanted[0] == '\0' ? got[0] == '\0' : strstr(got, wanted) != NULL)
		return;
	check_failures++;
	printf("# %s:%d: %s is \"%s\", without \"%s\"\n", file, line, what, got, wanted);
}

#define CHECK(condition) check_true(condition, #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(got, wanted)                                                                   \
	check_equal((long long)(got), (long long)(wanted), #got, __FILE__, __LINE__)
// That the text got contains wanted; for an empty wanted, that it is empty. NULL is empty
// too.
#define CHECK_TEXT(got, wanted) check_text(got, wanted, #got, __FILE__, __LINE__)

// Runs every case; the program's exit code.
static inline int check_run(const struct check_case *cases, size_t count)
{
	unsigned int failed = 0;

	// A case that crashes must not take its findings with it.
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		check_failures = 0;
		cases[i].run();
		failed += check_failures != 0;
		printf("%s %zu - %s\n", check_failures == 0 ? "ok" : "not ok", i + 1,
			cases[i].name);
	}
	return failed == 0 ? 0 : 1;
}

#define CHECK_RUN(cases) check_run(cases, sizeof(cases) / sizeof(cases[0]))

#endif
