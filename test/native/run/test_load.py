"""Many frames: no buffer is lost, nothing is miscounted, and a stop under load is a clean one."""
import signal
import threading
import time

import frames
from rig import CORE_IPV4, PEER_IPV4, RigTest, until

ROUND = 500


class Load(RigTest):
    def setUp(self):
        super().setUp()
        self.net = self.wire()
        self.running = self.core_on(self.net)
        macs = self.net.mac("port"), self.net.mac("peer")
        echo = frames.echo_request(bytes(18))
        good = frames.ipv4(PEER_IPV4, CORE_IPV4, 1, echo)
        self.good = frames.ether(*macs, 0x0800, good)
        self.bad = frames.ether(*macs, 0x0800, frames.ipv4(PEER_IPV4, CORE_IPV4, 1, echo, damage=1))

    def test_100000_frames_lose_no_buffer(self):
        total = 0
        with self.net.raw(0x88B5) as peer:  # a type of its own, so that no answer fills this socket
            for _ in range(100000 // ROUND):
                for index in range(ROUND):
                    peer.send(self.bad if index % 5 == 0 else self.good)
                total += ROUND
                until(lambda: self.running.stats()["rx_packets"] >= total, f"{total} frames received")
        # A packet is counted when it comes, then when it is judged, then when it has left.
        self.counted(self.running, rx_packets=100000, icmp_replies=80000, drop_ip_checksum=20000)
        until(lambda: self.left() >= 80000, "80000 answers sent or dropped")
        self.assertEqual(self.left(), 80000)
        self.home(self.running)

    def left(self):
        stats = self.running.stats()
        return stats["tx_packets"] + stats["tx_dropped"]

    def flood(self, stop):
        with self.net.raw(0x88B5) as peer:
            while not stop.is_set():
                try:
                    for _ in range(100):
                        peer.send(self.good)
                except OSError:  # the other end may be full, or gone
                    time.sleep(0.001)

    def test_stop_under_load(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            if self.running.process.poll() is not None:
                self.running = self.core_on(self.net)
            stop = threading.Event()
            thread = threading.Thread(target=self.flood, args=(stop,))
            thread.start()
            try:
                until(lambda: self.running.stats()["icmp_replies"] > 1000, "answers under load")
                # While frames come all the time: it does not wait for them to end.
                self.assertEqual(self.running.stop(how), 0, self.running.output)
            finally:
                stop.set()
                thread.join()
            self.assertRegex(self.running.output, r"pollcore: stopped after .* icmp_replies \d{4,}")

    def test_back_pressure_is_counted(self):
        # Nothing leaves through an interface that is down; the poller must not care.
        stop = threading.Event()
        thread = threading.Thread(target=self.flood, args=(stop,))
        thread.start()
        try:
            until(lambda: self.running.stats()["icmp_replies"] > 1000, "answers under load")
            for _ in range(5):
                self.net.inside("ip", "link", "set", self.net.peer, "down")
                time.sleep(0.1)
                self.net.inside("ip", "link", "set", self.net.peer, "up")
                time.sleep(0.1)
        finally:
            stop.set()
            thread.join()
        self.net.ping(3)
        self.home(self.running)
        self.assertEqual(self.running.stop(), 0)
