"""What a healthy exchange sends becomes the same books, by whatever TLS, framing and venue."""
import ssl
import time
import unittest

from bookfeed_rig import FEEDS, Recorded, by_each_transport, until

from local_exchange import Endless
from venues import VENUES


class Stream:
    def test_books_become_the_exchanges(self):
        exchange, client = self.both(rate=2000)
        client.wait_good()
        # What came before the snapshot is in no book of its own.
        client.wait_for(lambda status: status["latency_ns"]["burst_to_book"]["count"] > 1000, "1000 messages in the books")
        until(lambda: exchange.sent >= 3000, "3000 messages")
        self.check_books(exchange, client)
        self.check_never_wrong(exchange, client)
        # The last of them may change nothing that is shown; and the answer to the subscription.
        status = client.wait_for(lambda status: status["messages"] >= exchange.sent + 1, "all messages")
        self.assertEqual(status["messages"], exchange.sent + 1)
        self.assertEqual((status["resyncs"], status["malformed"], status["disconnects"]), (0, 0, 0), status)
        self.check_end(client)

    def test_tls_1_2(self):
        exchange, client = self.both(version=ssl.TLSVersion.TLSv1_2)
        client.wait_good()
        self.check_books(exchange, client)
        self.check_end(client)

    def test_tls_1_3(self):
        exchange, client = self.both(version=ssl.TLSVersion.TLSv1_3)
        client.wait_good()
        self.check_books(exchange, client)
        self.check_end(client)

    def test_fragments_and_pings_between_them(self):
        exchange, client = self.both(rate=200)
        client.wait_good()
        for _ in range(5):
            exchange.command("fragments")
            exchange.command("ping")
        status = client.wait_for(lambda status: status["pings"] == 10, "pings answered")
        self.assertEqual((status["resyncs"], status["malformed"], status["disconnects"]), (0, 0, 0))
        self.check_books(exchange, client)
        self.check_end(client)

    def test_the_request_names_host_and_path(self):
        exchange, client = self.both()
        client.wait_good()
        wanted = {"/stream": "stream.binance.com:9443", "/api/v3/depth?symbol=NKNUSDT&limit=1000": "api.binance.com"}
        seen = {path: fields["host"] for path, fields in exchange.requests}
        self.assertEqual({path: seen.get(path) for path in wanted}, wanted)
        self.check_end(client)

    def test_seconds_end_it(self):
        self.exchange(wire := self.wire())
        before = time.monotonic()
        client = self.bookfeed(wire, "--seconds", "1")
        self.assertEqual(client.wait(), 0, client.errors)
        self.assertGreaterEqual(time.monotonic() - before, 1)
        # As far as it got: a slow machine needs more than a second for good books.
        self.assertEqual(client.status()["symbols"], 2)

    @unittest.skipUnless((FEEDS / "KRAKEN.ws.50.0").exists(), f"recorded feeds: {FEEDS} is not there")
    def test_kraken_as_recorded(self):
        market = Recorded(FEEDS / "KRAKEN.ws.50.0")
        exchange = self.exchange(wire := self.wire(), market, rate=3000)
        client = self.bookfeed(wire, venue="kraken", symbols=market.symbols)
        client.wait_good()
        until(exchange.paused.is_set, "the record's end")
        wanted = self.numbers(market.truth())
        until(lambda: self.numbers(client.books()) == wanted, lambda: f"{wanted}; {client.status()}", 60)
        status = client.status()
        self.assertEqual((status["resyncs"], status["malformed"], status["disconnects"]), (0, 0, 0), status)
        self.assertGreater(status["updates"], len(market.updates) - 200)
        self.check_end(client)

    @unittest.skipUnless((FEEDS / "KRAKEN.ws.50.0").exists(), f"recorded feeds: {FEEDS} is not there")
    def test_a_wrong_checksum(self):
        market = Recorded(FEEDS / "KRAKEN.ws.50.0")
        exchange = self.exchange(wire := self.wire(), market, rate=500)
        client = self.bookfeed(wire, venue="kraken", symbols=market.symbols)
        client.wait_good()
        exchange.command("tampered")
        client.wait_for(lambda status: status["resyncs"] == 1, "the resync")
        status = client.wait_good()
        self.assertEqual((status["disconnects"], status["why"].split(": ")[1]), (0, "checksum"), status)
        self.check_end(client)

    def test_coinbase_subscribes_again(self):
        market = Endless(VENUES["coinbase"](), None)
        exchange = self.exchange(wire := self.wire(), market, rate=500)
        client = self.bookfeed(wire, venue="coinbase", symbols=list(market.books))
        client.wait_good()
        exchange.command("malformed")
        client.wait_for(lambda status: status["malformed"] == 1, "a malformed message")
        client.wait_good()
        exchange.paused.set()
        # One message may still be under way.
        until(lambda: self.numbers(client.books()) == self.numbers(market.truth()),
              lambda: f"{market.truth()}; {client.status()}")
        self.assertEqual(client.status()["disconnects"], 0)
        self.check_end(client)

    @staticmethod
    def numbers(books):
        """Texts with and without zeros at their end are the same number."""
        return {name: [[[text.rstrip("0") for text in level] for level in side] for side in book]
                for name, book in books.items()}


by_each_transport(globals(), Stream)
