"""The machine under the benchmark: hugepages, running programs, their counters and the CPU time they spend."""
import contextlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PAGES = 160  # 2 MB each: one program's pools, and some room
_NR = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
_numbers = itertools.count()


@contextlib.contextmanager
def memory():
    """EAL options for hugepages, reserved for as long as this lasts. Without them every buffer gets a 4 KB page of its
    own, all of them share a few cache sets, and what is measured is that."""
    def read(name):
        return int((_NR / name).read_text(encoding="ascii"))
    for number in (signal.SIGTERM, signal.SIGHUP):  # as by Ctrl-C: what was taken is given back
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    before = read("nr_hugepages")
    mount = None
    try:
        if read("free_hugepages") < PAGES and os.geteuid() == 0:
            (_NR / "nr_hugepages").write_text(str(before + PAGES - read("free_hugepages")), encoding="ascii")
        if read("free_hugepages") < PAGES or os.geteuid() != 0:
            yield ["--no-huge", "-m", "256"]
            return
        mount = tempfile.mkdtemp(prefix="pollcore-bench-")
        subprocess.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", mount], check=True)
        yield ["--huge-dir", mount, "-m", "256"]
    finally:
        if mount:
            subprocess.run(["umount", mount], check=False)
            os.rmdir(mount)
        if read("nr_hugepages") != before and os.geteuid() == 0:
            (_NR / "nr_hugepages").write_text(str(before), encoding="ascii")


class Program:
    """One DPDK program that runs."""

    def __init__(self, command, eal, namespace=None):
        self.prefix = f"bench{os.getpid()}x{next(_numbers)}"
        self.eal = [*eal, "--file-prefix", self.prefix]
        place = command.index("EAL")
        words = [*command[:place], "--no-pci", *self.eal, *command[place + 1:]]
        self.log = tempfile.TemporaryFile()
        if namespace:
            words = ["ip", "netns", "exec", namespace, *words]
        # testpmd ends when it can read no more: a pipe that nobody writes to keeps it.
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def ask(self, command):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        made.settimeout(5)
        with made:
            made.connect(f"/var/run/dpdk/{self.prefix}/dpdk_telemetry.v2")
            made.recv(16384)
            made.send(command.encode())
            return json.loads(made.recv(65536))[command.split(",")[0]]

    def packets(self):
        """Received by all of its ports."""
        return sum(self.ask(f"/ethdev/stats,{port}")["ipackets"] for port in self.ask("/ethdev/list"))

    def until(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError, TypeError, KeyError, ValueError):
                if condition():
                    return
            time.sleep(0.02)
        self.log.seek(0)
        raise RuntimeError(f"{what}: not within {seconds} s: {' '.join(self.process.args)}\n"
                           f"{self.log.read().decode(errors='replace')[-2000:]}")

    def wait_started(self):
        self.until(lambda: self.ask("/ethdev/stats,0") is not None, "ports")

    def wait_packets(self):
        self.until(lambda: self.packets() > 100000, "packets")

    def cpu_ns(self):
        """CPU time of each thread. Time that others steal from it is not in there."""
        times = {}
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                times[task.name] = int((task / "schedstat").read_text(encoding="ascii").split()[0])
        return times

    def cycles_per_packet(self, seconds, tsc_hz):
        cpu, packets = self.cpu_ns(), self.packets()
        time.sleep(seconds)
        spent = max(value - cpu.get(task, 0) for task, value in self.cpu_ns().items())  # the thread that polls
        return spent * tsc_hz / 1e9 / (self.packets() - packets)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT if "testpmd" in self.process.args[0] else signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.log.close()
        shutil.rmtree(f"/var/run/dpdk/{self.prefix}", ignore_errors=True)
