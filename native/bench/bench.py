#!/usr/bin/env python3
"""pollcore beside its peers, in alternating runs on the same machine, DPDK, virtual devices and core.

usage: bench.py [--runs N] [--quick] [--only TEXT] [--json FILE] [--svg FILE]

Prints one table: cycles per packet and round trips, the median of all runs, its spread and the ratio to the peer. Needs
root (hugepages, network namespaces) and dpdk-testpmd. It judges nothing by time, so it is no test: read the table.
"""
import argparse
import json
import os
import statistics
import sys

import chart
import cycles
import roundtrip
from machine import memory
from programs import Missing, Programs, flags


UNITS = {"p50_us": "p50 us", "p99_us": "p99 us", "cpu_idle_percent": "% CPU idle"}


def spread(values):
    """The distance between the quartiles: half of all runs lie within it."""
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return high - low


def row(contest, name, unit, values, limit=None):
    return {"contest": contest, "name": name, "unit": unit, "median": statistics.median(values),
            "spread": spread(values), "runs": values, "limit": limit}


def compare(rows):
    """Each row's ratio to the first of its contest and unit, which is the peer."""
    peers = {}
    for entry in rows:
        peer = peers.setdefault((entry["contest"], entry["unit"]), entry["median"])
        entry["ratio"] = entry["median"] / peer
    return rows


def say(text):
    print(text, file=sys.stderr, flush=True)


def in_turns(runs, label, table):
    """table: key -> function. Runs each once a round, so that a busy minute of the machine hits all of them."""
    values = {key: [] for key in table}
    for number in range(runs):
        say(f"{label}: round {number + 1} of {runs}")
        for key, measure in table.items():
            try:
                values[key].append(measure())
            except (RuntimeError, OSError) as error:
                say(f"  {' / '.join(key)}: left out: {error}")
    return {key: found for key, found in values.items() if found}


def measure_cycles(programs, eal, options):
    found = cycles.contests(programs, "--no-huge" not in eal)
    entries = {(contest, one.name): one for contest, ones in found.items() for one in ones
               if options.only in f"{contest} {one.name}"}
    table = {key: (lambda one=one: one.measure(programs, eal, options.seconds)) for key, one in entries.items()}
    done = in_turns(options.runs, "cycles per packet", table)
    return [row(*key, "cycles/packet", values, entries[key].limit) for key, values in done.items()]


def measure_round_trips(programs, eal, options):
    rows = []
    with roundtrip.Wire() as wire:
        table = {(title, name): (lambda one=one: one(wire, options.count))
                 for title, ones in roundtrip.contenders(programs, eal).items() for name, one in ones.items()
                 if options.only in f"{title} {name}"}
        for (title, name), values in in_turns(options.runs, "round trips", table).items():
            for part in values[0]:
                rows.append(row(title, name, UNITS[part], [value[part] for value in values]))
    return rows


def print_table(rows):
    print(f"{'contest':<22} {'program':<28} {'unit':<14} {'median':>8} {'spread':>8} {'ratio':>7} {'goal':>6}")
    for entry in rows:
        goal = "" if entry["limit"] is None else f"<={entry['limit']:.1f}"
        print(f"{entry['contest']:<22} {entry['name']:<28} {entry['unit']:<14} {entry['median']:>8.1f} "
              f"{entry['spread']:>8.1f} {entry['ratio']:>7.2f} {goal:>6}")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="rounds (default 9)")
    parser.add_argument("--quick", action="store_true", help="three short rounds")
    parser.add_argument("--only", default="", metavar="TEXT", help="contests and programs whose name has TEXT")
    parser.add_argument("--json", metavar="FILE", help="all figures, for machines")
    parser.add_argument("--svg", metavar="FILE", help="the chart")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error(f"--runs: '{options.runs}'; give 1 or more")
    options.seconds, options.count = 1.0, 20000
    if options.quick:
        options.runs, options.seconds, options.count = min(options.runs, 3), 0.4, 4000
    return options


def main():
    options = read_options()
    if os.geteuid() != 0:
        sys.exit("bench: user: not root; hugepages and network namespaces need it, run sudo npm run bench")
    programs = Programs()
    with memory() as eal:
        if "--no-huge" in eal:
            say("bench: no free hugepages: measured on 4 KB pages, where caches miss that a rig's do not")
        rows = measure_cycles(programs, eal, options)
        proven = cycles.prove_replies(programs, eal)
        rows = compare(rows + measure_round_trips(programs, eal, options))
    print_table(rows)
    print(f"replies proven right: {proven}; DPDK {flags('--modversion')[0]}, TSC {programs.tsc_hz / 1e9:.3f} GHz, "
          f"{options.runs} runs, spread = distance between the quartiles")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"dpdk": flags("--modversion")[0], "tsc_hz": programs.tsc_hz, "replies_proven": proven,
                       "rows": rows}, out, indent=1)
    if options.svg:
        with open(options.svg, "w", encoding="utf-8") as out:
            out.write(chart.draw(rows))


if __name__ == "__main__":
    try:
        main()
    except Missing as error:
        sys.exit(f"bench: {error}")
