#!/usr/bin/env python3
"""An exchange on this machine: WebSocket and HTTPS on one port, a market to stream, and faults on command.

usage: exchange.py --address A.B.C.D --port N --cert FILE --key FILE [--symbols A,B | --recorded FILE] [--rate N]
                   [--count N] [--stamps FILE]

Prints a JSON line when it listens, one when --count messages were sent, and one at the end of standard input, which ends
it: how much was sent, how many clients came, and the best five levels of each book.

Commands, one a line on standard input: gap, tampered, malformed, half, reset, silent, close, badframe, fragments, ping,
old-snapshot, snapshot-error, deflate, refuse. Each befalls the next message, snapshot or handshake, once.
"""
import argparse
import array
import base64
import collections
import contextlib
import hashlib
import json
import select
import socket
import ssl
import struct
import sys
import threading
import time

from market import Market, Recorded

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OF_SNAPSHOTS, OF_HANDSHAKES = {"old-snapshot", "snapshot-error"}, {"deflate", "refuse"}


class Gone(Exception):
    """The connection is over."""


class Peer:
    """One TLS connection, in one thread: OpenSSL's must not be used by two at once."""

    def __init__(self, tls):
        self.tls = tls
        self.bytes = b""

    def fill(self, wait):
        """Takes what has come, waiting so many seconds at most; False when nothing has."""
        if not self.tls.pending() and not select.select([self.tls], [], [], wait)[0]:
            return False
        got = self.tls.recv(65536)
        if not got:
            raise Gone
        self.bytes += got
        return True

    def head(self):
        while b"\r\n\r\n" not in self.bytes:
            if not self.fill(10):
                raise Gone
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        return lines[0].split()[1], {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}

    def frame(self):
        """(opcode, payload) of the next whole frame that has come, or None."""
        data = self.bytes
        if len(data) < 2:
            return None
        size, at = data[1] & 0x7f, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at], "big")
        if len(data) < at + 4 + size:
            return None
        mask, body = data[at:at + 4], data[at + 4:at + 4 + size]
        self.bytes = data[at + 4 + size:]
        return data[0] & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(body))

    def send(self, payload, first=0x81):
        size = len(payload)
        if size < 126:
            head = bytes([first, size])
        elif size < 65536:
            head = struct.pack("!BBH", first, 126, size)
        else:
            head = struct.pack("!BBQ", first, 127, size)
        self.tls.sendall(head + payload)

    def reset(self):
        self.tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone


