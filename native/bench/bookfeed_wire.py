#!/usr/bin/env python3
"""From an exchange's send() to the book of the other side, over TLS: bookfeed by lwip, bookfeed by the kernel's sockets,
and node's `ws`, in turns.

usage: bookfeed_wire.py [--runs N] [--rate N] [--seconds N] [--only TEXT] [--json FILE]

All share a veth pair, one end of which the exchange has; both sides stamp with the same clock. In front of memif stands
the other end's af_packet and a pollcore that forwards between the two, on a processor of its own from three on, else on
the exchange's: that row has a hop and a process more in its way than the others. What is lost is counted and the books are
compared, so that a long run is a test of its own:
    bookfeed_wire.py --runs 1 --rate 10000 --seconds 600 --only 'lwip, af_xdp'
Needs root (namespaces, hugepages) and npm's packages. Nothing is judged by time: read the table.
"""
import argparse
import collections
import csv
import itertools
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import machine
from certificates import Certificates
from programs import CACHE, PROJECT, Missing, build_pollcore, run
from wire import OURS, PORT, THEIRS, Stream, Wire

AF_PACKET = "net_af_packet0,iface={port},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1"
AF_XDP = "net_af_xdp0,iface={port}"
MEMIF = "net_memif0,id=0,socket={socket},socket-abstract=no,mac=02:6d:65:6d:69:{end},role={role}"
MEMORY_MB = "60"
FOLDER = PROJECT / "native/bench"
FAULTS = ("lost", "reconnects", "resyncs", "malformed", "wrong_books")  # each must be 0


def build_bookfeed():
    build = CACHE / "bookfeed"
    if not (build / "build.ninja").exists():
        source = PROJECT / run("bash", str(PROJECT / "test/native/lwip.sh")).strip()
        run("meson", "setup", str(build), str(PROJECT / "native"), "-Dbookfeed=true", f"-Dlwip_source={source}")
    run("ninja", "-C", str(build), "src/bookfeed/bookfeed")
    return str(build / "src/bookfeed/bookfeed")


