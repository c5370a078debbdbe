"""Capture on demand: dpdk-dumpcap, a second process, writes what passes the port while the core runs."""
import contextlib
import pathlib
import shutil
import struct
import sys
import tempfile

from rig import POLLCORE, RigTest, run, until

PAGES = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
WANTED = 96


@contextlib.contextmanager
def hugepages():
    """A hugetlbfs with pages for one core, which is all that a second process can share; given back afterwards."""
    total, free = (int((PAGES / name).read_text(encoding="ascii")) for name in ("nr_hugepages", "free_hugepages"))
    added = max(0, WANTED - free)
    (PAGES / "nr_hugepages").write_text(str(total + added), encoding="ascii")
    with tempfile.TemporaryDirectory() as folder:
        run("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "pollcore-test", folder)
        try:
            yield folder
        finally:
            run("umount", "--lazy", folder)
            total = int((PAGES / "nr_hugepages").read_text(encoding="ascii"))
            (PAGES / "nr_hugepages").write_text(str(total - added), encoding="ascii")


def packets_of(path):
    """The captured bytes of each enhanced packet block of a pcapng file."""
    data, at, packets = path.read_bytes(), 0, []
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:
            captured = struct.unpack_from("<I", data, at + 20)[0]
            packets.append(data[at + 28:at + 28 + captured])
        at += size
    return packets


class Capture(RigTest):
    def setUp(self):
        super().setUp()
        # The two must be of one DPDK, so a core that runs in a folder of its own has no partner here.
        if len(POLLCORE) > 1 or not shutil.which("dpdk-dumpcap"):
            reason = "capture: no dpdk-dumpcap of this core's DPDK; apt-get install dpdk-dev"
            print(f"skipped: {reason}", file=sys.stderr)
            self.skipTest(reason)
        self.huge = self.enterContext(hugepages())
        self.file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "capture.pcapng"
        # The second process maps the same addresses. EAL's usual ones are taken where the sanitizer has its shadow.
        memory = ("--huge-dir", self.huge, "-m", "128", "--base-virtaddr", "0x200000000000")
        self.running = self.core("--mode", "generate", "--peer-mac", "02:00:00:00:00:01", "--rate", "1000",
                                 "--flows", "4", device="net_ring0", memory=memory).wait_running()

    def capture(self, count, *options):
        run("dpdk-dumpcap", "--file-prefix", self.running.prefix, "-i", "net_ring0", "-c", str(count),
            "-w", str(self.file), *options)
        return packets_of(self.file)

    def test_what_passes_is_captured(self):
        packets = self.capture(100)
        self.assertGreaterEqual(len(packets), 100)
        self.assertEqual({len(packet) for packet in packets}, {60})
        self.assertEqual({packet[42:44] for packet in packets}, {b"PG"})

    def test_a_filter_chooses(self):
        packets = self.capture(50, "-f", "udp src port 49153")
        self.assertGreaterEqual(len(packets), 50)
        self.assertEqual({struct.unpack("!H", packet[34:36])[0] for packet in packets}, {49153})

    def test_the_core_goes_on(self):
        self.capture(10)
        self.capture(10)
        before = self.running.ask("/pollcore/latency")["received"]
        until(lambda: self.running.ask("/pollcore/latency")["received"] > before + 100, "packets after the capture")
        got = self.running.ask("/pollcore/latency")
        self.assertEqual((got["missing"], got["duplicates"], got["reordered"]), (0, 0, 0))
        self.assertEqual(self.running.stop(), 0, self.running.output)
