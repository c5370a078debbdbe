"""--idle: what the poller does while nothing comes never costs it a packet; and what keeps it from polling shows."""
import time

from rig import RigTest, until


class Idle(RigTest):
    def answers(self, policy):
        net = self.wire()
        running = self.core_on(net, "--idle", policy)
        net.ping(20)
        self.assertGreaterEqual(running.stats()["icmp_replies"], 20)  # ping may have asked once more
        return running

    def test_busy_and_pause_never_sleep(self):
        for policy in ("busy", "pause"):
            running = self.answers(policy)
            self.assertEqual(running.stats()["sleeps"], 0)
            self.assertEqual(running.stop(), 0)

    def test_adaptive_sleeps_and_still_answers(self):
        running = self.answers("adaptive")
        before = running.stats()["sleeps"]
        until(lambda: running.stats()["sleeps"] > before + 100, "naps")
        self.assertEqual(running.stop(), 0)

    def test_adaptive_does_not_sleep_under_load(self):
        running = self.core("--mode", "sink", "--idle", "adaptive", device="net_null0").wait_running()
        until(lambda: running.stats()["rx_packets"] > 100000, "packets")
        self.assertEqual(running.stats()["sleeps"], 0)

    def test_a_wrong_policy_is_told(self):
        running = self.core("--mode", "sink", "--idle", "lazy", device="net_null0")
        self.assertEqual(running.wait(), 2)
        self.assertIn("--idle: 'lazy'; give busy, pause or adaptive", running.output)

    def test_a_poller_that_was_stopped_shows_a_gap(self):
        running = self.core("--mode", "sink", device="net_null0").wait_running()
        before = running.stats()
        with running.stopped():
            time.sleep(0.05)
        until(lambda: running.stats()["poll_gaps_10ms"] > before["poll_gaps_10ms"], "the gap")
        stats = running.stats()
        self.assertGreaterEqual(stats["poll_gap_max_ns"], 40_000_000)
        self.assertGreaterEqual(stats["poll_gaps_10us"], stats["poll_gaps_10ms"])
        self.assertGreater(stats["poller_run_ns"], before["poller_run_ns"])