def stop(process):
    """Its exit code; one that does not end is killed."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def tail(log):
    log.seek(0)
    return log.read().decode(errors="replace")[-500:].strip()


class Bench:
    def __init__(self, wire, folder, eal, options):
        self.wire, self.folder, self.eal, self.options = wire, pathlib.Path(folder), eal, options
        self.certificates = Certificates(folder)
        self.count = int(options.rate * options.seconds)
        self.trace, self.status, self.stamps, self.memif_socket = (
            self.folder / name for name in ("trace.csv", "status.json", "stamps", "memif"))

    def bookfeed(self, *options, eal=()):
        words = [self.options.bookfeed, *eal, *(["--"] if eal else []), "--venue", "binance", "--symbols", "NKNUSDT",
                 "--connect", f"{THEIRS}:{PORT}", "--ca", self.certificates.ca(), "--output", "quiet", "--trace",
                 str(self.trace), "--status-file", str(self.status), *options]
        return words

    def lwip(self, device):
        eal = ["-l", "0-1", "--no-pci", "--log-level", "error", "--file-prefix", f"wire{os.getpid()}", *self.eal,
               "--vdev", device]
        return self.measure(self.bookfeed("--transport", "lwip", "--ipv4", f"{OURS}/24", eal=eal))

    def veth(self, device):
        return self.lwip(device.format(port=self.wire.port))

    def memif(self):
        self.memif_socket.unlink(missing_ok=True)
        ends = [MEMIF.format(socket=self.memif_socket, end=end, role=role)
                for end, role in (("01", "server"), ("02", "client"))]
        processor = 2 if os.cpu_count() > 2 else 0
        words = [build_pollcore(), "--lcores", f"0@0,1@{processor}", "EAL", "--", "--mode", "forward",
                 "--self-test-timeout", "60"]  # the link is up once bookfeed is there
        eal = [*self.eal, "--vdev", AF_PACKET.format(port=self.wire.port), "--vdev", ends[0]]
        with machine.Program(words, eal, self.wire.here) as bridge:
            # A memif client asks once, when it starts.
            bridge.until(self.memif_socket.exists, "memif")
            return self.lwip(ends[1])

    def kernel(self, wait):
        with self.wire.address():
            return self.measure(["taskset", "-c", "1", *self.bookfeed("--wait", wait)])

    def node(self):
        with self.wire.address():
            return self.measure(["taskset", "-c", "1", "node", str(FOLDER / "wire_client.mjs"), THEIRS, str(PORT),
                                 self.certificates.ca(), str(self.trace)])

    def measure(self, client):
        """One session: the exchange sends so many messages at that rate, the client is stopped after the last."""
        self.status.unlink(missing_ok=True)
        with Stream(self.wire, self.certificates, self.stamps, self.options, self.count) as exchange, \
                tempfile.TemporaryFile() as log:
            process = subprocess.Popen(["ip", "netns", "exec", self.wire.here, *client], stdout=log, stderr=log)
            try:
                # An exchange that cannot keep the pace takes longer, and the table tells its rate.
                exchange.answer("finished", 2 * self.options.seconds + 20, process)
                time.sleep(1)
            except RuntimeError as error:
                raise RuntimeError(f"{error}: {tail(log)}") from None
            finally:
                code = stop(process)
            last = exchange.end()
            if code != 0:
                raise RuntimeError(f"exit {code}: {tail(log)}")
        return self.result(last)

    def result(self, last):
        with open(self.trace, encoding="ascii") as lines:
            books = [int(row["book_ns"]) for row in csv.DictReader(lines)]
        # Every message since the book is good is in the trace, up to its size, so both end with the last one.
        with open(self.stamps, encoding="ascii") as lines:
            first = int(next(lines, -1))
            stamps = [int(line) for line in collections.deque(itertools.chain([first], lines), max(1, len(books)))]
        if stamps[-1] <= first:
            raise RuntimeError(f"{last['sent']} messages sent; a rate takes two, give more --seconds or a higher --rate")
        found = {"sent": last["sent"], "rate": last["sent"] * 1e9 / (stamps[-1] - first), **self.kept(last, len(books))}
        # Of each run the first part is left out: caches, windows and node's compiler are cold.
        together = min(len(books), len(stamps))
        pairs = zip(stamps[-together:], books[-together:])
        times = sorted(book - stamp for stamp, book in list(pairs)[together // 5:])
        if not times or times[0] < 0:
            raise RuntimeError(f"{together} updates of {last['sent']}: stamps and trace do not belong together: {found}")
        found["timed"] = len(times)
        for name, share in (("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999)):
            found[name] = times[int(len(times) * share)] / 1e3
        return found

    def kept(self, last, traced):
        """What bookfeed says of the session, and whether its books are the exchange's; node has but its trace."""
        if not self.status.exists():
            return {"received": traced, "lost": last["sent"] - traced, "reconnects": last["connections"] - 1}
        status = json.loads(self.status.read_text(encoding="utf-8"))
        received = status["messages"] - status["connects"]  # each subscription has an answer
        books = {book["symbol"]: [book["bids"], book["asks"]] for book in status["books"]}
        return {"received": received, "lost": last["sent"] - received, "reconnects": last["connections"] - 1,
                "resyncs": status["resyncs"], "malformed": status["malformed"], "wrong_books": int(books != last["books"]),
                "latency_ns": status["latency_ns"]}

    def contenders(self):
        """The first is the peer that the others are compared with."""
        return {"kernel, spinning": lambda: self.kernel("spin"),
                "kernel, blocking": lambda: self.kernel("block"),
                "kernel, busy-poll": lambda: self.kernel("busy-poll"),
                "node ws": self.node,
                "lwip, af_packet": lambda: self.veth(AF_PACKET),
                "lwip, af_xdp": lambda: self.veth(AF_XDP),
                "lwip, memif": self.memif}


