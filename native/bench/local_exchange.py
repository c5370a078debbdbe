#!/usr/bin/env python3
"""The exchange of `npm start -- --workload bookfeed`: replays a recorded feed round and round, or, where there is none, a
market that moves by chance, the same each time.

usage: local_exchange.py --venue NAME --address A.B.C.D --port N --folder DIR [--feeds DIR] [--rate N]

Writes DIR/ca.pem, listens, and prints a JSON line with what it plays. The line `end` on standard input stops the stream
and prints how much was sent and the best five levels of each book. The end of standard input ends it.
"""
import argparse
import json
import pathlib
import random
import sys
import threading
import time

from certificates import Certificates
from exchange import Exchange, say
from venues import ASK, BID, VENUES, Book

SIDE_LEVELS = 200  # of a generated book at its start
REACH = 300  # ticks around the middle where it has levels
DRIFT = 200  # ticks that the middle goes from its start at most


class Endless:
    """What exchange.py streams: .step() gives the next message, for ever."""

    def __init__(self, venue, feeds):
        self.venue, self.lock, self.answers = venue, threading.Lock(), 0
        self.recorded = feeds is not None and (feeds / venue.stream).exists()
        starts, updates = venue.load(feeds) if self.recorded else self._generate()
        self.books = {name: Book(self._levels(book), venue.depth) for name, book in starts.items()}
        self.messages = self._replay(starts, updates) if self.recorded else self._move()

    @staticmethod
    def _levels(book):
        return [(side, *level) for side, levels in enumerate(book.sides) for level in levels.values()]

    def _replay(self, starts, updates):
        while True:
            for name, text, changes in updates:
                self.books[name].apply(changes)
                yield self.venue.replay(name, text)
            # The record ends elsewhere than it began: one update more brings each book back.
            for name, start in starts.items():
                changes = list(self.books[name].changes_to(start, self.venue.nothing))
                self.books[name].apply(changes)
                yield self.venue.update(name, changes, self.books[name])
                self.venue.rewind(name)

    def _level(self, name, side, ticks, lots):
        _, decimals, lot_decimals = self.venue.generated[name]
        quantity = self.venue.quantity(lots, lot_decimals) if lots else self.venue.nothing
        return side, self.venue.price(ticks, decimals), quantity

    def _generate(self):
        self.random = random.Random(1)
        self.middles = {name: middle for name, (middle, *_) in self.venue.generated.items()}
        starts = {name: Book(self._level(name, side, middle + (i if side == ASK else -i), 100 + i * 7)
                             for side in (BID, ASK) for i in range(1, SIDE_LEVELS))
                  for name, middle in self.middles.items()}
        return starts, []

    def _move(self):
        while True:
            name = self.random.choice(list(self.middles))
            changes = [self._change(name) for _ in range(self.random.randrange(1, 4))]
            if self.random.random() < 0.1:
                changes += self._shift(name, self.random.choice((-1, 1)))
            self.books[name].apply(changes)
            yield self.venue.update(name, changes, self.books[name])

    def _change(self, name):
        """One level becomes another or goes; those near the middle change most."""
        side = self.random.randrange(2)
        away = min(1 + int(self.random.expovariate(0.05)), REACH)
        # The best level stays, so that no side is ever empty.
        lots = 0 if away > 1 and self.random.random() < 0.3 else self.random.randrange(1, 100_000)
        return self._level(name, side, self.middles[name] + (away if side == ASK else -away), lots)

    def _shift(self, name, step):
        """The middle goes one tick on: the level that was there is taken, and the other side follows."""
        middle = self.middles[name] + step
        if abs(middle - self.venue.generated[name][0]) > DRIFT:
            return []
        self.middles[name] = middle
        taken, follows = (ASK, BID) if step > 0 else (BID, ASK)
        lots = self.random.randrange(1, 100_000)
        return [self._level(name, taken, middle, 0), self._level(name, taken, middle + step, lots),
                self._level(name, follows, middle - step, lots)]

    def step(self):
        with self.lock:
            return next(self.messages)

    def subscribed(self, text):
        with self.lock:
            answers = list(self.venue.subscribed(json.loads(text), self))
            self.answers += len(answers)
            return answers

    def snapshot(self, path, old=False):
        with self.lock:
            return self.venue.snapshot(path, self)

    def truth(self):
        with self.lock:
            return {name: [book.best(side, 5) for side in (BID, ASK)] for name, book in self.books.items()}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", required=True, choices=VENUES)
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="for the CA and the certificates")
    parser.add_argument("--feeds", type=pathlib.Path, help="where recorded feeds may be")
    parser.add_argument("--rate", type=float, default=1000, help="messages a second (default 1000)")
    return parser.parse_args()


def main():
    options = read_options()
    certificates = Certificates(options.folder)
    market = Endless(VENUES[options.venue](), options.feeds)
    exchange = Exchange(options.address, options.port, *certificates.pair("right"), market, options.rate)
    say(source="recorded" if market.recorded else "generated", symbols=list(market.books))
    for line in sys.stdin:
        if line.strip() == "end":
            exchange.paused.set()
            time.sleep(0.1)  # for the message that is on its way
            say(sent=exchange.sent, answers=market.answers, books=market.truth())
    exchange.close()


if __name__ == "__main__":
    main()
