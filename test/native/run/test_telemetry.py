"""The telemetry socket: the promised keys, and abuse that the poller must not notice."""
import json
import socket

from rig import RigTest, until

STATUS = {"version", "dpdk", "state", "self_test", "gateway_arp", "mode", "alarms", "port", "device", "driver", "mac",
          "ipv4", "link", "link_mbps", "burst", "queues",
          "tx_checksum", "rx_checksum", "scatter", "uptime_s", "resets", "pid"}
STATS = {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "tx_dropped", "arp_replies", "icmp_replies",
         "udp_replies", "rx_dropped", "polls", "polls_empty", "rx_missed", "rx_nombuf", "mbufs_free", "mbufs_total"}


class Telemetry(RigTest):
    def setUp(self):
        super().setUp()
        self.running = self.core("--ipv4", "10.99.0.1", device="net_null0", eal=["--vdev", "net_null1"]).wait_running()

    def test_status(self):
        status = self.running.status()
        self.assertEqual(set(status), STATUS)
        self.assertRegex(status.pop("mac"), r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
        self.assertRegex(status.pop("version"), r"^\d+\.\d+\.\d+$")
        self.assertRegex(status.pop("dpdk"), r"^\d+\.\d+\.\d+$")
        self.assertGreaterEqual(status.pop("uptime_s"), 0)
        self.assertIsInstance(status.pop("link_mbps"), int)
        self.assertEqual(status, {
            "state": "running", "self_test": "passed", "gateway_arp": "not asked", "mode": "respond", "alarms": "",
            "port": 0, "device": "net_null0", "driver": "net_null", "ipv4": "10.99.0.1", "link": "up", "burst": 32,
            "queues": 1, "tx_checksum": "software", "rx_checksum": "software", "scatter": "off", "resets": 0,
            "pid": self.running.process.pid})

    def test_stats(self):
        # It may not have polled yet.
        until(lambda: self.running.stats()["drop_ethertype"] > 0, "a drop")
        stats = self.running.stats()
        self.assertLessEqual(STATS, set(stats))
        drops = {name: value for name, value in stats.items() if name.startswith("drop_")}
        self.assertGreater(len(drops), 15)
        self.assertTrue(all(isinstance(value, int) for value in stats.values()), stats)
        self.assertEqual(stats["rx_dropped"], sum(drops.values()))
        # Frames of zeros: an EtherType that nobody has.
        self.assertEqual({name for name, value in drops.items() if value}, {"drop_ethertype"})

    def test_counters_only_grow(self):
        before = self.running.stats()
        until(lambda: self.running.stats()["rx_packets"] > before["rx_packets"], "growth")
        after = self.running.stats()
        for name, value in before.items():
            if not name.startswith(("mbufs_", "cycles_per_")):
                self.assertGreaterEqual(after[name], value, name)

    def test_xstats(self):
        self.assertIn("rx_good_packets", self.running.ask("/pollcore/xstats"))

    def test_listed_with_help(self):
        commands = self.running.ask("/")
        for name in ("status", "stats", "xstats"):
            self.assertIn(f"/pollcore/{name}", commands)
            text = self.running.ask(f"/help,/pollcore/{name}")
            self.assertIn("No parameter", json.dumps(text))

    def test_parameters_are_refused(self):
        for params in ("x", "0", "a,b", "%s%n", '"', "x" * 900):
            for name in ("status", "stats", "xstats"):
                answer = self.running.ask(f"/pollcore/{name},{params}")
                self.assertIn("it takes no parameter", answer["error"])

    def test_nonsense_on_the_socket(self):
        for data in (b"\0", b"\xff" * 1000, b"/pollcore", b"/pollcore/", b"/pollcore/nothing", b"/pollcore/stats" * 60,
                     b",", b",,,,", b"/pollcore/stats\n", b"/pollcore/stats,\xff\xfe\x01", b"x" * 60000):
            with self.running.telemetry() as made:
                made.send(data)
                try:
                    made.recv(65536)
                except OSError:
                    pass  # to be hung up on is a fair answer
        self.assertEqual(self.running.status()["state"], "running")

    def test_clients_that_leave_at_once(self):
        for _ in range(200):
            made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            made.connect(self.running.socket_path)
            made.close()
        for _ in range(50):
            try:
                with self.running.telemetry() as made:
                    made.send(b"/pollcore/stats")
            except OSError:
                pass  # DPDK serves ten clients at a time and hangs up on more
        until(self.says_running, "an answer to a client that stays")

    def says_running(self):
        try:
            return self.running.status()["state"] == "running"
        except (OSError, ValueError):
            return False  # still one client too many

    def test_clients_that_never_read(self):
        held = [self.running.telemetry() for _ in range(8)]
        for made in held:
            self.addCleanup(made.close)
            made.setblocking(False)
            try:
                for _ in range(1000):
                    made.send(b"/pollcore/stats")
            except BlockingIOError:
                pass
        before = self.polls()
        until(lambda: self.polls() > before, "polling")
        for made in held:
            made.close()
        self.assertEqual(self.running.stop(), 0, self.running.output)

    def polls(self):
        """Read from the process itself: every telemetry client slot may be taken."""
        with open(f"/proc/{self.running.process.pid}/stat", encoding="ascii") as file:
            return int(file.read().split()[13])
