"""The numbers as Prometheus scrapes them, and clients that do not behave."""
import contextlib
import pathlib
import random
import re
import resource
import socket
import tempfile
import time
import urllib.request

from rig import RigTest, until

SAMPLE = re.compile(r'^(pollcore_[a-z0-9_]+)(\{([a-z]+="[^"]*",?)*\})? (\d+)$')


def free_port():
    """Below those that the kernel gives to whoever asks for any: nobody takes it between this and the core's start."""
    for port in random.sample(range(20000, 30000), 100):
        with contextlib.suppress(OSError), socket.socket() as made:
            made.bind(("127.0.0.1", port))
            return port
    raise AssertionError("ports 20000 to 29999: a hundred tried, none free")


class Metrics(RigTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.running = self.core("--mode", "sink", "--metrics", f"127.0.0.1:{self.port}", "--peer-mac", "02:00:00:00:00:01",
                                 device="net_null0").wait_running()

    def scrape(self, path="/metrics"):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4")
            return answer.read().decode()

    def samples(self):
        return {match.group(1) + (match.group(2) or ""): int(match.group(4))
                for match in map(SAMPLE.match, self.scrape().splitlines()) if match}

    def test_every_line_is_well_formed_and_typed(self):
        typed = set()
        for line in self.scrape().splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, typed, "declared twice")
                # The size of the pool is called as telemetry calls it.
                self.assertEqual(name.endswith("_total") and name != "pollcore_mbufs_total", kind == "counter", line)
                typed.add(name)
            else:
                name = SAMPLE.match(line).group(1)
                # A histogram is declared once for its three kinds of sample.
                self.assertIn(re.sub(r"^(pollcore_burst_packets)_(bucket|sum|count)$", r"\1", name), typed, line)
        self.assertGreater(len(typed), 20)

    def test_the_same_numbers_as_telemetry(self):
        self.running.ask("/pollcore/mode,respond")
        before = self.running.stats()
        samples = self.samples()
        after = self.running.stats()
        self.assertEqual(samples["pollcore_mbufs_total"], before["mbufs_total"])
        for name in ("rx_packets", "rx_bytes", "polls"):
            self.assertLessEqual(before[name], samples[f"pollcore_{name}_total"])
            self.assertLessEqual(samples[f"pollcore_{name}_total"], after[name])
        self.assertIn('pollcore_rx_dropped_total{reason="ethertype"}', samples)
        self.assertEqual(samples["pollcore_link_up"], 1)

    def test_other_paths_are_not_found(self):
        for path in ("/", "/metricsx", "/pollcore/mode,respond"):
            with self.assertRaisesRegex(urllib.error.HTTPError, "404"):
                self.scrape(path)

    def test_clients_that_do_not_behave(self):
        for data in (b"", b"\0" * 5000, b"GET /metrics", b"POST /metrics HTTP/1.1\r\n\r\n", b"\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.port)) as made:
                made.sendall(data)
        silent = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(2)]
        before = self.running.stats()["polls"]
        until(lambda: self.running.stats()["polls"] > before, "polling")
        # They are hung up on after two seconds each, and then others have their turn.
        until(self.answers, "metrics")
        for made in silent:
            made.close()
        self.assertEqual(self.running.stop(), 0, self.running.output)

    def test_no_descriptor_for_a_while(self):
        pid = self.running.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = {int(entry.name) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
        free = min(set(range(len(used) + 1)) - used)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, limits[1]))
        # The call that waits has its descriptor already: this client takes it.
        socket.create_connection(("127.0.0.1", self.port)).close()
        time.sleep(0.5)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        until(self.answers, "metrics")

    def answers(self):
        try:
            return "pollcore_info" in self.scrape()
        except OSError:
            return False

    def test_a_port_in_use(self):
        second = self.core("--mode", "sink", "--metrics", f"127.0.0.1:{self.port}", device="net_null0")
        self.assertEqual(second.wait(), 1)
        self.assertIn("--metrics: cannot listen: Address already in use; give another port or path", second.output)

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "metrics"
            for _ in range(2):  # the second time over a socket that a killed one left
                core = self.core("--mode", "sink", "--metrics", str(path), device="net_null0").wait_running()
                with socket.socket(socket.AF_UNIX) as made:
                    made.connect(str(path))
                    made.sendall(b"GET /metrics HTTP/1.1\r\nHost: pollcore\r\n\r\n")
                    self.assertIn(b"200 OK", made.recv(4096))
                core.close()
                self.assertTrue(path.exists())
            core = self.core("--mode", "sink", "--metrics", str(path), device="net_null0").wait_running()
            self.assertEqual(core.stop(), 0)
            self.assertFalse(path.exists())
