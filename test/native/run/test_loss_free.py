"""generate and reflect in two processes: nothing is lost at 80 % of the highest loss-free rate. loss_free.py is the
long form, for measuring."""
import loss_free
from rig import RigTest


class TwoProcesses(RigTest):
    def pair(self, *options):
        made = loss_free.Pair(*options)
        self.addCleanup(made.close)
        return made.wait_running()

    def test_nothing_is_lost(self):
        pair = self.pair()
        best = loss_free.highest_loss_free(pair, 0.3, lambda text: None)
        # No faster than the rings can hold for a whole second, in which a busy machine may run neither of the two.
        got = pair.run(min(int(best * 0.8), 5000), 2)
        self.assertGreater(got["sent"], 1000)
        self.assertEqual(loss_free.lost(got), 0, got)
        for name in ("duplicates", "reordered", "late", "invalid"):
            self.assertEqual(got[name], 0, f"{name} of {got}")
        # Counted on the other side too, from the first packet of all on.
        self.assertEqual(pair.reflector.stats()["rx_packets"], pair.generator.stats()["tx_packets"])
