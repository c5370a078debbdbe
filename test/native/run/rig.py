"""A pollcore on one end of a veth pair and a network namespace with the kernel's own stack on the other.

POLLCORE names the command to test: a path, or words such as "trixie.sh run /rig/.../pollcore".
"""
import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

CORE_IPV4 = "10.99.0.1"
PEER_IPV4 = "10.99.0.2"
POLLCORE = shlex.split(os.environ.get("POLLCORE", ""))
CLONE_NEWNET = 0x40000000
_numbers = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)


def run(*command, check=True):
    """Runs a command to its end; what it wrote is in the exception when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}: exit {done.returncode}: {done.stderr}{done.stdout}")
    return done


def until(condition, what, timeout=60):
    """Waits until condition() is true and returns what it returned; what is a text, or makes one when it is needed. Long,
    for a machine may be slow, busy or both: only a test that fails waits for the end."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what() if callable(what) else what}: not within {timeout} s")
        time.sleep(0.02)


@contextlib.contextmanager
def entered(namespace):
    """This thread's sockets are made in that network namespace."""
    with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as there:
        _enter(there)
        try:
            yield
        finally:
            _enter(home)


def _enter(namespace):
    if _libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def heard(ear):
    """The frames that have come."""
    got = []
    ear.setblocking(False)
    try:
        while True:
            got.append(ear.recv(2048))
    except BlockingIOError:
        return got


