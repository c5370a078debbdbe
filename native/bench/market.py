"""What an exchange of ours has to say: a generated Binance market, or a recorded Kraken stream. Both know their own
books, so that a client's can be compared with them."""
import json
import random
import threading


class Market:
    """Binance spot: books that move by chance, as depth updates and snapshots. Prices are counted in ticks of 0.0001."""

    def __init__(self, symbols, seed=1, levels=200, remember=False):
        self.symbols = list(symbols)
        # Every top of a book that ever was, for who wants to check that no other was shown.
        self.tops = {name: set() for name in self.symbols} if remember else None
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.last_id = {name: 1000 for name in self.symbols}
        # side -> ticks -> lots; bids lie below 10000 ticks, asks above.
        self.books = {name: ({10000 - i: 100 + i for i in range(1, levels)}, {10000 + i: 100 + i for i in range(1, levels)})
                      for name in self.symbols}
        self.oldest = {name: self._snapshot(name, 1000) for name in self.symbols}
        for name in self.symbols if remember else []:
            self.tops[name].add(self._top(name))

    @staticmethod
    def level(ticks, lots):
        return f'["{ticks // 10000}.{ticks % 10000:04d}0000","{lots}.00000000"]'

    def _change(self, name, side):
        """One level of a side becomes another or goes; the best ones change most."""
        ticks = 10000 + (1 if side else -1) * min(1 + int(self.random.expovariate(0.05)), 400)
        lots = 0 if self.random.random() < 0.3 else self.random.randrange(1, 10000)
        book = self.books[name][side]
        if lots:
            book[ticks] = lots
        elif len(book) > 20:
            book.pop(ticks, None)
        else:
            lots = book.setdefault(ticks, 1)
        return self.level(ticks, lots)

    def step(self):
        """The next message."""
        with self.lock:
            name = self.random.choice(self.symbols)
            sides = [[self._change(name, side) for _ in range(self.random.randrange(3))] for side in (0, 1)]
            first = self.last_id[name] + 1
            self.last_id[name] = last = first + self.random.randrange(3)
            if self.tops is not None:
                self.tops[name].add(self._top(name))
            return (f'{{"stream":"{name.lower()}@depth@100ms","data":{{"e":"depthUpdate","E":1633998512068,"s":"{name}",'
                    f'"U":{first},"u":{last},"b":[{",".join(sides[0])}],"a":[{",".join(sides[1])}]}}}}')

    def _top(self, name):
        """The best five levels of bids and asks, as bookfeed writes them."""
        return json.dumps([[[f"{ticks // 10000}.{ticks % 10000:04d}", str(lots)] for ticks, lots in side]
                           for side in self._best(name, 5)])

    def _best(self, name, count):
        bids, asks = self.books[name]
        return sorted(bids.items(), reverse=True)[:count], sorted(asks.items())[:count]

    def _snapshot(self, name, count):
        sides = [",".join(self.level(*each) for each in side) for side in self._best(name, count)]
        return f'{{"lastUpdateId":{self.last_id[name]},"bids":[{sides[0]}],"asks":[{sides[1]}]}}'

    def snapshot(self, path, old=False):
        """The body for a path that asks for one, None if it does not."""
        if "/depth?" not in path:
            return None
        fields = dict(part.split("=") for part in path.split("?")[1].split("&"))
        if fields.get("symbol") not in self.books:
            return None
        with self.lock:
            return self.oldest[fields["symbol"]] if old else self._snapshot(fields["symbol"], int(fields["limit"]))

    def subscribed(self, text):
        """The answers to what a client asks for."""
        asked = json.loads(text)
        return [json.dumps({"result": None, "id": asked["id"]})]

    def truth(self):
        """symbol -> [bids, asks] of the best five levels, as texts of price and quantity."""
        with self.lock:
            return {name: json.loads(self._top(name)) for name in self.symbols}

    @staticmethod
    def tampered(text):
        return text.replace('"b":[', '"b":[["x","1"],', 1)


class Recorded:
    """A stream that cryptofeed recorded from Kraken, once. It keeps the books too, for who comes late."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.updates, self.start, self.names = [], {}, {}
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                text = line.split(": ", 1)[1].rstrip("\n") if line[0].isdigit() else ""
                if not text.startswith("["):
                    continue
                name, first = json.loads(text)[-1], text.find('{"as"') > 0
                self.names[name] = json.loads(text)[0]
                if first:
                    self.start[name] = text
                elif name in self.start:
                    self.updates.append(text)
        self.symbols = list(self.start)
        self.at = 0
        self._rewind()

    def _rewind(self):
        self.books = {name: ({}, {}) for name in self.symbols}
        for text in self.start.values():
            self._apply(json.loads(text))

    def _apply(self, message):
        for part in message[1:-2]:
            for key, levels in part.items():
                if key in ("c",):
                    continue
                book = self.books[message[-1]][0 if key[0] == "b" else 1]
                for price, quantity, *_ in levels:
                    if float(quantity) == 0:
                        book.pop(price, None)
                    else:
                        book[price] = quantity
        for side, book in enumerate(self.books[message[-1]]):
            for price in sorted(book, key=float, reverse=side == 0)[1000:]:
                del book[price]

    def step(self):
        with self.lock:
            if self.at == len(self.updates):
                return None
            text = self.updates[self.at]
            self.at += 1
            self._apply(json.loads(text))
            return text

    def subscribed(self, text):
        asked = json.loads(text)
        answers = []
        with self.lock:
            for name in asked.get("pair", []):
                answers.append(json.dumps({"channelID": self.names.get(name, 0), "channelName": "book-1000", "pair": name,
                                           "event": "subscriptionStatus", "status": asked["event"] + "d",
                                           "subscription": {"depth": 1000, "name": "book"}}))
                if asked["event"] == "subscribe" and name in self.books:
                    bids, asks = ([[price, book[price], "1618678132.000000"]
                                   for price in sorted(book, key=float, reverse=side == 0)]
                                  for side, book in enumerate(self.books[name]))
                    answers.append(json.dumps([self.names[name], {"as": asks, "bs": bids}, "book-1000", name]))
        return answers

    def snapshot(self, path, old=False):
        return None

    def truth(self):
        with self.lock:
            return {name: [[[price, book[price]] for price in sorted(book, key=float, reverse=side == 0)[:5]]
                           for side, book in enumerate(self.books[name])] for name in self.symbols}

    @staticmethod
    def tampered(text):
        head, tail = text.rsplit('"c":"', 1)
        return f'{head}"c":"{"1" if tail[0] != "1" else "2"}{tail[1:]}'
