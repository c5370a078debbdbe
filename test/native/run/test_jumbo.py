"""Frames up to an MTU of 9001: in several buffers where the device scatters, in large ones where it does not."""
import pathlib
import tempfile

from loss_free import listens
from rig import CORE_IPV4, PEER_IPV4, RigTest, until
from tap import Tap


class Jumbo(RigTest):
    def test_scattered_buffers_of_a_tap(self):
        # The driver reads into as many buffers as its ring has, and the kernel takes no more than 1024 at once.
        tap = Tap(self, "--mtu", "9001", "--rx-desc", "512", mtu=9001)
        self.assertEqual(tap.core.status()["scatter"], "on")
        # The kernel computed these checksums over what arrives in up to five buffers. Answers that exceed the MTU of
        # its own making the driver does not send: those go by memif below.
        sizes = (1, 1472, 2000, 2034, 2035, 4096, 8972, 8973)
        with tap.udp() as peer:
            for size in sizes:
                peer.sendto((bytes(range(256)) * 36)[:size], (CORE_IPV4, 7))
        self.counted(tap.core, udp_replies=len(sizes), drop_multi_segment=0, drop_udp_checksum=0)

    def test_large_buffers_of_af_packet(self):
        net = self.wire(mtu=8000)
        core = self.core_on(net, "--mtu", "8160", device=f"net_af_packet0,iface={net.port},blocksz=65536,framesz=8192,"
                                                         "framecnt=512,qdisc_bypass=1")
        self.assertEqual(core.status()["scatter"], "off")
        net.ping(20, "-M", "do", "-s", "7972")
        with net.udp() as peer:
            peer.sendto(bytes(7000), (CORE_IPV4, 7))
            self.assertEqual(peer.recv(9000), bytes(7000))
        self.assertEqual(core.stats()["drop_multi_segment"], 0)

    def exchange(self, mode, *options):
        """A generator of 9019-byte frames over memif, whose buffers are 2 KB; the other end's mbufs are too."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "memif"
        device = f"net_memif0,id=0,socket={path},socket-abstract=no,rsize=12,role="
        more = ("--idle", "adaptive", "--self-test-timeout", "60")
        self.other = other = self.core("--mode", mode, *options, *more, device=device + "server")
        until(lambda: listens(path), "the socket")
        generator = self.core("--mode", "generate", "--ipv4", PEER_IPV4, *more, "--mtu", "9001", "--frame-size", "9019",
                              "--rate", "0", *self.peer, device=device + "client")
        other.wait_running()
        generator.wait_running()
        generator.ask("/pollcore/rate,500")
        until(lambda: generator.ask("/pollcore/latency")["sent"] >= 500, "packets sent")
        generator.ask("/pollcore/rate,0")
        until(lambda: generator.ask("/pollcore/latency")["received"] == generator.ask("/pollcore/latency")["sent"],
              "all back")
        done = generator.ask("/pollcore/latency")
        self.assertEqual((done["missing"], done["duplicates"], done["invalid"]), (0, 0, 0), done)
        stats = other.stats()
        questions = stats["arp_replies"]
        self.assertEqual(stats["rx_bytes"], (stats["rx_packets"] - questions) * 9015 + questions * 60)
        return stats, done["sent"]

    def test_reflect_sends_chains_back(self):
        self.peer = ("--peer-mac", "02:00:00:00:00:63", "--peer-ipv4", CORE_IPV4)
        _, sent = self.exchange("reflect")
        self.counted(self.other, tx_packets=sent)

    def test_respond_answers_chains(self):
        # Found by ARP, which takes a short frame, and another where the answer takes long.
        self.peer = ("--peer-ipv4", CORE_IPV4)
        stats, sent = self.exchange("respond", "--ipv4", CORE_IPV4)
        self.counted(self.other, udp_replies=sent)
        self.assertGreaterEqual(stats["arp_replies"], 1)
