"""forward: a core between two machines, each in a namespace of its own, neither of which notices it."""
import os

from rig import CORE_IPV4, RigTest, until


class Forward(RigTest):
    def test_two_kernels_talk_through_it(self):
        left, right = self.wire(), self.wire()
        right.inside("ip", "address", "flush", "dev", right.peer)
        right.inside("ip", "address", "add", f"{CORE_IPV4}/24", "dev", right.peer)
        devices = [f"net_af_packet{number},iface={net.port},blocksz=65536,framesz=2048,framecnt=2048,qdisc_bypass=1"
                   for number, net in enumerate((left, right))]
        running = self.core("--mode", "forward", device=devices[0], eal=("--vdev", devices[1])).wait_running()
        left.ping(20)
        right.inside("ping", "-n", "-q", "-i", "0.01", "-c", "20", "-w", "60", "10.99.0.2")
        # The two counters of a packet move one after the other.
        until(lambda: self.all_forwarded(running.stats()), lambda: f"all forwarded: {running.stats()}")
        self.home(running)
        self.assertEqual(running.stop(), 0)

    @staticmethod
    def all_forwarded(stats):
        return (stats["rx_packets"] >= 80 and stats["rx_packets"] == stats["tx_packets"] and
                stats["rx_bytes"] == stats["tx_bytes"])

    def test_either_port_misses(self):
        # While it stands still, frames fill the buffer of the second port, whose driver counts what it has no room for.
        net = self.wire()
        running = self.core("--mode", "forward", device="net_ring0", eal=("--vdev", f"net_pcap1,rx_iface_in={net.port},tx_pcap=/dev/null"))
        running.wait_running()
        with running.stopped(), net.raw(0x88B5) as peer:
            for _ in range(3000):
                peer.send(bytes(12) + b"\x88\xb5" + bytes(1400))
        until(lambda: running.stats()["rx_packets"] > 0, "what the buffer held")
        until(lambda: running.stats()["rx_missed"] > 0, "what it did not hold")

    def test_either_link_can_be_down(self):
        running = self.core("--mode", "forward", "--self-test-timeout", "1", device="net_ring0",
                            eal=("--vdev", f"net_memif1,role=server,socket=pollcore-{os.getpid()}"))
        self.assertEqual(running.wait(), 5, running.output)
        self.assertIn("self-test: link of net_memif1: down for 1 s", running.output)

    def test_it_needs_two_ports(self):
        running = self.core("--mode", "forward", device="net_null0")
        self.assertEqual(running.wait(), 3)
        self.assertIn("one probed, forward needs two", running.output)