def in_turns(bench, runs, only):
    """name -> one result a round, and what went wrong."""
    values, faults = {}, []
    for number in range(runs):
        print(f"wire to book: round {number + 1} of {runs}", file=sys.stderr, flush=True)
        for name, one in bench.contenders().items():
            if only not in name:
                continue
            try:
                found = one()
            except Missing as error:
                print(f"  {name}: left out: {error}", file=sys.stderr)
                continue
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                faults.append(f"{name}: {error}")
                continue
            values.setdefault(name, []).append(found)
            faults += [f"{name}: {fault}: {found[fault]}" for fault in FAULTS if found.get(fault)]
    return values, faults


def print_table(values):
    print(f"{'wire to book':<18} {'p50 us':>8} {'ratio':>6} {'p99 us':>8} {'ratio':>6} {'p99.9 us':>9} {'sent':>9} "
          f"{'received':>9} {'lost':>5} {'reconnects':>10} {'rate':>8}")
    rows = {name: {key: statistics.median(one[key] for one in found) for key in ("p50_us", "p99_us", "p999_us", "rate")}
            for name, found in values.items()}
    peer = rows.get("kernel, spinning")
    for name, row in rows.items():
        ratios = [f"{row[key] / peer[key]:.2f}" if peer else "" for key in ("p50_us", "p99_us")]
        total = {key: sum(one[key] for one in values[name]) for key in ("sent", "received", "lost", "reconnects")}
        print(f"{name:<18} {row['p50_us']:>8.1f} {ratios[0]:>6} {row['p99_us']:>8.1f} {ratios[1]:>6} {row['p999_us']:>9.1f} "
              f"{total['sent']:>9} {total['received']:>9} {total['lost']:>5} {total['reconnects']:>10} {row['rate']:>8.0f}")


def print_stages(name, session):
    """By bookfeed's own stamps, of every message of the session."""
    print(f"\n{name}, stage in us {'count':>10} {'p50':>8} {'p90':>8} {'p99':>8} {'p99.9':>8} {'max':>8}")
    for stage, of in session["latency_ns"].items():
        print(f"  {stage:<{len(name) + 11}} {of['count']:>10} "
              + " ".join(f"{of[key] / 1e3:>8.2f}" for key in ("p50", "p90", "p99", "p999", "max")))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--rate", type=float, default=1000, help="messages a second (default 1000)")
    parser.add_argument("--seconds", type=float, default=4, help="length of one session (default 4)")
    parser.add_argument("--only", default="", metavar="TEXT", help="contenders whose name has TEXT")
    parser.add_argument("--bookfeed", metavar="FILE", help="this program instead of one that is built")
    parser.add_argument("--json", metavar="FILE", help="all figures, for machines")
    options = parser.parse_args()
    if options.runs < 1 or options.rate <= 0 or options.seconds <= 0:
        parser.error("--runs, --rate, --seconds: give more than 0")
    if options.rate * options.seconds < 2:
        parser.error(f"--rate {options.rate:g}, --seconds {options.seconds:g}: not two messages; give more of either")
    return options


def main():
    options = read_options()
    if os.geteuid() != 0:
        sys.exit("bookfeed_wire: user: not root; network namespaces and hugepages need it, run it with sudo")
    options.bookfeed = options.bookfeed or build_bookfeed()
    machine.PAGES = 64
    with machine.memory() as eal, Wire() as wire, tempfile.TemporaryDirectory(prefix="bookfeed-wire-") as folder:
        bench = Bench(wire, folder, [MEMORY_MB if word == "256" else word for word in eal], options)
        values, faults = in_turns(bench, options.runs, options.only)
    print_table(values)
    for name, found in values.items():
        if options.runs == 1 and "latency_ns" in found[0]:
            print_stages(name, found[0])
    timed = max((one["timed"] for found in values.values() for one in found), default=0)
    print(f"\n{options.runs} runs of {options.seconds:g} s at {options.rate:g} messages a second; medians of the runs; wire to "
          f"book is of the last {timed} messages of each run at most")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"rate": options.rate, "seconds": options.seconds, "runs": values}, out, indent=1)
    if faults or not values:
        sys.exit("bookfeed_wire: " + ("; ".join(faults) or f"--only: no contender has '{options.only}' in its name, or none ran"))


if __name__ == "__main__":
    try:
        main()
    except Missing as error:
        sys.exit(f"bookfeed_wire: {error}")
