#!/usr/bin/env python3
"""From an exchange's send() to the book of the other side, over a veth pair and TLS: bookfeed by lwip, bookfeed by the
kernel's sockets, and node's `ws`, in turns.

usage: bookfeed_wire.py [--runs N] [--rate N] [--seconds N] [--only TEXT] [--json FILE]

Both sides stamp with the same clock. What is lost is counted, so that a long run is a test of its own:
    bookfeed_wire.py --runs 1 --rate 10000 --seconds 600 --only 'lwip, af_xdp'
Needs root (namespaces, hugepages) and npm's packages. Nothing is judged by time: read the table.
"""
import argparse
import contextlib
import csv
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
from programs import CACHE, PROJECT, Missing, run

OURS, THEIRS, PORT = "10.96.0.1", "10.96.0.2", 8443
AF_PACKET = "net_af_packet0,iface={port},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1"
AF_XDP = "net_af_xdp0,iface={port}"
MEMORY_MB = "100"


def build_bookfeed():
    build = CACHE / "bookfeed"
    if not (build / "build.ninja").exists():
        source = PROJECT / run("bash", str(PROJECT / "test/native/lwip.sh")).strip()
        run("meson", "setup", str(build), str(PROJECT / "native"), "-Dbookfeed=true", f"-Dlwip_source={source}")
    run("ninja", "-C", str(build), "src/bookfeed/bookfeed")
    return str(build / "src/bookfeed/bookfeed")


