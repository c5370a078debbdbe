"""Several queues, each polled by an lcore of its own: all of them work, and what they count adds up."""
import os
import pathlib
import re
import tempfile
import urllib.request

import frames
from loss_free import listens
from rig import CORE_IPV4, PEER_IPV4, RigTest, until
from test_metrics import free_port

# Three lcores on two processors: the pollers nap, so that none waits for another's time slice.
THREE = {"lcores": "0@0,1@0,2@1"}
FOUR = {"lcores": "0@0,1@0,2@1,3@1"}
COUNTED = ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "tx_dropped", "rx_dropped")


class Queues(RigTest):
    def af_packet(self, *options):
        self.net = self.wire()
        device = (f"net_af_packet0,iface={self.net.port},qpairs=2,blocksz=65536,framesz=2048,framecnt=2048,"
                  "qdisc_bypass=1")
        return self.core_on(self.net, "--queues", "2", "--idle", "adaptive", *options, device=device, **THREE)

    @staticmethod
    def stolen_ns():
        """What the host gave of both processors to other machines."""
        lines = [line.split() for line in pathlib.Path("/proc/stat").read_text(encoding="ascii").splitlines()]
        return sum(int(line[8]) for line in lines if line[0] in ("cpu0", "cpu1")) * (10**9 // os.sysconf("SC_CLK_TCK"))

    def test_what_the_host_takes_counts_once_a_processor(self):
        # Three pollers on two processors: lcores share one, and their numbers are not its.
        core = self.core("--mode", "sink", "--queues", "3", "--idle", "adaptive", device="net_ring0", **FOUR)
        core.wait_running()
        before = self.stolen_ns()
        told = core.stats()["cpu_steal_ns"]
        self.assertGreaterEqual(told, before)
        self.assertLessEqual(told, self.stolen_ns())

    def flows(self, count):
        """One datagram of each of so many flows to our echo service; the kernel spreads them by a hash."""
        macs = self.net.mac("port"), self.net.mac("peer")
        with self.net.raw(0x88B5) as peer:
            for port in range(20000, 20000 + count):
                peer.send(frames.ether(*macs, 0x0800, frames.ipv4(
                    PEER_IPV4, CORE_IPV4, 17, frames.udp(PEER_IPV4, CORE_IPV4, port, 7, b"abcdefghij" * 2))))

    def check_sums(self, core):
        """What the queues counted is what the core counted, once nothing moves; their numbers, by name."""
        def agree():
            queues, stats = core.ask("/pollcore/queues"), core.stats()
            return queues if all(sum(queues[name]) == stats[name] for name in COUNTED) else None
        return until(agree, lambda: f"sums: {core.ask('/pollcore/queues')} of {core.stats()}", 30)

    def test_each_queue_gets_its_flows(self):
        for mode in ("respond", "sink", "reflect"):
            with self.subTest(mode):
                core = self.af_packet("--mode", mode)
                self.flows(200)
                if mode == "respond":  # the kernel complains of answers that nobody asked for
                    self.counted(core, udp_replies=200)
                else:
                    self.counted(core, rx_packets=200, tx_packets=0 if mode == "sink" else 200)
                queues = self.check_sums(core)
                self.assertEqual(queues["queues"], 2)
                self.assertGreater(min(queues["rx_packets"]), 20, queues)
                self.assertEqual(core.status()["queues"], 2)
                self.home(core)
                self.assertEqual(core.stop(), 0, core.output)
                told = re.findall(r"queue (\d) on lcore (\d): rx (\d+) packets", core.output)
                self.assertEqual([row[:2] for row in told], [("0", "1"), ("1", "2")], core.output)
                self.assertGreaterEqual(sum(int(row[2]) for row in told), sum(queues["rx_packets"]))

    def test_answers_come_back_by_either_queue(self):
        core = self.af_packet()
        self.net.ping(20)
        with self.net.udp() as peer:
            for number in range(50):
                peer.sendto(b"%d" % number, (CORE_IPV4, 7))
                self.assertEqual(peer.recv(2048), b"%d" % number)
        self.check_sums(core)

    def test_a_gateway_may_answer_by_any_queue(self):
        core = self.af_packet("--gateway", PEER_IPV4)
        self.assertEqual(core.status()["gateway_arp"], "answered")

    def test_three_queues_without_rest(self):
        core = self.core("--mode", "sink", "--queues", "3", device="net_null0", **FOUR).wait_running()
        until(lambda: min(core.ask("/pollcore/queues")["rx_packets"]) > 10000, "three queues polled")
        self.assertEqual(core.stop(), 0, core.output)
        each = [int(count) for count in re.findall(r"queue \d on lcore \d: rx (\d+) packets", core.output)]
        total = int(re.search(r"stopped after [\d.]+ s: rx (\d+) packets", core.output).group(1))
        self.assertEqual(len(each), 3)
        self.assertEqual(sum(each), total)

    def test_forward_on_two_queues(self):
        core = self.core("--mode", "forward", "--queues", "2", device="net_null0", eal=("--vdev", "net_null1"),
                         **THREE).wait_running()
        until(lambda: min(core.ask("/pollcore/queues")["tx_packets"]) > 10000, "two queues forwarding")
        self.assertEqual(core.stop(), 0, core.output)
        each = re.findall(r"lcore \d: rx (\d+) packets \d+ bytes, tx (\d+) packets", core.output)
        self.assertEqual([row[0] for row in each], [row[1] for row in each])

    def generated(self, core, packets, by_each=0):
        """So many packets of this measurement, and so many of all by each queue, which may wait long for a processor."""
        until(lambda: core.ask("/pollcore/latency")["sent"] >= packets, "packets sent")
        until(lambda: min(core.ask("/pollcore/queues")["tx_packets"]) > by_each, "packets sent by each queue")
        core.ask("/pollcore/rate,0")
        return until(lambda: (lambda now: now if now["received"] == now["sent"] else None)(
            core.ask("/pollcore/latency")), "all back")

    def test_generate_on_two_queues(self):
        # net_ring gives back on each queue what was sent on it.
        core = self.core("--mode", "generate", "--peer-mac", "02:00:00:00:00:63", "--peer-ipv4", PEER_IPV4, "--ipv4",
                         CORE_IPV4, "--rate", "20001", "--queues", "2", device="net_ring0", **THREE).wait_running()
        for rate in (20001, 3, 40000):
            core.ask(f"/pollcore/rate,{rate}")
            done = self.generated(core, 6 if rate == 3 else 4000, 1000)
            for name in ("missing", "in_flight", "duplicates", "reordered", "late", "invalid"):
                self.assertEqual(done[name], 0, f"{name} of {done}")
        queues = self.check_sums(core)
        # Half each is test_traffic's.
        self.assertGreater(min(queues["tx_packets"]), 1000, queues)

    def test_generate_and_reflect_on_two_queues(self):
        """Two processes over memif; the generator's two queues are the reflector's, crossed by neither."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "memif"
        device = f"net_memif0,id=0,socket={path},socket-abstract=no,rsize=13,role="
        more = ("--queues", "2", "--idle", "adaptive", "--self-test-timeout", "60")
        reflector = self.core("--mode", "reflect", *more, device=device + "server", **THREE)
        # A client asks once, when it starts.
        until(lambda: listens(path), "the reflector's socket")
        generator = self.core("--mode", "generate", "--peer-mac", "02:00:00:00:00:63", "--rate", "4000", "--flows", "16",
                              *more, device=device + "client", **THREE)
        reflector.wait_running()
        generator.wait_running()
        done = self.generated(generator, 8000, 1000)
        self.assertEqual((done["missing"], done["duplicates"], done["invalid"]), (0, 0, 0), done)
        self.assertGreater(min(self.check_sums(generator)["rx_packets"]), 1000)
        self.assertGreater(min(self.check_sums(reflector)["rx_packets"]), 1000)

    def test_a_change_of_mode_reaches_every_queue(self):
        core = self.core("--mode", "sink", "--queues", "2", device="net_null0", **THREE).wait_running()
        core.ask("/pollcore/mode,reflect")
        until(lambda: min(core.ask("/pollcore/queues")["tx_packets"]) > 0, "both queues reflect")

    def test_too_many_queues(self):
        wire = self.wire()
        for options, lcores, device, said in (
                (("--queues", "2"), "0@0,1@0,2@1", f"net_af_packet0,iface={wire.port}",
                 "--queues: '2'; net_af_packet0 has 1, give no more"),
                (("--queues", "3"), "0@0,1@0,2@1", "net_null0",
                 "lcores: 3; 4 are needed, such as -l 0-3: one controls, each other polls a queue"),
                (("--queues", "17"), "0@0,1@0", "net_null0", "--queues: '17'; give a number from 1 to 16")):
            with self.subTest(said):
                core = self.core("--mode", "sink", *options, device=device, lcores=lcores)
                self.assertEqual(core.wait(), 2, core.output)
                self.assertIn(said, core.output)

    def test_metrics_tell_the_queues_apart(self):
        port = free_port()
        core = self.af_packet("--mode", "sink", "--metrics", f"127.0.0.1:{port}")
        self.flows(50)
        self.counted(core, rx_packets=50)
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
        each = [int(value) for value in re.findall(r'^pollcore_queue_rx_packets_total{queue="\d"} (\d+)$', text, re.M)]
        self.assertEqual(len(each), 2)
        self.assertEqual(sum(each), 50)
        self.assertIn("pollcore_burst_packets_sum 50\n", text)
        self.assertRegex(text, r'pollcore_burst_packets_bucket{le="\+Inf"} \d+\n')
