"""IPv6 with the kernel's own stack as the peer: neighbour discovery, ping and UDP echo, by both of our addresses."""
import socket

from rig import RigTest, entered, until

CORE_IPV6, PEER_IPV6 = "2001:db8::1", "2001:db8::2"


def link_local(mac):
    middle = bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
    return "fe80::" + ":".join(middle[at:at + 2].hex() for at in range(0, 8, 2))


class Ipv6(RigTest):
    def setUp(self):
        super().setUp()
        self.net = self.wire()
        self.net.inside("sysctl", "-qw", f"net.ipv6.conf.{self.net.peer}.disable_ipv6=0",
                        f"net.ipv6.conf.{self.net.peer}.accept_dad=0")
        self.net.inside("ip", "link", "set", self.net.peer, "down")
        self.net.inside("ip", "link", "set", self.net.peer, "up")
        self.net.inside("ip", "address", "add", f"{PEER_IPV6}/64", "dev", self.net.peer, "nodad")
        self.running = self.core_on(self.net, "--ipv6", CORE_IPV6)

    def ping(self, address):
        self.net.inside("ping", "-6", "-n", "-q", "-i", "0.01", "-c", "5", "-w", "60", address)

    def test_it_is_found_and_answers(self):
        self.ping(CORE_IPV6)
        self.ping(f"{link_local(self.net.mac('port'))}%{self.net.peer}")
        stats = self.running.stats()
        self.assertGreaterEqual(stats["ndp_replies"], 2)
        self.assertGreaterEqual(stats["icmpv6_replies"], 10)
        self.home(self.running)
        self.assertEqual(self.running.stop(), 0)

    def test_udp_echo(self):
        with entered(self.net.namespace):
            asker = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        with asker:
            asker.settimeout(60)
            asker.sendto(b"hello", (CORE_IPV6, 7))
            self.assertEqual(asker.recv(100), b"hello")

    def test_nobody_else_takes_our_address(self):
        # The kernel asks whether anybody has it before it takes it, and hears from us.
        settings = f"net.ipv6.conf.{self.net.peer}"
        for nonce in "1", "0":  # RFC 7527's option; without it there is none
            self.net.inside("sysctl", "-qw", f"{settings}.accept_dad=1", f"{settings}.enhanced_dad={nonce}")
            self.net.inside("ip", "address", "add", f"{CORE_IPV6}/64", "dev", self.net.peer)
            until(lambda: "dadfailed" in self.net.inside("ip", "-6", "address", "show", "dev", self.net.peer).stdout,
                  f"a duplicate, nonce {nonce}")
            self.net.inside("ip", "address", "del", f"{CORE_IPV6}/64", "dev", self.net.peer)
