"""bookfeed in one network namespace, an exchange of ours in another, a wire between them that may lose frames.

BOOKFEED names the command to test: a path, or words such as "trixie.sh run /rig/.../bookfeed".
"""
import contextlib
import itertools
import json
import os
import pathlib
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[4]
sys.path += [str(PROJECT / "native/bench"), str(PROJECT / "test/native/run")]

from certificates import Certificates  # noqa: E402
from exchange import Exchange  # noqa: E402
from market import Market, Recorded  # noqa: E402
from rig import entered, run, until  # noqa: E402
from wire import join  # noqa: E402

BOOKFEED = shlex.split(os.environ.get("BOOKFEED", ""))
FEEDS = PROJECT.parent / "shared/feeds"
OURS, THEIRS, PORT = "10.97.0.1", "10.97.0.2", 8443
AF_PACKET = "net_af_packet0,iface={port},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1"
_numbers = itertools.count()


class Wire:
    """`here` for bookfeed, `there` for the exchange. With a loss, a third namespace between them forwards the frames
    and drops or swaps that share of them, as this kernel has no netem."""

    def __init__(self, loss=0.0):
        number = f"{os.getpid() % 100000}{next(_numbers)}"
        self.here, self.middle, self.there = (f"bookfeed-{side}{number}" for side in "hmt")
        self.port, self.peer = "feed0", "peer0"
        self.dropped, self.running = 0, True
        names = (self.here, self.there, self.middle) if loss else (self.here, self.there)
        try:
            for name in names:
                run("ip", "netns", "add", name)
            if loss:
                join(self.here, self.port, self.middle, "left")
                join(self.there, self.peer, self.middle, "right")
                self._forward(loss)
            else:
                join(self.here, self.port, self.there, self.peer)
            run("ip", "-n", self.there, "address", "add", f"{THEIRS}/24", "dev", self.peer)
        except BaseException:
            self.close()
            raise

    def _forward(self, loss):
        with entered(self.middle):
            ends = []
            for name in ("left", "right"):
                made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                made.bind((name, 3))
                made.settimeout(0.2)
                ends.append(made)
        for source, sink in (ends, ends[::-1]):
            threading.Thread(target=self._carry, args=(source, sink, loss), daemon=True).start()

    def _carry(self, source, sink, loss):
        chance, held = random.Random(7), None
        while self.running:
            try:
                frame, where = source.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if where[2] == socket.PACKET_OUTGOING:
                continue
            dice = chance.random()
            if dice < loss:
                self.dropped += 1
            elif dice < 2 * loss and held is None:
                held = frame  # it arrives behind the next one
            else:
                sink.send(frame)
                if held is not None:
                    sink.send(held)
                    held = None
        source.close()

    def address(self):
        """The port's own, when it is the kernel that connects: a DPDK port has none."""
        run("ip", "-n", self.here, "address", "add", f"{OURS}/24", "dev", self.port)

    @contextlib.contextmanager
    def cut(self, end):
        """No frame gets through: the link of that end is down."""
        space, name = {"here": (self.here, self.port), "there": (self.there, self.peer)}[end]
        run("ip", "-n", space, "link", "set", name, "down")
        try:
            yield
        finally:
            run("ip", "-n", space, "link", "set", name, "up")

    def close(self):
        self.running = False
        for name in (self.here, self.middle, self.there):
            run("ip", "netns", "del", name, check=False)


