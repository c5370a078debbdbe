"""Frames that are wrong, foreign, too large or unusual: each is counted under its reason, only what can be answered is
answered, all buffers come home, and the next ping still works."""
import struct

import frames
from rig import CORE_IPV4, PEER_IPV4, RigTest, run, until


class Malformed(RigTest):
    def setUp(self):
        super().setUp()
        self.answers = 0
        self.net = self.wire()
        self.running = self.core_on(self.net)
        self.peer = self.net.raw()
        self.addCleanup(self.peer.close)
        self.port_mac, self.peer_mac = self.net.mac("port"), self.net.mac("peer")

    def tearDown(self):
        self.assertEqual(self.running.stats()["tx_packets"], self.answers)
        self.net.ping(3)
        self.home(self.running)
        self.assertEqual(self.running.stop(), 0)

    def send(self, payload, ethertype=0x0800, destination=None):
        self.peer.send(frames.ether(destination or self.port_mac, self.peer_mac, ethertype, payload))

    def packet(self, payload=None, **options):
        return frames.ipv4(PEER_IPV4, CORE_IPV4, 1, frames.echo_request() if payload is None else payload, **options)

    def test_truncated_at_every_offset(self):
        packet = self.packet()
        for size in range(len(packet)):
            self.send(packet[:size])
        self.counted(self.running, drop_short=len(packet), rx_packets=len(packet))

    def test_header_alone(self):
        self.send(b"")
        self.counted(self.running, drop_short=1)

    def test_zero_lengths(self):
        self.send(self.packet(total=0))
        self.send(frames.ipv4(PEER_IPV4, CORE_IPV4, 1, b""))
        self.send(frames.ipv4(PEER_IPV4, CORE_IPV4, 17, b""))
        self.send(frames.ipv4(PEER_IPV4, CORE_IPV4, 17, struct.pack("!HHHH", 9999, 7, 0, 0)))
        self.counted(self.running, drop_ip_header=1, drop_short=2, drop_udp_length=1)

    def test_bad_checksums(self):
        self.send(self.packet(damage=0x0101))
        self.send(self.packet(frames.echo_request(damage=0x8000)))
        damaged = frames.udp(PEER_IPV4, CORE_IPV4, 9999, 7, b"hello", damage=0x0200)
        self.send(frames.ipv4(PEER_IPV4, CORE_IPV4, 17, damaged))
        self.counted(self.running, drop_ip_checksum=1, drop_icmp_checksum=1, drop_udp_checksum=1)

    def test_vlan(self):
        self.send(struct.pack("!HH", 5, 0x0800) + self.packet(), 0x8100)
        self.send(struct.pack("!HHHH", 5, 0x8100, 6, 0x0800) + self.packet(), 0x88A8)
        self.send(struct.pack("!HHHHHH", 5, 0x88A8, 6, 0x8100, 7, 0x0800) + self.packet(), 0x88A8)
        self.answers = 2
        self.counted(self.running, icmp_replies=2, tx_packets=2, drop_vlan=1)

    def test_ipv6_and_other_types(self):
        self.send(b"\x60" + bytes(39) + bytes(20), 0x86DD)
        self.send(bytes(46), 0x88CC)
        self.send(bytes(46), 46)
        self.counted(self.running, drop_bad_source=1, drop_ethertype=2)

    def test_options(self):
        self.send(self.packet(first=0x46, options=b"\1\1\1\0"))
        self.answers = 1
        self.counted(self.running, icmp_replies=1, tx_packets=1)

    def test_for_others(self):
        other = bytes.fromhex("020000000077")
        self.send(self.packet(), destination=b"\xff" * 6)
        self.send(frames.ipv4(PEER_IPV4, "10.99.0.77", 1, frames.echo_request()))
        self.send(frames.arp_request(self.peer_mac, PEER_IPV4, "10.99.0.77"), 0x0806, b"\xff" * 6)
        self.send(self.packet(), destination=other)
        # af_packet shows the port what is for other hosts too.
        self.counted(self.running, drop_not_ours=4)

    def test_sources_nobody_can_own(self):
        for source in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", CORE_IPV4):
            self.send(frames.ipv4(source, CORE_IPV4, 1, frames.echo_request()))
        for mac in (b"\xff" * 6, bytes.fromhex("01005e000001"), bytes(6), self.port_mac):
            self.peer.send(frames.ether(self.port_mac, mac, 0x0800, self.packet()))
        self.counted(self.running, drop_bad_source=9)

    def test_oversized_lengths(self):
        self.send(self.packet(total=65535))
        self.send(self.packet(total=1500))
        self.counted(self.running, drop_short=2)


class Fragments(RigTest):
    """Through pcap: af_packet's sockets have the kernel put fragments together first."""

    def setUp(self):
        super().setUp()
        self.answers = 0
        self.net = self.wire()
        self.running = self.core_on(self.net, device=f"net_pcap0,iface={self.net.port},phy_mac=1")

    def test_first_and_last(self):
        with self.net.raw() as peer:
            for fragment in (0x2000, 0x0010):
                packet = frames.ipv4(PEER_IPV4, CORE_IPV4, 1, frames.echo_request(), fragment=fragment)
                peer.send(frames.ether(self.net.mac("port"), self.net.mac("peer"), 0x0800, packet))
        self.counted(self.running, drop_fragment=2, tx_packets=0)

    def test_a_ping_too_large_for_one_packet(self):
        # Found already: a kernel that waits for our address may ask twice, and ping may be gone before it is told.
        self.net.inside("ip", "neigh", "add", CORE_IPV4, "lladdr", self.net.mac("port").hex(":"), "dev", self.net.peer,
                        "nud", "permanent")
        self.net.inside("ping", "-n", "-c", "1", "-W", "1", "-s", "4000", CORE_IPV4, check=False)
        self.counted(self.running, drop_fragment=3, icmp_replies=0, tx_packets=0)
        self.home(self.running)


class Jumbo(RigTest):
    def test_jumbo_is_dropped_and_does_no_harm(self):
        net = self.wire(mtu=9000)
        core = self.core_on(net)
        # Starting the port has set its own MTU; a larger one on the wire is what this is about.
        run("ip", "link", "set", net.port, "mtu", "9000")
        with net.raw() as peer:
            for size in (2000, 4000, 8900):
                packet = frames.ipv4(PEER_IPV4, CORE_IPV4, 1, frames.echo_request(bytes(size)))
                peer.send(frames.ether(net.mac("port"), net.mac("peer"), 0x0800, packet))
        # What the ring's frame could not hold arrives cut, if at all; an answer would be a lie.
        requests = net.ping(3)
        until(lambda: core.stats()["icmp_replies"] >= requests, "the last answer")
        self.assertEqual(core.stats()["icmp_replies"], requests)
        self.home(core)
