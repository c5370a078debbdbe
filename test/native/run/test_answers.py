"""What a neighbour on the network sees: the kernel's ping, sockets and ARP against respond, reflect and sink."""
import json
import re
import socket

import frames
from rig import CORE_IPV4, PEER_IPV4, RigTest, entered, heard, until


class Respond(RigTest):
    def setUp(self):
        super().setUp()
        self.net = self.wire()
        self.running = self.core_on(self.net)

    def test_ping(self):
        self.net.ping(100)
        stats = self.running.stats()
        self.assertGreaterEqual(stats["icmp_replies"], 100)
        self.assertEqual((stats["rx_dropped"], stats["tx_dropped"]), (0, 0))

    def test_ping_sizes_up_to_the_mtu(self):
        for size in (0, 1, 2, 17, 18, 55, 1000, 1471, 1472):
            self.net.ping(3, "-s", str(size), "-M", "do")

    def test_ping_with_another_pattern_and_ttl(self):
        self.net.ping(3, "-p", "ff00")
        self.net.ping(3, "-p", "00", "-s", "64")
        self.net.ping(3, "-t", "1")

    def test_arp_gives_the_ports_mac(self):
        # By hand first: the kernel asks again when it has waited for a second.
        with self.net.raw(0x0806) as peer:
            question = frames.arp_request(self.net.mac("peer"), PEER_IPV4, CORE_IPV4)
            peer.send(frames.ether(b"\xff" * 6, self.net.mac("peer"), 0x0806, question))
            answer = peer.recv(2000)
        self.assertEqual(answer[22:28].hex(":"), self.running.status()["mac"])
        self.counted(self.running, arp_replies=1)
        self.net.ping(1)
        text = self.net.inside("ip", "-j", "neigh", "show", CORE_IPV4).stdout
        self.assertEqual(json.loads(text)[0]["lladdr"], self.running.status()["mac"])

    def test_udp_echo(self):
        with self.net.udp() as peer:
            for size in (0, 1, 2, 3, 17, 100, 1471, 1472):
                payload = bytes(index * 7 % 256 for index in range(size))
                peer.sendto(payload, (CORE_IPV4, 7))
                self.assertEqual(peer.recvfrom(4096), (payload, (CORE_IPV4, 7)))
        self.counted(self.running, udp_replies=8, rx_dropped=0)

    def test_udp_elsewhere_is_dropped(self):
        with self.net.udp() as peer:
            peer.sendto(b"x", (CORE_IPV4, 9))
            self.counted(self.running, drop_udp_port=1, udp_replies=0)

    def test_connection_attempt_is_dropped(self):
        with entered(self.net.namespace):
            asker = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with asker:
            asker.setblocking(False)
            asker.connect_ex((CORE_IPV4, 80))
            until(lambda: self.running.stats()["drop_protocol"] > 0, "TCP dropped")

    def test_two_echo_services_stay_quiet(self):
        with self.net.raw() as peer:
            packet = frames.ipv4(PEER_IPV4, CORE_IPV4, 17, frames.udp(PEER_IPV4, CORE_IPV4, 7, 7, b"echo"))
            peer.send(frames.ether(self.net.mac("port"), self.net.mac("peer"), 0x0800, packet))
        self.counted(self.running, drop_udp_loop=1, tx_packets=0)


class OtherModes(RigTest):
    def frame(self, net):
        return frames.ether(net.mac("port"), net.mac("peer"), 0x88B5, bytes(range(100)))

    def test_reflect_swaps_the_macs(self):
        net = self.wire()
        core = self.core_on(net, "--mode", "reflect")
        with net.raw(0x88B5) as peer:
            for _ in range(50):
                peer.send(self.frame(net))
                expected = frames.ether(net.mac("peer"), net.mac("port"), 0x88B5, bytes(range(100)))
                self.assertEqual(peer.recv(2000), expected)
        self.counted(core, rx_packets=50, tx_packets=50, tx_bytes=5700, rx_dropped=0)

    def test_reflect_refuses_broadcast(self):
        net = self.wire()
        core = self.core_on(net, "--mode", "reflect")
        net.inside("ping", "-c", "1", "-W", "1", CORE_IPV4, check=False)
        until(lambda: core.stats()["drop_not_ours"] > 0, "ARP request dropped")
        self.assertEqual(core.stats()["tx_packets"], 0)

    def test_sink_answers_nothing(self):
        net = self.wire()
        core = self.core_on(net, "--mode", "sink")
        with net.raw() as peer:
            for _ in range(50):
                peer.send(self.frame(net))
        self.counted(core, rx_packets=50, rx_bytes=5700, tx_packets=0, rx_dropped=0)
        self.assertEqual(core.status()["mode"], "sink")

    def test_sink_needs_no_address(self):
        core = self.core("--mode", "sink", device="net_null0").wait_running()
        until(lambda: core.stats()["rx_packets"] > 10000, "packets from net_null")
        self.assertEqual(core.status()["ipv4"], "")
        self.assertEqual(core.stop(), 0)
        self.assertRegex(core.output, re.compile(r"^pollcore: stopped after .* rx \d+ packets", re.M))


class Gateway(RigTest):
    def test_answering_gateway(self):
        net = self.wire()
        with net.raw(0x0806) as ear:
            core = self.core_on(net, "--gateway", PEER_IPV4)
            self.assertEqual(core.status()["gateway_arp"], "answered")
            self.assertEqual(core.status()["self_test"], "passed")
            # It asks again when it has no processor for a while, and the kernel answers each time.
            self.counted(core, gateway_answers=len(heard(ear)))

    def test_gateway_in_every_mode(self):
        net = self.wire()
        for mode in ("sink", "reflect"):
            core = self.core_on(net, "--mode", mode, "--gateway", PEER_IPV4)
            self.assertEqual(core.status()["gateway_arp"], "answered")
            core.stop()

    def test_not_asked(self):
        net = self.wire()
        self.assertEqual(self.core_on(net).status()["gateway_arp"], "not asked")