class Wire:
    """A veth pair: `port` here for pollcore, `peer` with an address inside a namespace. Always removed by close()."""

    def __init__(self, mtu=1500):
        number = f"{os.getpid() % 100000:05d}{next(_numbers)}"
        self.namespace = f"pollcore-{number}"
        self.port, self.peer = f"pa{number}", f"pb{number}"
        run("ip", "netns", "add", self.namespace)
        try:
            self._connect(mtu)
        except BaseException:
            self.close()
            raise

    def _connect(self, mtu):
        run("ip", "link", "add", self.port, "mtu", str(mtu), "type", "veth",
            "peer", "name", self.peer, "mtu", str(mtu), "netns", self.namespace)
        # Router solicitations and the like would only blur the counters.
        disable_ipv6 = pathlib.Path(f"/proc/sys/net/ipv6/conf/{self.port}/disable_ipv6")
        if disable_ipv6.exists():
            disable_ipv6.write_text("1", encoding="ascii")
        self.inside("sysctl", "-qw", f"net.ipv6.conf.{self.peer}.disable_ipv6=1", check=False)
        # A checksum left to the hardware never gets computed on a veth.
        self.inside("ethtool", "-K", self.peer, "tx", "off")
        self.inside("ip", "address", "add", f"{PEER_IPV4}/24", "dev", self.peer)
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "set", self.peer, "up")
        run("ip", "link", "set", self.port, "up")
        until(lambda: pathlib.Path(f"/sys/class/net/{self.port}/operstate").read_text().strip() == "up", "link")

    def inside(self, *command, check=True):
        return run("ip", "netns", "exec", self.namespace, *command, check=check)

    def ping(self, count, *options):
        """The kernel's ping, until count answers have come. With a deadline it waits for late ones: without, it gives
        up two round trips after the last request, which a busy machine takes for a loss. Returns how many requests
        that took, which is more than count when answers were late."""
        said = self.inside("ping", "-n", "-q", "-i", "0.01", "-c", str(count), "-w", "60", *options, CORE_IPV4)
        return int(re.search(r"(\d+) packets transmitted", said.stdout).group(1))

    def udp(self):
        """A UDP socket of the peer."""
        with entered(self.namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((PEER_IPV4, 0))
        made.settimeout(60)
        return made

    def raw(self, ethertype=0x0003):
        """A socket that sends and receives whole frames at the peer's end."""
        with entered(self.namespace):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
            made.bind((self.peer, ethertype))
        made.settimeout(60)
        return made

    def mac(self, side):
        if side == "port":
            text = pathlib.Path(f"/sys/class/net/{self.port}/address").read_text(encoding="ascii")
        else:
            text = json.loads(self.inside("ip", "-j", "link", "show", self.peer).stdout)[0]["address"]
        return bytes.fromhex(text.strip().replace(":", ""))

    def close(self):
        run("ip", "link", "del", self.port, check=False)
        run("ip", "netns", "del", self.namespace, check=False)


class Core:
    """One pollcore process. Its output is in .output once it has ended."""

    def __init__(self, *options, device=None, prefix=None, eal=(), lcores="0-1",
                 memory=("--no-huge", "-m", "128"), environment=None, namespace=None):
        self.prefix = prefix or f"pollcore{os.getpid()}x{next(_numbers)}"
        vdev = ["--vdev", device] if device else []
        inside = ("ip", "netns", "exec", namespace) if namespace else ()
        self.command = [*inside, *POLLCORE, "--lcores", lcores, *memory, "--no-pci", "--file-prefix",
                        self.prefix, *vdev, *eal, "--", *options]
        # A file, not a pipe: nobody reads while the core runs, and it must never wait for a reader.
        self._out = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdout=self._out, stderr=subprocess.STDOUT,
                                        env={**os.environ, **(environment or {})})

    @classmethod
    def on(cls, wire, *options, **more):
        more.setdefault("device", f"net_af_packet0,iface={wire.port},blocksz=65536,framesz=2048,framecnt=2048,"
                                  "qdisc_bypass=1")
        return cls("--ipv4", CORE_IPV4, *options, **more)

    @property
    def output(self):
        self._out.seek(0)
        return self._out.read().decode(errors="replace")

    @property
    def socket_path(self):
        return f"/var/run/dpdk/{self.prefix}/dpdk_telemetry.v2"

    def telemetry(self):
        while True:
            made = self._connected()
            if made is not None:
                return made
            time.sleep(0.02)

    def _connected(self):
        """A client that DPDK has greeted; None when it hung up, since those before have not yet been seen to leave."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 60, 0))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 60, 0))
        try:
            made.connect(self.socket_path)
            greeted = made.recv(16384)
        except OSError:
            made.close()
            raise
        if greeted:
            return made
        made.close()
        return None

    def ask(self, command):
        with self.telemetry() as made:
            made.send(command.encode())
            return json.loads(made.recv(65536))[command.split(",")[0]]

    def stats(self):
        return self.ask("/pollcore/stats")

    def status(self):
        return self.ask("/pollcore/status")

    def _running(self):
        if self.process.poll() is not None:
            raise AssertionError(f"pollcore: exit {self.process.returncode}: {self.output}")
        try:
            # Before the core has registered its commands, DPDK answers them with null.
            status = self.status()
            return status is not None and status.get("state") == "running"
        except OSError:
            return False

    def wait_running(self):
        until(self._running, "pollcore running")
        return self

    @contextlib.contextmanager
    def stopped(self):
        """None of its threads runs meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            until(self._is_stopped, "a stopped pollcore")
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _is_stopped(self):
        states = [path.read_text(encoding="ascii").rpartition(")")[2].split()[0]
                  for path in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat")]
        return set(states) == {"T"}

    def wait(self, timeout=60):
        """Its exit code, once it has ended by itself."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"pollcore: still runs after {timeout} s: {self.output}") from None

    def stop(self, how=signal.SIGTERM, timeout=60):
        self.process.send_signal(how)
        return self.wait(timeout)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        # EAL leaves its run-time folder behind.
        shutil.rmtree(f"/var/run/dpdk/{self.prefix}", ignore_errors=True)


class RigTest(unittest.TestCase):
    """Makes wires and cores that are taken down with the test."""

    maxDiff = None

    def setUp(self):
        if not POLLCORE:
            self.fail("POLLCORE: not set; give the command that starts pollcore")

    def wire(self, **options):
        made = Wire(**options)
        self.addCleanup(made.close)
        return made

    def core(self, *options, **more):
        made = Core(*options, **more)
        self.addCleanup(made.close)
        return made

    def core_on(self, wire, *options, **more):
        made = Core.on(wire, *options, **more)
        self.addCleanup(made.close)
        return made.wait_running()

    def counted(self, core, **expected):
        """Waits until every counter named has the value given."""
        def arrived():
            stats = core.stats()
            return all(stats[name] == value for name, value in expected.items())
        try:
            until(arrived, "counters", 30)
        except AssertionError:
            stats = core.stats()
            self.assertEqual({name: stats[name] for name in expected}, expected, f"of {stats}")

    def home(self, core):
        """Waits until every buffer is back in the pool: one may hold a frame that has just come."""
        self.counted(core, mbufs_free=core.stats()["mbufs_total"])
