"""The wire of bookfeed's measurements: a veth pair between two network namespaces, and the exchange at its far end."""
import contextlib
import json
import os
import select
import subprocess
import sys
import time

from programs import PROJECT, run

OURS, THEIRS, PORT = "10.96.0.1", "10.96.0.2", 8443


def join(space, name, other_space, other_name):
    """A veth end in each of the two namespaces, both up."""
    run("ip", "link", "add", name, "netns", space, "type", "veth", "peer", "name", other_name, "netns", other_space)
    for where, what in ((space, name), (other_space, other_name)):
        inside = ("ip", "netns", "exec", where)
        # A checksum left to the hardware is never computed on a veth, and a frame is to be one segment.
        run(*inside, "ethtool", "-K", what, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        run(*inside, "sysctl", "-qew", f"net.ipv6.conf.{what}.disable_ipv6=1")
        run("ip", "-n", where, "link", "set", what, "up")


class Wire:
    """A veth pair between two namespaces: `here` for the client, `there` for the exchange."""

    def __init__(self):
        number = os.getpid() % 100000
        self.here, self.there, self.port, self.peer = f"wire-a{number}", f"wire-b{number}", "feed0", "peer0"

    def __enter__(self):
        for name in (self.here, self.there):
            run("ip", "netns", "add", name)
        join(self.here, self.port, self.there, self.peer)
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


class Stream:
    """The exchange's process, on the first processor."""

    def __init__(self, wire, certificates, stamps, options, count):
        certificate, key = certificates.pair("right")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", wire.there, "taskset", "-c", "0", sys.executable, "-B", str(PROJECT / "native/bench/exchange.py"),
             "--address", THEIRS, "--port", str(PORT), "--cert", certificate, "--key", key, "--rate", str(options.rate),
             "--count", str(count), "--stamps", str(stamps)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        try:
            self.answer("listens", 10)
        except BaseException:
            self.__exit__()
            raise
        return self

    def answer(self, key, seconds, client=None):
        """The value in its next line; an exchange or a client that ends has none."""
        end = time.monotonic() + seconds
        while not select.select([self.process.stdout], [], [], 0.2)[0]:
            if client is not None and client.poll() is not None:
                raise RuntimeError(f"the client ended by itself, exit {client.returncode}")
            if time.monotonic() > end:
                raise RuntimeError(f"the exchange: '{key}' not within {seconds:g} s")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the exchange ended by itself, exit {self.process.wait()}")
        return json.loads(line)[key]

    def end(self):
        """How much was sent and what the books are."""
        self.process.stdin.close()
        last = json.loads(self.process.stdout.read())
        # Its stamps are in the file only once it has ended.
        self.process.wait()
        return last

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
