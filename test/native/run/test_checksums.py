"""Checksums by the device and by software: both right, both told apart in the status."""
import socket
import struct

import frames
from rig import CORE_IPV4, PEER_IPV4, RigTest, until
from tap import Tap

PEER_MAC = "02:00:00:00:00:63"


def sums_hold(frame):
    """IPv4's checksum and UDP's, computed apart."""
    head, datagram = frame[14:34], frame[34:14 + struct.unpack("!H", frame[16:18])[0]]
    pseudo = head[12:20] + struct.pack("!BBH", 0, 17, len(datagram))
    return frames.checksum(head) == 0 and frames.checksum(pseudo + datagram) == 0 and datagram[6:8] != b"\0\0"


class Checksums(RigTest):
    def test_by_device_and_by_software(self):
        for where in ("software", "hardware", "auto"):
            with self.subTest(where):
                tap = Tap(self, "--tx-checksum", where, "--rx-checksum", where)
                status = tap.core.status()
                expected = "software" if where == "software" else "hardware"
                self.assertEqual((status["tx_checksum"], status["rx_checksum"]), (expected, expected))
                tap.inside("ping", "-n", "-q", "-i", "0.01", "-c", "20", "-w", "60", CORE_IPV4)
                for size in (0, 1, 17, 18, 512, 1472):
                    self.assertEqual(tap.echo(bytes(range(256)) * 6, size), size)
                self.assertEqual(tap.core.stats()["udp_replies"], 6)
                self.wrong_ones_are_dropped(tap)

    def wrong_ones_are_dropped(self, tap):
        mac = bytes.fromhex(tap.core.status()["mac"].replace(":", ""))
        peer = bytes.fromhex("020000000001")
        datagram = (PEER_IPV4, CORE_IPV4, 5000, 7, b"abcdefghijkl")
        with tap.raw(0x88B5) as sender:
            for payload in (
                    frames.ipv4(PEER_IPV4, CORE_IPV4, 17, frames.udp(*datagram, damage=1)),
                    frames.ipv4(PEER_IPV4, CORE_IPV4, 17, frames.udp(*datagram), damage=1),
                    frames.ipv4(PEER_IPV4, CORE_IPV4, 1, frames.echo_request(damage=1))):
                sender.send(frames.ether(mac, peer, 0x0800, payload).ljust(60, b"\0"))
        self.counted(tap.core, drop_udp_checksum=1, drop_ip_checksum=1, drop_icmp_checksum=1)

    def test_none_stays_none(self):
        tap = Tap(self, "--tx-checksum", "hardware")
        with tap.udp() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_NO_CHECK, 1) if hasattr(socket, "SO_NO_CHECK") else \
                peer.setsockopt(socket.SOL_SOCKET, 11, 1)
            with tap.raw(0x0800) as ear:
                peer.sendto(b"unchecked", (CORE_IPV4, 7))
                self.assertEqual(peer.recv(100), b"unchecked")
                answer = ear.recv(2048)
        self.assertEqual(answer[40:42], b"\0\0")

    def test_generated_packets(self):
        for where in ("software", "hardware"):
            with self.subTest(where):
                tap = Tap(self, "--mode", "generate", "--peer-mac", PEER_MAC, "--peer-ipv4", PEER_IPV4, "--flows", "50",
                          "--frame-size", "imix", "--rate", "0", "--tx-checksum", where)
                with tap.raw(0x0800) as ear:
                    tap.core.ask("/pollcore/rate,1000")
                    got = [ear.recv(2048) for _ in range(200)]
                self.assertEqual([frame for frame in got if not sums_hold(frame)], [])
                self.assertEqual({len(frame) for frame in got}, {60, 590, 1514})

    def test_a_device_that_cannot(self):
        for option in ("--tx-checksum", "--rx-checksum"):
            core = self.core("--mode", "sink", option, "hardware", device="net_null0")
            self.assertEqual(core.wait(), 2, core.output)
            self.assertIn(f"{option}: 'hardware'; net_null0 does not do IPv4 and UDP, give auto or software",
                          core.output)
        core = self.core("--mode", "sink", "--tx-checksum", "auto", device="net_null0").wait_running()
        until(lambda: core.status()["tx_checksum"] == "software", "software")
