"""Round trips over a veth pair: a client that spins in a namespace asks pollcore, testpmd and the kernel in turns."""
import contextlib
import os
import subprocess
import time

from machine import Program
from programs import IPV4, run

PEER = "10.99.0.2"
AF_PACKET = "net_af_packet0,iface={port},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1"
AF_XDP = "net_af_xdp0,iface={port}"


class Wire:
    """veth: `port` in a namespace of its own for whoever answers, `peer` in another for the client."""

    def __init__(self):
        number = os.getpid() % 100000
        self.here, self.there = f"bench-a{number}", f"bench-b{number}"
        self.port, self.peer = f"ba{number}", f"bb{number}"

    def __enter__(self):
        for name in (self.here, self.there):
            run("ip", "netns", "add", name)
        run("ip", "link", "add", self.port, "netns", self.here, "type", "veth", "peer", "name", self.peer,
            "netns", self.there)
        for name, device in ((self.here, self.port), (self.there, self.peer)):
            # A checksum left to the hardware is never computed on a veth.
            self.inside(name, "ethtool", "-K", device, "tx", "off")
            self.inside(name, "sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1")
            self.inside(name, "ip", "link", "set", device, "up")
        self.inside(self.there, "ip", "address", "add", f"{PEER}/24", "dev", self.peer)
        self.inside(self.there, "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
        return self

    def __exit__(self, *_):
        for name in (self.here, self.there):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def inside(self, name, *command):
        return run("ip", "netns", "exec", name, *command)

    @contextlib.contextmanager
    def address(self):
        """The port's own address, when it is the kernel that answers: a poller's port has none."""
        self.inside(self.here, "ip", "address", "add", f"{IPV4}/24", "dev", self.port)
        try:
            yield
        finally:
            self.inside(self.here, "ip", "address", "del", f"{IPV4}/24", "dev", self.port)

    def neighbour(self):
        """testpmd answers no ARP for UDP, so the client is told: for everybody, to be fair."""
        mac = self.inside(self.here, "cat", f"/sys/class/net/{self.port}/address").strip()
        self.inside(self.there, "ip", "neighbour", "replace", IPV4, "lladdr", mac, "dev", self.peer)


def ask(wire, programs, protocol, count):
    words = ["ip", "netns", "exec", wire.there, "taskset", "-c", "0", programs.rtt, protocol, IPV4, str(count)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    times = sorted(int(line) for line in done.stdout.split())
    if len(times) < count * 9 // 10:
        raise RuntimeError(f"{protocol}: {len(times)} of {count} answered")
    return {"p50_us": times[len(times) // 2] / 1e3, "p99_us": times[len(times) * 99 // 100] / 1e3}


def with_kernel(wire, programs, protocol, count, how):
    with wire.address():
        wire.neighbour()
        if protocol == "icmp":
            return ask(wire, programs, protocol, count)
        server = subprocess.Popen(["ip", "netns", "exec", wire.here, "taskset", "-c", "1", programs.rtt, "serve", how])
        try:
            time.sleep(0.2)
            return ask(wire, programs, protocol, count)
        finally:
            server.kill()
            server.wait()


def with_program(wire, programs, memory, protocol, count, command, device):
    wire.neighbour()
    with Program(command, [*memory, "--vdev", device.format(port=wire.port)], wire.here) as running:
        running.wait_started()
        time.sleep(0.3)
        return ask(wire, programs, protocol, count)


def with_idle(wire, programs, memory, count, policy):
    """Also what the polling lcore takes of its CPU while nobody asks."""
    wire.neighbour()
    command = programs.pollcore("respond", "--idle", policy)
    with Program(command, [*memory, "--vdev", AF_PACKET.format(port=wire.port)], wire.here) as running:
        running.wait_started()
        time.sleep(0.3)
        start, before = time.monotonic_ns(), running.cpu_ns()
        time.sleep(0.5)
        spent = max(value - before.get(task, 0) for task, value in running.cpu_ns().items())
        share = 100 * spent / (time.monotonic_ns() - start)
        return {**ask(wire, programs, "udp", count), "cpu_idle_percent": share}


def contenders(programs, memory):
    """name -> function(wire, count); of each protocol the kernel's own answer is the peer."""
    def kernel(protocol, how):
        return lambda wire, count: with_kernel(wire, programs, protocol, count, how)

    def program(protocol, command, device):
        return lambda wire, count: with_program(wire, programs, memory, protocol, count, command, device)
    result = {"UDP echo": {"kernel, blocking": kernel("udp", "block"), "kernel, spinning": kernel("udp", "spin")},
              "ICMP echo": {"kernel": kernel("icmp", "")}}
    for protocol, mode, title in (("udp", "5tswap", "UDP echo"), ("icmp", "icmpecho", "ICMP echo")):
        for device, label in ((AF_PACKET, "af_packet"), (AF_XDP, "af_xdp")):
            result[title][f"testpmd {mode}, {label}"] = program(protocol, programs.testpmd(mode), device)
            result[title][f"pollcore respond, {label}"] = program(protocol, programs.pollcore("respond"), device)
    result["idle policy, UDP echo"] = {
        f"pollcore --idle {policy}": lambda wire, count, policy=policy: with_idle(wire, programs, memory, count, policy)
        for policy in ("busy", "pause", "adaptive")}
    return result
