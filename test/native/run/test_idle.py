"""--idle: what the poller does while nothing comes never costs it a packet."""
from rig import RigTest, until


class Idle(RigTest):
    def answers(self, policy):
        net = self.wire()
        running = self.core_on(net, "--idle", policy)
        net.ping(20)
        self.assertEqual(running.stats()["icmp_replies"], 20)
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
