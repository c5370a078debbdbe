"""Each fault that an exchange or the way to it can have: no wrong book is ever shown as good, and all is well again."""
import time
import unittest

from bookfeed_rig import Bookfeed, by_each_transport, until


class Faults:
    def upset(self, command, met, what, *options, rate=500):
        """A stream that is good, the fault, its trace in the status, and a stream that is good again."""
        exchange, client = self.both(*options, rate=rate)
        client.wait_good()
        exchange.command(command)
        client.wait_for(met, what)
        status = client.wait_good()
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        self.check_end(client)
        return status

    def test_a_gap(self):
        status = self.upset("gap", lambda status: status["resyncs"] == 1, "a resync")
        self.assertEqual((status["disconnects"], status["why"].split(": ")[-1]), (0, "gap"))

    def test_a_number_that_is_none(self):
        status = self.upset("tampered", lambda status: status["malformed"] == 1, "a malformed message")
        self.assertEqual(status["disconnects"], 0)

    def test_half_a_message(self):
        status = self.upset("malformed", lambda status: status["malformed"] == 1, "a malformed message")
        self.assertEqual(status["disconnects"], 0)

    def test_half_a_frame_and_the_end(self):
        self.upset("half", lambda status: status["disconnects"] == 1, "a disconnect")

    def test_a_reset(self):
        self.upset("reset", lambda status: status["disconnects"] == 1, "a disconnect")

    def test_a_close(self):
        status = self.upset("close", lambda status: status["disconnects"] == 1, "a disconnect")
        self.assertIn("1001 going away", status["why"])

    def test_a_frame_that_breaks_the_rules(self):
        status = self.upset("badframe", lambda status: status["disconnects"] == 1, "a disconnect")
        self.assertIn("a reserved bit without an extension", status["why"])

    def test_a_server_that_falls_silent(self):
        status = self.upset("silent", lambda status: status["disconnects"] == 1, "a disconnect", "--stale-ms", "1000")
        self.assertIn("nothing heard for 1000 ms", status["why"])

    def test_a_snapshot_older_than_the_stream(self):
        exchange, client = self.both(rate=500)
        client.wait_good()
        exchange.command("gap")
        exchange.command("old-snapshot")
        client.wait_for(lambda status: status["snapshots"] >= 4, "another snapshot")
        client.wait_good()
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        self.check_end(client)

    def test_no_snapshot_at_first(self):
        wire = self.wire()
        exchange = self.exchange(wire, rate=500)
        exchange.command("snapshot-error")
        client = self.bookfeed(wire)
        client.wait_for(lambda status: status["snapshot_failures"] == 1, "a failure")
        status = client.wait_good()
        self.assertIn("HTTP status 500", status["why"])
        self.check_books(exchange, client)
        self.check_end(client)

    def refused(self, command, why):
        wire = self.wire()
        exchange = self.exchange(wire)
        exchange.command(command)
        client = self.bookfeed(wire)
        status = client.wait_for(lambda status: status["failures"] == 1, "a failure")
        self.assertIn(why, status["why"])
        client.wait_good()
        self.check_books(exchange, client)
        self.check_end(client)

    def test_an_extension_nobody_asked_for(self):
        self.refused("deflate", "permessage-deflate")

    def test_too_many_requests(self):
        self.refused("refuse", "429")

    def test_nobody_listens(self):
        wire = self.wire()
        client = self.bookfeed(wire)
        client.wait_for(lambda status: status["failures"] >= 3, "failures")
        exchange = self.exchange(wire)
        client.wait_good()
        self.check_books(exchange, client)
        self.check_end(client)

    def test_fifty_reconnections(self):
        # Else the waits would grow: a server that ends each connection at once is left alone.
        exchange, client = self.both("--backoff-max-ms", "100", rate=1000)
        client.wait_good()
        before = client.descriptors()
        for number in range(1, 51):
            exchange.command(("reset", "half", "close")[number % 3])
            client.wait_for(lambda status, number=number: status["connects"] == number + 1, f"connection {number + 1}")
            client.wait_good()
        # The last snapshot's connection, here and before, may still be on its way to its end; fifty would stay.
        until(lambda: client.descriptors() <= before, lambda: f"{client.descriptors()} descriptors, {before} before")
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        self.check_end(client)

    def test_a_link_that_flaps(self):
        wire = self.wire()
        exchange = self.exchange(wire, rate=500)
        client = self.bookfeed(wire, "--stale-ms", "20000")
        client.wait_good()
        for number in range(6):
            with wire.cut(("here", "there")[number % 2]):
                time.sleep(0.3)
            before = client.status()["messages"]
            client.wait_for(lambda status, before=before: status["messages"] > before + 50, "messages after the flap")
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        # TCP has sent again what was lost, and the stream knows nothing of it.
        status = client.status()
        self.assertEqual((status["resyncs"], status["malformed"], status["disconnects"]), (0, 0, 0), status)
        self.check_end(client)

    def test_a_link_that_stays_down(self):
        wire = self.wire()
        exchange = self.exchange(wire, rate=500)
        client = self.bookfeed(wire, "--stale-ms", "1000")
        for end in ("here", "there"):
            client.wait_good()
            with wire.cut(end):
                # A busy machine may have brought one already.
                before = client.status()["disconnects"]
                client.wait_for(lambda status, before=before: status["disconnects"] > before and status["good"] == 0,
                                "a disconnect, and no good book")
        client.wait_good()
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        self.check_end(client)

    def test_one_per_cent_lost_or_swapped(self):
        wire = self.wire(loss=0.01)
        exchange = self.exchange(wire, rate=1000)
        client = self.bookfeed(wire, "--stale-ms", "10000")
        client.wait_good()
        # How many frames that are is TCP's to say.
        until(lambda: exchange.sent > 8000 and wire.dropped > 20, "8000 messages, 20 frames lost", 180)
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        status = client.status()
        self.assertEqual((status["resyncs"], status["malformed"], status["disconnects"]), (0, 0, 0), status)
        self.check_end(client)


class Certificates:
    def check_refused(self, certificate, why, *options):
        wire = self.wire()
        exchange = self.exchange(wire, certificate=certificate)
        client = Bookfeed(wire, self.transport, "--venue", "binance", "--symbols", "NKNUSDT", "--connect",
                          "10.97.0.2:8443", "--backoff-min-ms", "20", *(options or ("--ca", self.certificates.ca())))
        self.addCleanup(client.close)
        status = client.wait_for(lambda status: status["failures"] >= 2, "failures")
        self.assertIn(why, status["why"])
        self.assertEqual((status["connects"], exchange.connections, exchange.requests), (0, 0, []))
        self.check_end(client)

    def test_expired(self):
        self.check_refused("expired", "certificate has expired")

    def test_not_yet_valid(self):
        self.check_refused("future", "certificate is not yet valid")

    def test_of_another_host(self):
        self.check_refused("other-host", "hostname mismatch")

    def test_of_another_ca(self):
        self.check_refused("other-ca", "unable to get local issuer certificate")

    def test_of_nobody(self):
        self.check_refused("self-signed", "self-signed certificate")

    def test_right_but_not_of_the_systems_cas(self):
        self.check_refused("right", "unable to get local issuer certificate", "--stale-ms", "5000")


by_each_transport(globals(), Faults, Certificates)

if __name__ == "__main__":
    unittest.main()