class Exchange:
    """Listens in a thread of its own; its sockets belong to the network namespace that made them."""

    def __init__(self, address, port, cert, key, market, rate=100, count=None, version=None,
                 finished=lambda: None):
        self.market, self.rate, self.count = market, rate, count
        self.commands = collections.deque()
        self.sent, self.connections, self.requests = 0, 0, []
        self.finished = finished  # called once, when count messages were sent
        self.stamps = array.array("Q")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        self.listener = socket.create_server((address, port), backlog=64)
        self.running = True
        self.paused = threading.Event()
        # Who waits in accept() while the descriptor is closed may wake up on that of the next exchange.
        self.listener.settimeout(0.1)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def close(self):
        self.running = False
        self.thread.join()
        self.listener.close()

    def command(self, name):
        self.commands.append(name)

    def _take(self, allowed):
        """The next command if it is of that kind."""
        with contextlib.suppress(IndexError):
            if self.commands and allowed(self.commands[0]):
                return self.commands.popleft()
        return None

    def _accept(self):
        while self.running:
            try:
                made, _ = self.listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._serve, args=(made,), daemon=True).start()

    def _serve(self, made):
        made.settimeout(10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A client that goes in the middle of anything ends its thread, nothing else.
        with contextlib.suppress(OSError, Gone, ValueError), made, \
                self.context.wrap_socket(made, server_side=True) as tls:
            peer = Peer(tls)
            path, fields = peer.head()
            self.requests.append((path, fields))
            if "sec-websocket-key" in fields:
                self._upgrade(peer, fields["sec-websocket-key"])
            else:
                self._answer(peer, path)

    def _answer(self, peer, path):
        fault = self._take(OF_SNAPSHOTS.__contains__)
        body = None if fault == "snapshot-error" else self.market.snapshot(path, fault == "old-snapshot")
        status = "200 OK" if body is not None else "500 Broken" if fault else "404 Not Found"
        body = (body or "{}").encode()
        # In chunks, as exchanges behind proxies do.
        parts = [body[i:i + 4096] for i in range(0, len(body), 4096)] + [b""]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        peer.tls.sendall(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + chunks)
        with contextlib.suppress(OSError):
            peer.tls.unwrap()

    def _upgrade(self, peer, key):
        fault = self._take(OF_HANDSHAKES.__contains__)
        accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        if fault == "refuse":
            peer.tls.sendall(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
            return
        extra = "Sec-WebSocket-Extensions: permessage-deflate\r\n" if fault == "deflate" else ""
        peer.tls.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          f"Sec-WebSocket-Accept: {accept}\r\n{extra}\r\n").encode())
        self.connections += 1
        self._stream(peer)

    def _frames(self, peer, wait):
        """Answers what the client has sent."""
        peer.fill(wait)
        while (frame := peer.frame()) is not None:
            opcode, payload = frame
            if opcode == 8:
                peer.send(payload, 0x88)
                raise Gone
            if opcode == 9:
                peer.send(payload, 0x8a)
            if opcode == 1:
                for answer in self.market.subscribed(payload.decode()):
                    peer.send(answer.encode())

    def _stream(self, peer):
        number, due = self.connections, None
        while self.running and number == self.connections:
            fault = self._take(lambda name: name not in OF_SNAPSHOTS | OF_HANDSHAKES)
            if fault:
                self._fault(peer, fault)
            # The first request is waited for; from then on messages leave on time.
            if due is None:
                self._frames(peer, 0.05)
                due = time.monotonic() if self.requests and peer.bytes == b"" else None
                continue
            left = due - time.monotonic()
            if self.paused.is_set() or (self.count is not None and self.sent >= self.count):
                self._frames(peer, 0.01)
                due = time.monotonic()
            elif left > 0.0003:
                self._frames(peer, left - 0.0002)
            elif left <= 0:
                due += 1 / self.rate
                if self.sent % 16 == 0:
                    self._frames(peer, 0)
                self._message(peer)

    def _message(self, peer):
        text = self.market.step()
        if text is None:
            self.paused.set()
            return
        self.stamps.append(time.clock_gettime_ns(time.CLOCK_MONOTONIC))
        peer.send(text.encode())
        self.sent += 1
        if self.sent == self.count:
            self.finished()

    def _fault(self, peer, name):
        text = (self.market.step() or "{}").encode()
        if name == "tampered":
            peer.send(self.market.tampered(text.decode()).encode())
        elif name == "malformed":
            peer.send(text[:len(text) // 2])
        elif name == "half":
            peer.tls.sendall(b"\x81\x7e\x01\x00" + text[:100])
            peer.tls.shutdown(socket.SHUT_RDWR)
            raise Gone
        elif name == "reset":
            peer.reset()
        elif name == "silent":
            while self.running and peer.fill(30):
                peer.bytes = b""
        elif name == "close":
            peer.send(struct.pack("!H", 1001) + b"going away", 0x88)
        elif name == "badframe":
            peer.send(text, 0xc1)
        elif name == "fragments":
            peer.send(text[:10], 0x01)
            peer.send(b"between", 0x89)
            peer.send(text[10:50], 0x00)
            peer.send(text[50:], 0x80)
        elif name == "ping":
            peer.send(text)
            peer.send(b"alive?", 0x89)
        elif name != "gap":
            raise ValueError(f"{name}: not a command")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--symbols", default="NKNUSDT", help="of a generated Binance market (default NKNUSDT)")
    parser.add_argument("--recorded", metavar="FILE", help="a recorded Kraken stream instead")
    parser.add_argument("--rate", type=float, default=100, help="messages a second (default 100)")
    parser.add_argument("--count", type=int, help="messages in all (default: no end)")
    parser.add_argument("--stamps", metavar="FILE", help="at the end, when each message left, in ns of the monotonic clock")
    return parser.parse_args()


def say(**what):
    print(json.dumps(what), flush=True)


def main():
    options = read_options()
    market = Recorded(options.recorded) if options.recorded else Market(options.symbols.split(","))
    exchange = Exchange(options.address, options.port, options.cert, options.key, market, options.rate, options.count,
                        finished=lambda: say(finished=options.count))
    say(listens=f"{options.address}:{options.port}")
    for line in sys.stdin:
        exchange.command(line.strip())
    exchange.close()
    say(sent=exchange.sent, connections=exchange.connections, books=market.truth())
    if options.stamps:
        with open(options.stamps, "w", encoding="ascii") as out:
            out.writelines(f"{stamp}\n" for stamp in exchange.stamps)


if __name__ == "__main__":
    main()
