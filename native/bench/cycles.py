"""Cycles per packet: each contest is ours and its peers on the same virtual device, DPDK, burst and core, in turns."""
import contextlib
import subprocess

import echo_pcap
from machine import Program
from programs import CACHE, IPV4, PCAP_MAC, Missing

MEMIF_SOCKET = CACHE / "memif.sock"
RING_FRAMES = 256  # whole bursts for either side, a quarter of the ring


class Contender:
    """One program in one contest. `limit` is the ratio to the contest's peer that ours is to reach. Its packets come
    from the device itself, from `fill`, or from `feed`: a second program, which stays, and its device."""

    def __init__(self, name, command, devices, limit=None, fill=None, feed=None):
        self.name, self.command, self.devices, self.limit, self.fill, self.feed = name, command, devices, limit, fill, feed

    def measure(self, programs, memory, seconds):
        # What the server of a memif before has left.
        MEMIF_SOCKET.unlink(missing_ok=True)
        eal = [*memory, *(word for device in self.devices for word in ("--vdev", device))]
        with Program(self.command, eal) as running:
            running.wait_started()
            if self.fill:
                subprocess.run([programs.fill_ring, "-l", "0", "--proc-type=secondary", "--no-pci", "--no-telemetry",
                                *running.eal, "--", self.fill, str(RING_FRAMES)],
                               check=True, capture_output=True, timeout=30)
            with self.fed():
                running.wait_packets()
                return running.cycles_per_packet(seconds, programs.tsc_hz)

    @contextlib.contextmanager
    def fed(self):
        if self.feed is None:
            yield
            return
        command, device = self.feed
        # Memory of its own, and the other processor to poll on.
        with Program(command, ["--no-huge", "-m", "128", "--main-lcore", "1", "--vdev", device]) as feeding:
            feeding.wait_started()
            yield


def memif(programs):
    """What a generator in a second process sends at its most, received through shared memory. Who is faster waits and
    spins, so these cycles tell the pace of both together."""
    device = f"net_memif0,id=0,socket={MEMIF_SOCKET},socket-abstract=no,rsize=12,role="
    feed = (programs.pollcore("generate", "--peer-mac", "02:00:00:00:00:01", "--peer-ipv4", "10.99.0.2", "--rate", "max",
                              "--self-test-timeout", "60"), device + "client")
    ours = ("--self-test-timeout", "60")  # the link is up once the other process is there
    return [Contender("testpmd rxonly", programs.testpmd("rxonly"), [device + "server"], feed=feed),
            Contender("pollcore sink", programs.pollcore("sink", *ours), [device + "server"], feed=feed),
            Contender("testpmd macswap", programs.testpmd("macswap"), [device + "server"], feed=feed),
            Contender("pollcore reflect", programs.pollcore("reflect", *ours), [device + "server"], feed=feed)]


def contests(programs, hugepages):
    """What runs against what. The first of each is the peer, all ratios are to it."""
    null, nulls = ["net_null0"], ["net_null0", "net_null1"]
    pcap = CACHE / "echo.pcap"
    echo_pcap.write(pcap, PCAP_MAC, IPV4)
    pcaps = [f"net_pcap0,rx_pcap={pcap},infinite_rx=1"]
    result = {
        "net_null, receive": [Contender("testpmd rxonly", programs.testpmd("rxonly"), null),
                              Contender("pollcore sink", programs.pollcore("sink"), null, 1.0),
                              Contender("pollcore sink, pause", programs.pollcore("sink", "--idle", "pause"), null, 1.0),
                              Contender("pollcore sink, adaptive", programs.pollcore("sink", "--idle", "adaptive"), null,
                                        1.0)],
        "net_null, send back": [Contender("testpmd macswap", programs.testpmd("macswap"), null),
                                Contender("pollcore reflect", programs.pollcore("reflect"), null, 1.0)],
        "net_null, two ports": [Contender("l2fwd", programs.l2fwd(), nulls),
                                Contender("l2fwd, MACs kept", programs.l2fwd("--no-mac-updating"), nulls),
                                Contender("pollcore forward", programs.pollcore("forward"), nulls, 0.9)],
        "net_pcap, ICMP echo": [Contender("testpmd icmpecho", programs.testpmd("icmpecho"), pcaps),
                                Contender("testpmd io (floor)", programs.testpmd("io"), pcaps),
                                Contender("pollcore respond", programs.pollcore("respond"), pcaps, 0.8)],
    }
    result["net_memif, two processes"] = memif(programs)
    # A second process fills the ring, and shares memory with the first: that takes hugepages.
    if hugepages:
        ring = ["net_ring0"]
        result["net_ring, looped"] = [
            Contender("testpmd macswap", programs.testpmd("macswap"), ring, fill="mb_pool_0"),
            Contender("pollcore reflect", programs.pollcore("reflect"), ring, 0.9, fill="pollcore")]
    return result


def prove_replies(programs, memory):
    """Lets respond answer into a capture and checks each reply byte for byte; how many it were."""
    asked, answered = CACHE / "echo.pcap", CACHE / "replies.pcap"
    with contextlib.suppress(FileNotFoundError):
        answered.unlink()
    device = f"net_pcap0,rx_pcap={asked},tx_pcap={answered},infinite_rx=1"
    with Program(programs.pollcore("respond"), [*memory, "--vdev", device]) as running:
        running.wait_packets()
    count = echo_pcap.replies_are_right(answered, PCAP_MAC, IPV4)
    answered.unlink()
    if count < 1000:
        raise Missing(f"replies: {count} in the capture; at least 1000 were to be proven")
    return count
