// The tracker against a reference that remembers every number, on orders of all kinds.
#include <stdlib.h>

#include "check.h"
#include "random.h"
#include "sequence.h"

enum { NUMBERS = 200000 };

static struct sequence sequence;

// What sequence.h promises, said again without a window of bits.
struct reference {
	uint64_t next, received, duplicates, reordered, late;
	uint8_t seen[NUMBERS];
};

static struct reference reference;

static void reference_add(uint64_t number)
{
	if (number < reference.next && reference.next - number > SEQUENCE_WINDOW) {
		reference.late++;
	} else if (reference.seen[number]) {
		reference.duplicates++;
	} else {
		reference.seen[number] = 1;
		reference.received++;
		reference.reordered += number < reference.next;
		if (number >= reference.next)
			reference.next = number + 1;
	}
}

static void start(void)
{
	sequence_init(&sequence);
	memset(&reference, 0, sizeof(reference));
}

static void add(uint64_t number)
{
	sequence_add(&sequence, number);
	reference_add(number);
}

static void compare(void)
{
	CHECK_EQUAL(sequence.next, reference.next);
	CHECK_EQUAL(sequence.received, reference.received);
	CHECK_EQUAL(sequence.duplicates, reference.duplicates);
	CHECK_EQUAL(sequence.reordered, reference.reordered);
	CHECK_EQUAL(sequence.late, reference.late);
}

static void in_order(void)
{
	start();
	for (uint64_t i = 0; i < NUMBERS; i++)
		add(i);
	compare();
	CHECK_EQUAL(sequence.received, NUMBERS);
	CHECK_EQUAL(sequence.reordered, 0);
}

static void by_hand(void)
{
	static const uint64_t order[] = {0, 1, 4, 2, 2, 4, 7, 3, 0};

	start();
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		add(order[i]);
	compare();
	CHECK_EQUAL(sequence.next, 8);
	CHECK_EQUAL(sequence.received, 6);
	CHECK_EQUAL(sequence.duplicates, 3);
	CHECK_EQUAL(sequence.reordered, 2);
}

// Each packet is lost or doubled by chance, and comes up to reach places away from its own.
static void shuffled(uint32_t reach, uint32_t loss_in_1000, uint32_t double_in_1000, uint64_t seed)
{
	static uint64_t order[2 * NUMBERS];
	uint64_t state = seed;
	size_t count = 0;

	start();
	for (uint64_t i = 0; i < NUMBERS; i++) {
		if (random_next(&state) % 1000 < loss_in_1000)
			continue;
		order[count++] = i;
		if (random_next(&state) % 1000 < double_in_1000)
			order[count++] = i;
	}
	for (size_t i = 0; i + 1 < count && reach > 0; i++) {
		size_t other = i + random_next(&state) % reach;
		uint64_t number = order[i];

		if (other >= count)
			continue;
		order[i] = order[other];
		order[other] = number;
	}
	for (size_t i = 0; i < count; i++)
		add(order[i]);
	compare();
	CHECK_EQUAL(sequence.received + sequence.duplicates + sequence.late, count);
}

static void random_orders(void)
{
	static const uint32_t reaches[] = {0, 1, 2, 63, 64, 65, 1000, 60000, NUMBERS};

	for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
		shuffled(reaches[i], 0, 0, 1 + i);
		shuffled(reaches[i], 10, 0, 100 + i);
		shuffled(reaches[i], 0, 10, 200 + i);
		shuffled(reaches[i], 300, 300, 300 + i);
		shuffled(reaches[i], 999, 500, 400 + i);
	}
}

// Leaps of every length, from every bit of a word, and what was skipped comes afterwards.
static void leaps(void)
{
	uint64_t state = 5;

	for (int round = 0; round < 20; round++) {
		start();
		while (reference.next < NUMBERS / 2) {
			uint64_t leap = random_next(&state) % (1 + (random_next(&state) & 0x1ffff));
			uint64_t back = random_next(&state) % (SEQUENCE_WINDOW + 200);

			if (reference.next + leap >= NUMBERS)
				break;
			add(reference.next + leap);
			if (back < reference.next)
				add(reference.next - 1 - back);
		}
		compare();
	}
}

static void the_edge_of_the_window(void)
{
	start();
	add(SEQUENCE_WINDOW);
	add(1);
	add(0);
	add(SEQUENCE_WINDOW + 1);
	add(1);
	compare();
	CHECK_EQUAL(sequence.late, 2);
	CHECK_EQUAL(sequence.reordered, 1);
}

static const struct check_case cases[] = {
	{"in order", in_order},
	{"by hand", by_hand},
	{"random orders", random_orders},
	{"leaps", leaps},
	{"the edge of the window", the_edge_of_the_window},
};

int main(void)
{
	return CHECK_RUN(cases);
}
