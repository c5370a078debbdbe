// Contenders in alternating rounds, on the processor time of this thread, so that what others take of the
// machine is not counted. Prints "contest<TAB>name<TAB>unit<TAB>value" a round for bookfeed.py.
#ifndef BENCH_BOOKFEED_ROUNDS_HPP
#define BENCH_BOOKFEED_ROUNDS_HPP

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

struct contender {
	std::string name;
	std::function<void()> prepare; // not measured
	std::function<uint64_t()> run; // what it found, which must be the same for all
};

inline double thread_ns()
{
	timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

// items: how many things one run does. The first round warms up and is not printed.
inline void run_rounds(const std::string &contest, const std::string &unit, double items, int rounds,
	const std::vector<contender> &contenders)
{
	for (int round = 0; round <= rounds; round++) {
		uint64_t expected = 0;

		for (size_t i = 0; i < contenders.size(); i++) {
			contenders[i].prepare();
			double start = thread_ns();
			uint64_t found = contenders[i].run();
			double ns = (thread_ns() - start) / items;

			if (i == 0)
				expected = found;
			if (found != expected) {
				fprintf(stderr, "%s: %s found something else than %s\n", contest.c_str(),
					contenders[i].name.c_str(), contenders[0].name.c_str());
				exit(1);
			}
			if (round > 0)
				printf("%s\t%s\t%s\t%.2f\n", contest.c_str(),
					contenders[i].name.c_str(), unit.c_str(), ns);
		}
	}
}

inline int read_rounds(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0;

	if (rounds < 1) {
		fprintf(stderr, "usage: %s ROUNDS…\n", argv[0]);
		exit(2);
	}
	return rounds;
}

#endif
