"""A veth whose other end goes down and comes back: the core goes on, and answers again."""
from rig import CORE_IPV4, RigTest, run, until


class LinkFlaps(RigTest):
    def setUp(self):
        super().setUp()
        self.net = self.wire()
        self.running = self.core_on(self.net)

    def flap(self, direction):
        self.net.inside("ip", "link", "set", self.net.peer, direction)

    def test_ten_flaps_under_ping(self):
        self.net.ping(3)
        for _ in range(10):
            self.flap("down")
            self.flap("up")
        self.answers_again()

    def test_our_own_end_goes_down(self):
        # net_af_packet tells nothing of it: its link is always up.
        for _ in range(3):
            run("ip", "link", "set", self.net.port, "down")
            before = self.running.stats()["polls"]
            until(lambda before=before: self.running.stats()["polls"] > before, "polling")
            run("ip", "link", "set", self.net.port, "up")
        self.answers_again()

    def answers_again(self):
        until(lambda: self.net.inside("ping", "-n", "-q", "-c", "1", "-W", "1", CORE_IPV4, check=False).returncode == 0,
              "an answer after the flaps")
        self.home(self.running)
        self.assertEqual(self.running.stop(), 0, self.running.output)
