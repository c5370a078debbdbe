"""Usage: POLLCORE=... loss_free.py [--seconds 60] [--trial SECONDS] [--frame-size N|imix] [--json]

Two pollcore processes on a shared-memory port (net_memif), one generates and one reflects. Finds the highest rate at
which every packet comes back, by binary search, then holds 80 % of it for --seconds and counts what was lost.
Exits 1 when anything was. test_loss_free.py is the short form.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import time

import rig

LOWEST, PRECISION, DRAIN_S = 1000, 1.05, 3
# What it tells of a loss: where packets can go, and how many waited for room in the ring back.
REFLECTOR = ("rx_packets", "tx_packets", "tx_held", "tx_dropped", "rx_missed", "rx_nombuf", "rx_dropped")


def listens(path):
    """Whether somebody takes connections at a socket's path: between bind() and listen() they are refused."""
    lines = map(str.split, pathlib.Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace").splitlines())
    return any(line[-1] == str(path) and line[3] == "00010000" for line in lines)


class Pair:
    """A generator and a reflector that poll on a processor each."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = pathlib.Path(self.folder.name) / "memif"
        self.reflector = self._core("server", "0", "--mode", "reflect")
        # A client asks once, when it starts, and is refused between a server's bind() and its listen().
        rig.until(lambda: listens(self.socket), "the reflector's socket")
        self.generator = self._core("client", "1", "--mode", "generate", "--peer-mac", "02:00:00:00:00:01", "--rate", "0",
                                    *options)

    def _core(self, role, main_lcore, *options):
        # Rings that hold more than the generator's backlog: what a pause of one process leaves under way must fit.
        device = f"net_memif0,role={role},id=0,socket={self.socket},socket-abstract=no,rsize=13"
        # The link is up once both are there, and the other may be slow to start.
        return rig.Core(*options, "--self-test-timeout", "60", device=device, eal=["--main-lcore", main_lcore])

    def wait_running(self):
        self.reflector.wait_running()
        self.generator.wait_running()
        return self

    def close(self):
        self.generator.close()
        self.reflector.close()
        self.folder.cleanup()

    def latency(self):
        return self.generator.ask("/pollcore/latency")

    def run(self, rate, seconds, meanwhile=time.sleep):
        """Sends at the rate while meanwhile(seconds) runs; what came of it once nothing is under way any more."""
        before = self.latency()["sent"]
        self.generator.ask(f"/pollcore/rate,{rate}")
        # The poller may not have begun anew when it is first asked.
        rig.until(lambda: self.latency()["sent"] not in (before, 0), "packets")
        meanwhile(seconds)
        self.generator.ask("/pollcore/rate,0")
        last, since = None, 0
        while True:
            got = self.latency()
            if got != last:
                last, since = got, time.monotonic()
            # A busy machine can take the processor away for a second; a packet that needs more is lost.
            if lost(got) == 0 or time.monotonic() - since > DRAIN_S:
                return got
            time.sleep(0.05)


def lost(got):
    return got["sent"] - got["received"]


def highest_loss_free(pair, trial, say):
    """Between a rate that loses nothing and one that loses something, or that cannot be sent."""
    fastest = pair.run("max", trial)
    low, high = LOWEST, max(2 * LOWEST, int(fastest["sent"] / trial))
    while high / low > PRECISION:
        rate = int((low * high) ** 0.5)
        got = pair.run(rate, trial)
        good = lost(got) == 0 and got["sent"] >= 0.95 * rate * trial
        say(f"{rate} packets/s: sent {got['sent']}, lost {lost(got)}, p99 {got['p99_ns'] / 1000:.1f} us"
            f"{'' if good else ' (too fast)'}")
        low, high = (rate, high) if good else (low, rate)
    return low


def measure(pair, trial, seconds, say=lambda text: None):
    best = highest_loss_free(pair, trial, say)
    rate = int(best * 0.8)
    before = pair.reflector.stats()
    got = pair.run(rate, seconds)
    after = pair.reflector.stats()
    return {"highest_loss_free": best, "rate": rate, "seconds": seconds, "lost": lost(got), **got,
            "reflector": {name: after[name] - before[name] for name in REFLECTOR}}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n", maxsplit=1)[0].removeprefix("Usage: "))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--trial", type=float, default=2)
    parser.add_argument("--frame-size", default="64")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    pair = Pair("--frame-size", args.frame_size)
    try:
        result = measure(pair.wait_running(), args.trial, args.seconds, lambda text: print(text, file=sys.stderr))
    finally:
        pair.close()
    if args.json:
        print(json.dumps(result))
    else:
        print(f"highest loss-free rate {result['highest_loss_free']} packets/s; {result['rate']} packets/s for "
              f"{result['seconds']:g} s: sent {result['sent']}, lost {result['lost']}, duplicates {result['duplicates']}, "
              f"reordered {result['reordered']}, p50 {result['p50_ns'] / 1000:.1f} us, p99 {result['p99_ns'] / 1000:.1f} us")
        print("the reflector: " + ", ".join(f"{name} {value}" for name, value in result["reflector"].items()))
    sys.exit(1 if result["lost"] else 0)


if __name__ == "__main__":
    main()