class Bookfeed:
    """One bookfeed process. Every status that it printed is in .statuses()."""

    def __init__(self, wire, transport, *options, eal=(), environment=None):
        self.transport = transport
        self.prefix = f"bookfeed{os.getpid()}x{next(_numbers)}"
        command = ["ip", "netns", "exec", wire.here, *BOOKFEED]
        if transport == "lwip":
            command += ["-l", "0-1", *(eal or ("--no-huge", "-m", "128", "--vdev", AF_PACKET.format(port=wire.port))),
                        "--no-pci", "--log-level", "error", "--file-prefix", self.prefix, "--", "--transport", "lwip",
                        "--ipv4", f"{OURS}/24"]
        else:
            wire.address()
            command += ["--transport", "kernel"]
        self.command = [*command, "--output", "json", "--interval-ms", "100", *options]
        # Files, not pipes: nobody reads while it runs, and it must never wait for a reader.
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdout=self._out, stderr=self._err,
                                        env={**os.environ, **(environment or {})})

    @staticmethod
    def _text(file):
        size = os.fstat(file.fileno()).st_size
        return os.pread(file.fileno(), size, 0).decode(errors="replace")

    @property
    def errors(self):
        return self._text(self._err)

    @property
    def output(self):
        return self._text(self._out)

    def statuses(self):
        return [json.loads(line) for line in self.output.split("\n")[:-1] if line.startswith("{")]

    def status(self):
        # The last whole line alone, since the file grows.
        lines = self.output.rsplit("\n", 2)
        return json.loads(lines[-2]) if len(lines) > 1 and lines[-2].startswith("{") else {}

    def wait_for(self, condition, what, timeout=60):
        def met():
            if self.process.poll() is not None:
                raise AssertionError(f"bookfeed: exit {self.process.returncode}: {self.errors}")
            status = self.status()
            return status and condition(status)
        until(met, lambda: f"{what}; last status {json.dumps(self.status())[:1500]}; {self.errors}", timeout)
        return self.status()

    def wait_good(self, timeout=60):
        return self.wait_for(lambda status: status["good"] == status["symbols"], "all books good", timeout)

    def books(self):
        return {book["symbol"]: [book["bids"], book["asks"]] for book in self.status()["books"] if book["state"] == "good"}

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait(self, timeout=60):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"bookfeed: still runs after {timeout} s: {self.errors}") from None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()
        shutil.rmtree(f"/var/run/dpdk/{self.prefix}", ignore_errors=True)


class BookfeedTest(unittest.TestCase):
    """A wire, an exchange and a client that are taken down with the test. Subclasses say by which transport."""

    maxDiff = None
    transport = "kernel"
    symbols = ("NKNUSDT", "BLZETH")

    @classmethod
    def setUpClass(cls):
        if not BOOKFEED:
            raise AssertionError("BOOKFEED: not set; give the command that starts bookfeed")
        cls.folder = tempfile.mkdtemp(prefix="bookfeed-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.certificates = Certificates(cls.folder)

    def wire(self, **options):
        made = Wire(**options)
        self.addCleanup(made.close)
        return made

    def exchange(self, wire, market=None, certificate="right", **options):
        market = market or Market(self.symbols, remember=True)
        with entered(wire.there):
            made = Exchange(THEIRS, PORT, *self.certificates.pair(certificate), market, **options)
        self.addCleanup(made.close)
        return made

    def bookfeed(self, wire, *options, venue="binance", symbols=None, **more):
        made = Bookfeed(wire, self.transport, "--venue", venue, "--symbols", ",".join(symbols or self.symbols),
                        "--connect", f"{THEIRS}:{PORT}", "--ca", self.certificates.ca(), "--backoff-min-ms", "20",
                        *options, **more)
        self.addCleanup(made.close)
        return made

    def both(self, *options, **of_exchange):
        wire = self.wire()
        return self.exchange(wire, **of_exchange), self.bookfeed(wire, *options)

    def check_books(self, exchange, client):
        """The exchange rests; the client's books become the exchange's."""
        exchange.paused.set()
        with contextlib.suppress(AssertionError):
            # One look: by the next a client with little patience may have begun anew.
            until(lambda: client.books() == exchange.market.truth(), "books")
            return
        self.assertEqual(client.books(), exchange.market.truth(), client.status())

    def check_never_wrong(self, exchange, client):
        """No book was ever shown as good that the exchange never had."""
        shown = 0
        for status in client.statuses():
            for book in status["books"]:
                if book["state"] == "good":
                    top = json.dumps([book["bids"], book["asks"]])
                    self.assertIn(top, exchange.market.tops[book["symbol"]], status)
                    shown += 1
        self.assertGreater(shown, 0)

    def check_end(self, client):
        """A clean stop, and every buffer of the port is back."""
        self.assertEqual(client.stop(), 0, client.errors)
        status = client.status()
        self.assertEqual(status["mbufs_free"], status["mbufs_total"])
        if self.transport == "lwip":
            self.assertGreater(status["mbufs_total"], 0)


def by_each_transport(namespace, *classes):
    """Makes a test class of each for each transport; unittest finds them by their names."""
    for each in classes:
        for transport in ("kernel", "lwip"):
            name = f"{each.__name__}By{transport.capitalize()}"
            namespace[name] = type(name, (each, BookfeedTest),
                                   {"transport": transport, "__module__": namespace["__name__"]})
