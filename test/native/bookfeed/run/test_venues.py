"""The markets of the local exchange, recorded or generated: round after round every book follows from its messages."""
import json
import unittest
import zlib

from bookfeed_rig import FEEDS

from local_exchange import Endless
from venues import VENUES, Book

SIDES = {"b": 0, "a": 1, "buy": 0, "sell": 1}


class Follower:
    """Books made of the messages alone, with every id and checksum looked at."""

    def __init__(self, market):
        self.market, self.last = market, {}
        self.books = {name: Book([(side, *level) for side in (0, 1) for level in book.best(side, 1 << 20)],
                                 market.venue.depth) for name, book in market.books.items()}

    def take(self, text):
        message = json.loads(text)
        if isinstance(message, list):
            return self.kraken(message)
        return self.binance(message["data"]) if "data" in message else self.coinbase(message)

    def kraken(self, message):
        name, parts = message[-1], message[1:-2]
        self.books[name].apply((SIDES[key], price, size) for part in parts for key in part if key in SIDES
                               for price, size, *_ in part[key])
        text = "".join(number.replace(".", "").lstrip("0") for side in (1, 0) for level in self.books[name].best(side, 10)
                       for number in level)
        return name, zlib.crc32(text.encode()) == int(parts[-1]["c"])

    def binance(self, data):
        name = data["s"]
        before = data["pu"] if "pu" in data else data["U"] - 1
        right = before == self.last.get(name, before) and data["U"] <= data["u"]
        self.last[name] = data["u"]
        self.books[name].apply((SIDES[key], *level) for key in "ba" for level in data[key])
        return name, right

    def coinbase(self, message):
        name = message["product_id"]
        self.books[name].apply((SIDES[word], *level) for word, *level in message["changes"])
        return name, True


class Venues(unittest.TestCase):
    def follow(self, venue, feeds, count):
        market = Endless(VENUES[venue](), feeds)
        follower = Follower(market)
        for number in range(count):
            name, right = follower.take(market.step())
            book, theirs = follower.books[name], market.books[name]
            self.assertTrue(right, f"{venue}: message {number} of {name}: id or checksum")
            self.assertLess(float(book.best(0, 1)[0][0]), float(book.best(1, 1)[0][0]), f"{venue}: {name} at {number}")
            if number % 100 == 0:
                self.assertEqual(book.sides, theirs.sides, f"{venue}: {name} at {number}")
        self.assertEqual({name: book.sides for name, book in follower.books.items()},
                         {name: book.sides for name, book in market.books.items()})

    def test_generated(self):
        for venue in VENUES:
            with self.subTest(venue):
                self.follow(venue, None, 5000)

    def test_the_same_each_time(self):
        first, second = (Endless(VENUES["kraken"](), None) for _ in range(2))
        self.assertEqual([first.step() for _ in range(500)], [second.step() for _ in range(500)])

    @unittest.skipUnless(FEEDS.exists(), f"recorded feeds: {FEEDS} is not there")
    def test_recorded_round_and_round(self):
        rounds = {"binance": 600, "binance-futures": 3000, "kraken": 9000, "coinbase": 20000}
        for venue, count in rounds.items():
            with self.subTest(venue):
                self.follow(venue, FEEDS, count)
