"""The program itself: its options and exit codes, its outputs, its telemetry, and recorded files."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from bookfeed_rig import BOOKFEED, FEEDS, OURS, Bookfeed, BookfeedTest, THEIRS, run, until

WANTED = ("--venue", "binance", "--symbols", "NKNUSDT")


class Program(BookfeedTest):
    def said(self, *options, code):
        done = run(*BOOKFEED, *options, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def test_help_and_version(self):
        self.assertIn("--transport NAME", self.said("--help", code=0))
        self.assertRegex(self.said("--version", code=0), r"bookfeed \S+, DPDK \S+, OpenSSL 3\S* .*, lwIP 2\.2\.1")

    def test_what_is_wrong_is_named(self):
        for options, text in (
                ((), "--venue: not given"),
                (("--venue", "nasdaq"), "--venue: 'nasdaq'; give binance"),
                (("--venue", "binance"), "--symbols: not given"),
                ((*WANTED, "--symbols", "A,,B"), "--symbols: 'A,,B'"),
                ((*WANTED, "--depth", "7"), "depth is 5, 10, 20, 50, 100, 500, 1000 or 5000"),
                ((*WANTED, "--stale-ms", "1"), "--stale-ms: '1'; give a number from 100 to 600000"),
                ((*WANTED, "--transport", "lwip"), "--ipv4: not given"),
                ((*WANTED, "--transport", "replay"), "--replay: not given"),
                ((*WANTED, "--connect", "example.org"), "--connect: 'example.org'"),
                ((*WANTED, "--ca", "/nowhere.pem"), "--ca: /nowhere.pem"),
                ((*WANTED, "--backoff-min-ms", "500", "--backoff-max-ms", "100"), "--backoff-min-ms: '500'"),
                ((*WANTED, "--wrong"), "option: '--wrong'"),
                ((*WANTED, "--depth"), "--depth: no value"),
                (("-l", "0", "--", *WANTED), "only --transport lwip takes EAL's options")):
            self.assertIn(text, self.said(*options, code=2))

    def lwip(self, wire, *options, eal=()):
        made = Bookfeed(wire, "lwip", *WANTED, "--connect", f"{THEIRS}:8443", "--ca", self.certificates.ca(), *options,
                        eal=eal)
        self.addCleanup(made.close)
        return made

    def test_no_port(self):
        client = self.lwip(self.wire(), eal=("--no-huge", "-m", "64"))
        self.assertEqual(client.wait(), 3)
        self.assertIn("none probed", client.errors)

    def test_a_gateway_that_is_silent(self):
        client = self.lwip(self.wire(), "--gateway", "10.97.0.9", "--self-test-timeout", "1")
        self.assertEqual(client.wait(), 5)
        self.assertIn("no ARP answer for 1 s", client.errors)

    def test_another_primary(self):
        wire = self.wire()
        self.exchange(wire)
        first = self.lwip(wire)
        first.wait_good()
        second = subprocess.run([*first.command[:4], *BOOKFEED, "-l", "0-1", "--no-huge", "-m", "64", "--no-pci",
                                 "--file-prefix", first.prefix, "--", *WANTED, "--transport", "lwip", "--ipv4", f"{OURS}/24"],
                                capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(second.returncode, 7, second.stderr)
        self.assertEqual(first.stop(), 0)

    def ask(self, client, command):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as made:
            made.settimeout(60)
            made.connect(f"/var/run/dpdk/{client.prefix}/dpdk_telemetry.v2")
            made.recv(16384)
            made.send(command.encode())
            return json.loads(made.recv(65536))[command.split(",")[0]]

    def test_telemetry(self):
        wire = self.wire()
        exchange = self.exchange(wire)
        client = self.lwip(wire, "--gateway", THEIRS)
        client.wait_good()
        exchange.paused.set()
        until(lambda: client.books() == {"NKNUSDT": exchange.market.truth()["NKNUSDT"]}, "the book")
        # It asks again when an answer is late, and counts that as a loss.
        ping = run("ip", "netns", "exec", wire.there, "ping", "-n", "-q", "-i", "0.1", "-c", "3", "-w", "60", OURS)
        self.assertIn(" 3 received", ping.stdout)
        status = self.ask(client, "/bookfeed/status")
        self.assertEqual({key: status[key] for key in ("state", "good", "symbols", "venue", "driver", "link")},
                         {"state": "open", "good": 1, "symbols": 1, "venue": "binance", "driver": "net_af_packet",
                          "link": "up"})
        stats = self.ask(client, "/bookfeed/stats")
        self.assertGreater(stats["rx_packets"], 10)
        self.assertEqual((stats["connects"], stats["checksum_errors"], stats["tx_dropped"]), (1, 0, 0))
        latency = self.ask(client, "/bookfeed/latency")
        for stage in ("json", "book", "burst_to_book"):
            self.assertGreater(latency[f"{stage}_p50_ns"], 0)
        book = self.ask(client, "/bookfeed/book,NKNUSDT")
        bids, asks = exchange.market.truth()["NKNUSDT"]
        self.assertEqual([book["bid_price"], book["bid_quantity"], book["ask_price"], book["ask_quantity"]],
                         [*bids[0], *asks[0]])
        self.assertIn("give one of --symbols", self.ask(client, "/bookfeed/book,OTHER")["error"])
        self.assertEqual(client.stop(), 0, client.errors)

    def test_status_file_and_trace(self):
        wire = self.wire()
        self.exchange(wire, rate=1000)
        with tempfile.TemporaryDirectory() as folder:
            status, trace = pathlib.Path(folder, "status.json"), pathlib.Path(folder, "trace.csv")
            client = self.bookfeed(wire, "--status-file", str(status), "--trace", str(trace))
            client.wait_for(lambda status: status["updates"] > 100, "updates")
            client.wait_good()
            until(status.exists, "the file")
            self.assertEqual(json.loads(status.read_text(encoding="ascii"))["schema"], 1)
            self.assertEqual(client.stop(), 0, client.errors)
            last = json.loads(status.read_text(encoding="ascii"))
            rows = trace.read_text(encoding="ascii").split()[1:]
            self.assertEqual((last["good"], len(rows)), (2, last["updates"]))
            for row in rows:
                stamps = [int(field) for field in row.split(",")][1:]
                self.assertEqual(stamps, sorted(stamps))
            self.assertEqual(os.listdir(folder).count("status.json.new"), 0)

    def recorded(self, name):
        """Where the program sees it too, which may live in a folder with another Debian."""
        return shutil.copy(FEEDS / name, self.folder)

    def replay(self, venue, symbols, stream, *answers):
        text = self.said("--venue", venue, "--symbols", ",".join(symbols), "--transport", "replay", "--output", "json",
                         "--replay", self.recorded(stream), *answers, code=0)
        return json.loads(text)

    @unittest.skipUnless(FEEDS.exists(), f"recorded feeds: {FEEDS} is not there")
    def test_replay_of_recorded_feeds(self):
        kraken = self.replay("kraken", ("XMR/USD", "XBT/CHF"), "KRAKEN.ws.50.0")
        binance = self.replay("binance", ("NKNUSDT", "BLZETH"), "BINANCE.ws.1.0", "--answers",
                              self.recorded("BINANCE.http.0.0"))
        for status in (kraken, binance):
            self.assertEqual((status["good"], status["resyncs"], status["malformed"]), (2, 0, 0), status)
            self.assertGreater(status["updates"], 20)
            stages = status["latency_ns"]
            self.assertEqual({stage["count"] for stage in stages.values()}, {status["updates"]})
            # Snapshots and updates alike are first read, then taken into the book.
            for name in ("json", "book"):
                self.assertGreater(stages[name]["p50"], 0)
                self.assertLessEqual(stages[name]["max"], stages["burst_to_book"]["max"])

    def test_replay_of_what_is_no_record(self):
        with tempfile.NamedTemporaryFile("w", suffix=".feed") as feed:
            feed.write("this is no record\n")
            feed.flush()
            self.assertIn("line 1 is no record", self.said(*WANTED, "--transport", "replay", "--replay", feed.name, code=1))

    def test_the_manager_is_told(self):
        wire = self.wire()
        self.exchange(wire)
        path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(60)
            # The watchdog is fed however rarely something is to be shown.
            client = self.bookfeed(wire, "--interval-ms", "3600000", environment={"NOTIFY_SOCKET": path,
                                                                                  "WATCHDOG_USEC": "4000000"})
            said = [manager.recv(4096).decode()]
            # As many as a slow machine needs for its books: each a third of 4 s after the one before.
            while len(said) < 4 or "2 of 2 books good" not in said[-1] and len(said) < 40:
                said.append(manager.recv(4096).decode())
            self.assertTrue(said[0].startswith("READY=1"), said)
            self.assertTrue(all(one.startswith("WATCHDOG=1") for one in said[1:]), said)
            self.assertIn("binance open, 2 of 2 books good", said[-1])
            self.assertEqual(client.stop(), 0, client.errors)
            while "STOPPING=1" not in said[-1]:
                said.append(manager.recv(4096).decode())

    def test_the_page_and_the_lines(self):
        wire = self.wire()
        self.exchange(wire)
        client = self.bookfeed(wire, "--output", "lines")
        until(lambda: "bookfeed: binance by kernel open, good 2/2" in client.output, lambda: f"good books: {client.output}")
        self.assertEqual(client.stop(), 0, client.errors)
        said = client.output
        self.assertRegex(said, r"NKNUSDT +\d+ bids, \d+ asks, \d+ updates")
        for stage in ("tcp", "tls", "websocket", "json", "book", "burst_to_book"):
            self.assertRegex(said, rf"\n  {stage} +\d+ ")


@unittest.skipUnless(os.path.exists("/usr/lib/x86_64-linux-gnu/libxdp.so.1"), "af_xdp: libxdp is not there")
class Xdp(BookfeedTest):
    """af_xdp shares its buffers with the kernel, which takes them from hugepages alone."""

    transport = "lwip"
    PAGES = 48

    def setUp(self):
        self.count = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
        before = int(self.count.read_text(encoding="ascii"))
        self.count.write_text(str(before + self.PAGES), encoding="ascii")
        self.addCleanup(self.count.write_text, str(before), encoding="ascii")
        self.mount = tempfile.mkdtemp(prefix="bookfeed-huge-")
        self.addCleanup(os.rmdir, self.mount)
        run("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", self.mount)
        self.addCleanup(run, "umount", self.mount)

    def test_af_xdp(self):
        wire = self.wire()
        exchange = self.exchange(wire, rate=1000)
        # libxdp's own: DPDK never gives the umem back.
        suppressions = pathlib.Path(self.folder, "suppressions")
        suppressions.write_text("leak:xsk_umem__create\n", encoding="ascii")
        client = self.bookfeed(wire, eal=("--huge-dir", self.mount, "-m", str(2 * self.PAGES - 8), "--vdev",
                                          f"net_af_xdp0,iface={wire.port}"),
                               environment={"LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0"})
        client.wait_good()
        until(lambda: exchange.sent > 1500, "1500 messages")
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        status = client.status()
        self.assertEqual((status["resyncs"], status["malformed"], status["disconnects"]), (0, 0, 0), status)
        self.assertEqual(client.stop(), 0, client.errors)


if __name__ == "__main__":
    unittest.main()
