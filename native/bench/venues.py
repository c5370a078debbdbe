"""The messages of each venue: read as they were recorded, and written with ids or checksums of our own."""
import json
import re
import urllib.parse
import zlib

BID, ASK = 0, 1


class Book:
    """Two sides of price -> (price, quantity), the texts as the venue writes them. A float is enough to tell prices of up
    to 15 digits apart and to sort them."""

    def __init__(self, changes=(), depth=None):
        self.sides, self.depth = ({}, {}), depth
        self.apply(changes)

    def apply(self, changes):
        """Each change is (side, price, quantity); no quantity removes the level."""
        for side, price, quantity in changes:
            if float(quantity):
                self.sides[side][float(price)] = (price, quantity)
            else:
                self.sides[side].pop(float(price), None)
        for side, worst in ((BID, min), (ASK, max)):
            while self.depth and len(self.sides[side]) > self.depth:
                del self.sides[side][worst(self.sides[side])]

    def best(self, side, count):
        return [self.sides[side][price] for price in sorted(self.sides[side], reverse=side == BID)[:count]]

    def changes_to(self, other, nothing):
        """What makes this book the other one."""
        for side, levels in enumerate(self.sides):
            for price, (text, _) in levels.items():
                if price not in other.sides[side]:
                    yield side, text, nothing
            for price, level in other.sides[side].items():
                if levels.get(price) != level:
                    yield side, *level