class Wire:
    """A veth pair between two namespaces: `here` for the client, `there` for the exchange."""

    def __init__(self):
        number = os.getpid() % 100000
        self.here, self.there, self.port, self.peer = f"wire-a{number}", f"wire-b{number}", "feed0", "peer0"

    def __enter__(self):
        for name in (self.here, self.there):
            run("ip", "netns", "add", name)
        run("ip", "link", "add", self.port, "netns", self.here, "type", "veth", "peer", "name", self.peer, "netns",
            self.there)
        for name, device in ((self.here, self.port), (self.there, self.peer)):
            run("ip", "netns", "exec", name, "ethtool", "-K", device, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
            run("ip", "netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1")
            run("ip", "-n", name, "link", "set", device, "up")
        run("ip", "-n", self.there, "address", "add", f"{THEIRS}/24", "dev", self.peer)
        return self

    def __exit__(self, *_):
        for name in (self.here, self.there):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    @contextlib.contextmanager
    def address(self):
        """The port's own, for who uses the kernel: a DPDK port has none."""
        run("ip", "-n", self.here, "address", "add", f"{OURS}/24", "dev", self.port)
        try:
            yield
        finally:
            run("ip", "-n", self.here, "address", "del", f"{OURS}/24", "dev", self.port)


class Bench:
    def __init__(self, wire, folder, eal, options):
        self.wire, self.folder, self.eal, self.options = wire, pathlib.Path(folder), eal, options
        self.certificates = Certificates(folder)
        self.count = int(options.rate * options.seconds)
        self.trace, self.status, self.stamps = (self.folder / name for name in ("trace.csv", "status.json", "stamps"))

    def bookfeed(self, *options, eal=()):
        words = [self.options.bookfeed, *eal, *(["--"] if eal else []), "--venue", "binance", "--symbols", "NKNUSDT",
                 "--connect", f"{THEIRS}:{PORT}", "--ca", self.certificates.ca(), "--output", "quiet", "--trace",
                 str(self.trace), "--status-file", str(self.status), *options]
        return words

    def lwip(self, device):
        eal = ["-l", "0-1", "--no-pci", "--log-level", "error", "--file-prefix", f"wire{os.getpid()}", *self.eal,
               "--vdev", device.format(port=self.wire.port)]
        return self.measure(self.bookfeed("--transport", "lwip", "--ipv4", f"{OURS}/24", eal=eal))

    def kernel(self, wait):
        with self.wire.address():
            return self.measure(["taskset", "-c", "1", *self.bookfeed("--wait", wait)])

    def node(self):
        self.status.unlink(missing_ok=True)
        with self.wire.address():
            return self.measure(["taskset", "-c", "1", "node", str(PROJECT / "native/bench/wire_client.mjs"), THEIRS,
                                 str(PORT), self.certificates.ca(), str(self.trace)])

    def measure(self, client):
        """One session: the exchange sends so many messages at that rate, the client is stopped after the last."""
        certificate, key = self.certificates.pair("right")
        exchange = subprocess.Popen(
            ["ip", "netns", "exec", self.wire.there, "taskset", "-c", "0", sys.executable, "-B",
             str(PROJECT / "native/bench/exchange.py"), "--address", THEIRS, "--port", str(PORT), "--cert", certificate,
             "--key", key, "--rate", str(self.options.rate), "--count", str(self.count), "--stamps", str(self.stamps)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with exchange, tempfile.TemporaryFile() as log:
            exchange.stdout.readline()
            process = subprocess.Popen(["ip", "netns", "exec", self.wire.here, *client], stdout=log, stderr=log)
            try:
                time.sleep(self.options.seconds + 3)
            finally:
                process.send_signal(signal.SIGTERM)
                code = process.wait(30)
            exchange.stdin.close()
            sent = int(exchange.stdout.read().split()[-1])
            log.seek(0)
            if code != 0:
                raise RuntimeError(f"exit {code}: {log.read().decode(errors='replace')[-500:]}")
        return self.result(sent)

    def result(self, sent):
        with open(self.trace, encoding="ascii") as lines:
            books = [int(row["book_ns"]) for row in csv.DictReader(lines)]
        stamps = [int(line) for line in self.stamps.read_text(encoding="ascii").split()]
        found = {"messages": sent}
        if self.status.exists():
            status = json.loads(self.status.read_text(encoding="utf-8"))
            # One more is the answer to the subscription.
            found["lost"] = sent + 1 - status["messages"] + status["resyncs"]
        # Every message since the book is good is in the trace, so both end with the last one. Of each run the first
        # part is left out: caches, windows and node's compiler are cold.
        together = min(len(books), len(stamps))
        pairs = zip(stamps[-together:], books[-together:])
        times = sorted(book - stamp for stamp, book in list(pairs)[together // 5:])
        if not times or times[0] < 0:
            raise RuntimeError(f"{together} updates of {sent}: stamps and trace do not belong together")
        found["p50_us"] = times[len(times) // 2] / 1e3
        found["p99_us"] = times[len(times) * 99 // 100] / 1e3
        return found

    def contenders(self):
        """The first is the peer that the others are compared with."""
        return {"kernel, spinning": lambda: self.kernel("spin"),
                "kernel, blocking": lambda: self.kernel("block"),
                "kernel, busy-poll": lambda: self.kernel("busy-poll"),
                "node ws": self.node,
                "lwip, af_packet": lambda: self.lwip(AF_PACKET),
                "lwip, af_xdp": lambda: self.lwip(AF_XDP)}


def in_turns(bench, runs, only):
    values = {}
    for number in range(runs):
        print(f"wire to book: round {number + 1} of {runs}", file=sys.stderr, flush=True)
        for name, one in bench.contenders().items():
            if only not in name:
                continue
            try:
                values.setdefault(name, []).append(one())
            except (RuntimeError, OSError, Missing, subprocess.TimeoutExpired) as error:
                print(f"  {name}: left out: {error}", file=sys.stderr)
    return {name: found for name, found in values.items() if found}


def print_table(values):
    print(f"{'wire to book':<20} {'p50 us':>9} {'ratio':>6} {'p99 us':>9} {'ratio':>6} {'messages':>10} {'lost':>6}")
    rows = {name: {key: statistics.median(one[key] for one in found) for key in ("p50_us", "p99_us")}
            for name, found in values.items()}
    peer = rows.get("kernel, spinning")
    for name, row in rows.items():
        ratios = [f"{row[key] / peer[key]:.2f}" if peer else "" for key in ("p50_us", "p99_us")]
        lost = [one["lost"] for one in values[name] if "lost" in one]
        print(f"{name:<20} {row['p50_us']:>9.1f} {ratios[0]:>6} {row['p99_us']:>9.1f} {ratios[1]:>6} "
              f"{sum(one['messages'] for one in values[name]):>10} {sum(lost) if lost else '':>6}")


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
    return options


def main():
    options = read_options()
    if os.geteuid() != 0:
        sys.exit("bookfeed_wire: user: not root; network namespaces and hugepages need it, run it with sudo")
    options.bookfeed = options.bookfeed or build_bookfeed()
    machine.PAGES = 64
    with machine.memory() as eal, Wire() as wire, tempfile.TemporaryDirectory(prefix="bookfeed-wire-") as folder:
        bench = Bench(wire, folder, [MEMORY_MB if word == "256" else word for word in eal], options)
        values = in_turns(bench, options.runs, options.only)
    print_table(values)
    print(f"{options.runs} runs of {options.seconds:g} s at {options.rate:g} messages a second; medians of the runs")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"rate": options.rate, "seconds": options.seconds, "runs": values}, out, indent=1)
    if any(one.get("lost", 0) for found in values.values() for one in found):
        sys.exit("bookfeed_wire: messages were lost")


if __name__ == "__main__":
    try:
        main()
    except Missing as error:
        sys.exit(f"bookfeed_wire: {error}")
