"""generate and reflect in two processes: nothing is lost at 80 % of the highest loss-free rate. loss_free.py is the
long form, for measuring."""
import time

import loss_free
from rig import RigTest, until


class TwoProcesses(RigTest):
    def pair(self, *options):
        made = loss_free.Pair(*options)
        self.addCleanup(made.close)
        return made.wait_running()

    def test_nothing_is_lost(self):
        pair = self.pair()
        best = loss_free.highest_loss_free(pair, 0.3, lambda text: None)

        def until_enough(seconds):
            # A slow machine's best may be low, and what a pause keeps from leaving in time is skipped.
            time.sleep(seconds)
            until(lambda: pair.latency()["sent"] > 1000, "packets")

        # No faster than the rings can hold for a whole second, in which a busy machine may run neither of the two.
        got = pair.run(min(int(best * 0.8), 5000), 2, until_enough)
        self.assertEqual(loss_free.lost(got), 0, got)
        for name in ("duplicates", "reordered", "late", "invalid"):
            self.assertEqual(got[name], 0, f"{name} of {got}")
        # Counted on the other side too, from the first packet of all on.
        self.assertEqual(pair.reflector.stats()["rx_packets"], pair.generator.stats()["tx_packets"])

    def test_full_rings_lose_nothing(self):
        pair = self.pair()

        def stop_the_reflector(seconds):
            # With a processor each they may never wait for one another.
            with pair.reflector.stopped():
                until(lambda: pair.latency()["stalled"] > 0, "a full ring")
            time.sleep(seconds)

        got = pair.run("max", 2, stop_the_reflector)
        stats = pair.reflector.stats()
        self.assertGreater(got["stalled"], 0)
        # What is lost is counted where it is lost.
        self.assertEqual(pair.generator.stats()["tx_packets"], stats["rx_packets"])
        self.assertEqual(pair.generator.stats()["rx_packets"] + stats["tx_dropped"], stats["rx_packets"])
        # The reflector waits a quarter of a second, for which a busy machine may well stop the other.
        if pair.generator.stats()["poll_gap_max_ns"] < 200e6:
            self.assertEqual(stats["tx_dropped"], 0)