def records(path):
    """(what stands before the time, text) of each line that cryptofeed wrote."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            head, _, text = line.rstrip("\n").partition(": ")
            if text:
                yield head.rpartition(" ")[0], text


class Venue:
    """What the venues have in common. A market has .books, by name, and asks for texts under its lock."""

    stream = answers = None  # files of the recording
    nothing = "0"  # the quantity of a level that is gone
    depth = None  # levels a side that the venue itself keeps
    generated = {}  # name -> (middle in ticks, decimals of a price, decimals of a quantity)

    def __init__(self):
        self.starts = {}

    def load(self, folder):
        """The books at the start, and (name, text, changes) of each update."""
        if self.answers:
            for head, text in records(folder / self.answers):
                self._start(head, text)
        updates = []
        for head, text in records(folder / self.stream):
            if head == "" and not self._start(head, text):
                updates += self._update(text)
        return self.starts, updates

    def price(self, ticks, decimals):
        return f"{ticks // 10 ** decimals}.{ticks % 10 ** decimals:0{decimals}d}"

    quantity = price

    def rewind(self, name):
        """The next replayed update of that book is its first again."""

    def replay(self, name, text):
        return text

    def snapshot(self, path, market):
        """The body for a path that asks for one, None if it does not."""
        return None


class Binance(Venue):
    """Spot. Ids count on from round to round of a replay."""

    stream, answers = "BINANCE.ws.1.0", "BINANCE.http.0.0"
    generated = {"BTCUSDT": (6_000_000, 2, 5), "ETHUSDT": (250_000, 2, 4), "NKNUSDT": (3521, 4, 1)}
    futures = False
    _ids = re.compile(r'"(U|u|pu)":(\d+)')

    def __init__(self):
        super().__init__()
        self.first, self.last, self.shift = {}, {}, {}
        self.joining = set()  # books whose next update is the first of a round

    def _start(self, head, text):
        url = urllib.parse.urlsplit(head.split(" ")[0])
        if not url.path.endswith("/depth"):
            return False
        name, body = urllib.parse.parse_qs(url.query)["symbol"][0], json.loads(text)
        self.starts[name] = Book((side, *level) for side, key in enumerate(("bids", "asks")) for level in body[key])
        self.first[name] = self.last[name] = body["lastUpdateId"]
        self.shift[name] = 0
        return True

    def _update(self, text):
        data = json.loads(text)["data"]
        if data.get("e") == "depthUpdate" and data["u"] > self.first.get(data["s"], data["u"]):
            yield data["s"], text, [(side, *level) for side, key in enumerate("ba") for level in data[key]]

    def rewind(self, name):
        self.shift[name] = self.last[name] - self.first[name]
        self.joining.add(name)

    def replay(self, name, text):
        ids = {key: int(number) + self.shift[name] for key, number in self._ids.findall(text)}
        if name in self.joining:
            # The first one after a snapshot may begin before it; one that follows an update may not.
            ids.update(U=self.last[name] + 1, pu=self.last[name])
            self.joining.remove(name)
        self.last[name] = ids["u"]
        return self._ids.sub(lambda found: f'"{found[1]}":{ids[found[1]]}', text)

    def update(self, name, changes, book):
        before = self.last.setdefault(name, 1000)
        self.last[name] = before + 1
        sides = [",".join(f'["{price}","{quantity}"]' for side, price, quantity in changes if side == wanted)
                 for wanted in (BID, ASK)]
        previous = f'"pu":{before},' if self.futures else ""
        return (f'{{"stream":"{name.lower()}@depth@100ms","data":{{"e":"depthUpdate","E":{1633998512068 + before},'
                f'"s":"{name}","U":{before + 1},"u":{before + 1},{previous}"b":[{sides[BID]}],"a":[{sides[ASK]}]}}}}')

    def subscribed(self, asked, market):
        return [json.dumps({"result": None, "id": asked["id"]})]

    def snapshot(self, path, market):
        url = urllib.parse.urlsplit(path)
        fields = dict(urllib.parse.parse_qsl(url.query))
        name = fields.get("symbol")
        if not url.path.endswith("/depth") or name not in market.books:
            return None
        bids, asks = (market.books[name].best(side, int(fields["limit"])) for side in (BID, ASK))
        return json.dumps({"lastUpdateId": self.last.get(name, 1000), "bids": bids, "asks": asks})


class BinanceFutures(Binance):
    stream, answers = "BINANCE_FUTURES.ws.1.0", "BINANCE_FUTURES.http.0.0"
    generated = {"BTCUSDT": (600_000, 1, 3), "ETHUSDT": (250_000, 2, 3), "SUSHIUSDT": (76110, 4, 0)}
    futures = True

    def quantity(self, lots, decimals):
        return self.price(lots, decimals) if decimals else str(lots)


class Kraken(Venue):
    """Each update has the checksum of the ten best levels a side."""

    stream = "KRAKEN.ws.50.0"
    generated = {"XBT/USD": (600_000, 1, 8), "ETH/USD": (250_000, 2, 8), "ADA/XBT": (2200, 8, 8)}
    nothing = "0.00000000"
    depth = 1000

    def __init__(self):
        super().__init__()
        self.numbers = {}

    @staticmethod
    def _levels(message, keys):
        return [(side, price, quantity) for part in message[1:-2] for side, key in enumerate(keys)
                for price, quantity, *_ in part.get(key, ())]

    def _start(self, head, text):
        if not text.startswith("[") or '"as":' not in text[:40]:
            return False
        message = json.loads(text)
        self.starts[message[-1]] = Book(self._levels(message, ("bs", "as")), self.depth)
        self.numbers[message[-1]] = message[0]
        return True

    def _update(self, text):
        message = json.loads(text)
        if isinstance(message, list) and message[-1] in self.starts:
            yield message[-1], text, self._levels(message, "ba")

    @staticmethod
    def _checksum(book):
        levels = [text for side in (ASK, BID) for level in book.best(side, 10) for text in level]
        return zlib.crc32("".join(text.replace(".", "").lstrip("0") for text in levels).encode())

    def update(self, name, changes, book):
        parts = [{key: [[price, quantity, "1618678134.213106"] for side, price, quantity in changes if side == wanted]}
                 for wanted, key in ((ASK, "a"), (BID, "b"))]
        parts = [part for part in parts if any(part.values())] or parts[:1]
        parts[-1]["c"] = str(self._checksum(book))
        return json.dumps([self.numbers.get(name, 1), *parts, "book-1000", name], separators=(",", ":"))

    def subscribed(self, asked, market):
        for name in asked.get("pair", ()):
            number, channel = self.numbers.get(name, 1), {"depth": self.depth, "name": "book"}
            if name not in market.books:
                yield json.dumps({"errorMessage": f"Currency pair not supported {name}", "event": "subscriptionStatus",
                                  "pair": name, "status": "error", "subscription": channel})
                continue
            yield json.dumps({"channelID": number, "channelName": "book-1000", "event": "subscriptionStatus", "pair": name,
                              "status": asked["event"] + "d", "subscription": channel})
            if asked["event"] == "subscribe":
                sides = {key: [[*level, "1618678132.000000"] for level in market.books[name].best(side, self.depth)]
                         for side, key in ((ASK, "as"), (BID, "bs"))}
                yield json.dumps([number, sides, "book-1000", name])


class Coinbase(Venue):
    stream = "COINBASE.ws.28.0"
    generated = {"BTC-USD": (6_000_000, 2, 8), "ETH-USD": (250_000, 2, 8), "SKL-USD": (5762, 4, 1)}
    _sides = {"buy": BID, "sell": ASK}

    def _start(self, head, text):
        if '"type":"snapshot"' not in text[:40]:
            return False
        message = json.loads(text)
        self.starts[message["product_id"]] = Book(
            (side, *level) for side, key in enumerate(("bids", "asks")) for level in message[key])
        return True

    def _update(self, text):
        message = json.loads(text)
        if message.get("type") == "l2update" and message["product_id"] in self.starts:
            yield message["product_id"], text, [(self._sides[word], *level) for word, *level in message["changes"]]

    def update(self, name, changes, book):
        words = [[("buy", "sell")[side], price, quantity] for side, price, quantity in changes]
        return json.dumps({"type": "l2update", "product_id": name, "changes": words, "time": "2021-04-17T16:43:37.075687Z"},
                          separators=(",", ":"))

    def subscribed(self, asked, market):
        names = asked.get("product_ids", ())
        yield json.dumps({"type": "subscriptions", "channels": [{"name": "level2", "product_ids": list(names)}]})
        if asked["type"] == "subscribe":
            for name in (name for name in names if name in market.books):
                bids, asks = (market.books[name].best(side, 1 << 20) for side in (BID, ASK))
                yield json.dumps({"type": "snapshot", "product_id": name, "asks": asks, "bids": bids})


VENUES = {"binance": Binance, "binance-futures": BinanceFutures, "kraken": Kraken, "coinbase": Coinbase}
