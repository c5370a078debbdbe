#!/usr/bin/env python3
"""bookfeed's parts beside their peers, in alternating rounds on the same processor.

usage: bookfeed.py [--runs N] [--quick] [--only NAME] [--json FILE]

Prints one table: the median of all rounds, the distance between the quartiles, and the ratio to the contest's first
program, which is the peer. Needs g++ and libsimdjson-dev; yyjson is measured where it is installed (Debian 13). The
recorded feeds are read from RIG_FEEDS, or from shared/feeds beside the project. It judges nothing by time, so it is no
test: read the table.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys

from bench import compare, print_table, row, say
from programs import CACHE, PROJECT, Missing, run

BENCH = PROJECT / "native" / "bench"
SOURCES = PROJECT / "native" / "src" / "bookfeed"
MARKET = ("book book_far book_fault book_store crc32 decimal feed feed_binance feed_binance_read feed_book feed_coinbase "
          "feed_kraken feed_new feed_pending feed_request json json_levels json_skip replay").split()
FLAGS = ["-O3", "-D_GNU_SOURCE", f"-I{PROJECT / 'native/src/common'}",
         *(["-msse4.2"] if platform.machine() == "x86_64" else [])]
# What the project has set out to reach, in the unit of the contest.
GOALS = {("book, depth 1000", "bookfeed"): 15.0}


def package(name):
    """Flags of a library, or None where it is not installed."""
    found = subprocess.run(["pkg-config", "--cflags", "--libs", name], capture_output=True, text=True, check=False)
    return found.stdout.split() if found.returncode == 0 else None


def build(name, *flags):
    """One C++ program with the market half of bookfeed, compiled as it is shipped."""
    folder = CACHE / "bookfeed"
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    for source in MARKET:
        objects.append(str(folder / f"{source}.o"))
        run("cc", "-std=gnu17", *FLAGS, "-c", str(SOURCES / f"{source}.c"), "-o", objects[-1])
    program = str(folder / name)
    run("g++", "-std=c++17", *FLAGS, f"-I{SOURCES}", str(BENCH / f"{name}.cpp"), *objects, "-o", program, *flags)
    return program


def measure(command):
    """Rows of a program that prints contest, name, unit and value of each round."""
    values = {}
    for line in run(*command).splitlines():
        contest, name, unit, value = line.split("\t")
        values.setdefault((contest, name, unit), []).append(float(value))
    return [row(*key, found, GOALS.get(key[:2])) for key, found in values.items()]


def measure_json(runs):
    feeds = os.environ.get("RIG_FEEDS", str(PROJECT.parent / "shared" / "feeds"))
    if not pathlib.Path(feeds).is_dir():
        raise Missing(f"recorded feeds: not in {feeds}; set RIG_FEEDS")
    simdjson, yyjson = package("simdjson"), package("yyjson")
    if simdjson is None:
        raise Missing("simdjson: not found; apt-get install libsimdjson-dev")
    if yyjson is None:
        say("bookfeed: yyjson is left out: not found; Debian 13 has it as libyyjson-dev")
    flags = simdjson + (["-DWITH_YYJSON", *yyjson] if yyjson else [])
    return measure([build("bookfeed_json", *flags), str(runs), feeds])


def measure_book(runs):
    return measure([build("bookfeed_book"), str(runs)])


BENCHMARKS = {"json": measure_json, "book": measure_book}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="rounds (default 15)")
    parser.add_argument("--quick", action="store_true", help="three rounds")
    parser.add_argument("--only", choices=BENCHMARKS, help="one benchmark")
    parser.add_argument("--json", metavar="FILE", help="all figures, for machines")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error(f"--runs: '{options.runs}'; give 1 or more")
    if options.quick:
        options.runs = min(options.runs, 3)
    return options


def main():
    options = read_options()
    rows = []
    for name, benchmark in BENCHMARKS.items():
        if options.only in (None, name):
            say(f"bookfeed: {name}, {options.runs} rounds")
            rows += benchmark(options.runs)
    compare(rows)
    print_table(rows)
    print(f"{options.runs} rounds, spread = distance between the quartiles, time of the thread's own processor")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"runs": options.runs, "rows": rows}, out, indent=1)


if __name__ == "__main__":
    try:
        main()
    except Missing as error:
        sys.exit(f"bookfeed: {error}")
