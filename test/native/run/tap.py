"""A pollcore on a net_tap device in a network namespace of its own: the kernel's stack is the peer. Of the virtual
devices it alone scatters, computes checksums and checks them, as hardware does."""
import itertools
import os
import pathlib
import socket

from rig import CORE_IPV4, PEER_IPV4, entered, run

_numbers = itertools.count()


class Tap:
    def __init__(self, test, *options, mtu=1500):
        if not pathlib.Path("/dev/net/tun").exists():
            test.fail("/dev/net/tun: not there; load the module tun")
        self.namespace = f"pollcore-tap{os.getpid() % 100000}x{next(_numbers)}"
        self.name = "ptap0"
        run("ip", "netns", "add", self.namespace)
        test.addCleanup(run, "ip", "netns", "del", self.namespace, check=False)
        self.core = test.core("--ipv4", CORE_IPV4, *options, device=f"net_tap0,iface={self.name}",
                              namespace=self.namespace).wait_running()
        # Router solicitations and the like would only blur the counters.
        self.inside("sysctl", "-qw", f"net.ipv6.conf.{self.name}.disable_ipv6=1", check=False)
        self.inside("ip", "address", "add", f"{PEER_IPV4}/24", "dev", self.name)
        # Both ends of a net_tap have one address, which no wire has.
        self.inside("ip", "link", "set", self.name, "address", "02:00:00:00:00:63", "mtu", str(mtu), "up")

    def inside(self, *command, check=True):
        return run("ip", "netns", "exec", self.namespace, *command, check=check)

    def udp(self):
        with entered(self.namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((PEER_IPV4, 0))
        made.settimeout(60)
        return made

    def raw(self, ethertype):
        """A socket that sends and receives whole frames at the kernel's end."""
        with entered(self.namespace):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
            made.bind((self.name, ethertype))
        made.settimeout(60)
        return made

    def echo(self, payload, size):
        """How many of so many bytes came back as they were sent."""
        with self.udp() as peer:
            peer.sendto(payload[:size], (CORE_IPV4, 7))
            got = peer.recv(16384)
        return len(got) if got == payload[:size] else -1
