"""Start and stop: exit codes and messages, a second start, systemd's notifications."""
import os
import pathlib
import signal
import socket
import struct
import tempfile
import time

from rig import CORE_IPV4, POLLCORE, RigTest, heard, run, until


class Usage(RigTest):
    def check(self, code, text, *options, **more):
        core = self.core(*options, **more)
        self.assertEqual(core.wait(), code, core.output)
        self.assertIn(text, core.output)
        return core

    def test_help_needs_no_eal(self):
        done = run(*POLLCORE, "--help")
        for option in ("--mode", "--ipv4", "--gateway", "--self-test-timeout", "--burst", "--rx-desc", "--tx-desc",
                       "--mbufs", "--mtu", "--help", "--version"):
            self.assertIn(option, done.stdout)
        self.assertNotIn("EAL:", done.stdout + done.stderr)
        self.assertEqual(run(*POLLCORE, "-l", "0-1", "--", "--help").stdout, done.stdout)

    def test_version(self):
        self.assertRegex(run(*POLLCORE, "--version").stdout, r"^pollcore \d+\.\d+\.\d+, DPDK \d+\.\d+\.\d+")

    def test_wrong_options_never_reach_eal(self):
        for options, text in (
                (["--mode", "echo"], "--mode: 'echo'; give respond, sink, reflect, forward or generate"),
                (["--ipv4", "10.0.0"], "--ipv4: '10.0.0'; give a unicast IPv4 address"),
                ([], "--ipv4: not given"),
                (["--mode", "sink", "--burst", "1"], "--burst: '1'; give a number from 32 to 512"),
                (["--mode", "sink", "--mtu", "90000"], "--mtu: '90000'; give a number from 68 to 9001"),
                (["--fast"], "option: '--fast'; pollcore --help lists what there is")):
            core = self.check(2, f"pollcore: {text}", *options, device="net_null0")
            self.assertNotIn("EAL:", core.output)

    def test_wrong_environment(self):
        self.check(2, "pollcore: NOTIFY_SOCKET: 'x'; give", "--mode", "sink", environment={"NOTIFY_SOCKET": "x"})
        self.check(2, "pollcore: WATCHDOG_USEC: '1s'; give", "--mode", "sink", environment={"WATCHDOG_USEC": "1s"})

    def test_one_lcore(self):
        self.check(2, "pollcore: lcores: 1; 2 are needed, such as -l 0-1: one controls", "--mode", "sink",
                   device="net_null0", lcores="0")

    def test_secondary(self):
        first = self.core("--mode", "sink", device="net_null0").wait_running()
        done = self.core("--mode", "sink", eal=["--proc-type=secondary"], prefix=first.prefix)
        self.assertEqual(done.wait(), 2, done.output)
        self.assertIn("--proc-type: 'secondary'", done.output)
        self.assertEqual(first.status()["state"], "running")

    def test_mbufs_too_few(self):
        self.check(2, "pollcore: --mbufs: '1024'; these queues, rings and burst need", "--mode", "sink", "--mbufs", "1024",
                   device="net_null0")

    def test_a_driver_has_functions_of_its_own(self):
        # net_pcap calls libpcap's pcap_next(), and would have called ours by that name.
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        capture = pathlib.Path(folder.name, "one.pcap")
        capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) +
                            struct.pack("<IIII", 0, 0, 60, 60) + bytes(60))
        running = self.core("--mode", "sink", device=f"net_pcap0,rx_pcap={capture}").wait_running()
        until(lambda: running.stats()["rx_packets"] == 1, "the frame of the file")
        self.assertEqual(running.stop(), 0)

    def test_no_port(self):
        self.check(3, "pollcore: port: none probed; bind the device", "--mode", "sink")

    def test_memory(self):
        self.check(4, "pollcore: mempool: 1000000 buffers", "--mode", "sink", "--mbufs", "1000000",
                   device="net_null0")

    def test_no_hugepages(self):
        self.check(4, "pollcore: EAL: memory: ", "--mode", "sink", device="net_null0",
                   memory=("--huge-dir", "/nowhere"))

    def test_self_test_without_gateway(self):
        net = self.wire()
        with net.raw(0x0806) as ear:
            core = self.core("--ipv4", CORE_IPV4, "--gateway", "10.99.0.3", "--self-test-timeout", "1",
                             device=f"net_af_packet0,iface={net.port}")
            self.assertEqual(core.wait(), 5, core.output)
            # Five in a second that has a processor.
            asked = len(heard(ear))
        self.assertIn(asked, range(1, 7))
        self.assertRegex(core.output, r"pollcore: self-test: gateway 10\.99\.0\.3: no answer to ARP in 1 s "
                                      rf"\(sent {asked}, received \d+\)")

    def test_a_port_with_the_mac_of_the_self_test(self):
        net = self.wire()
        run("ip", "link", "set", net.port, "address", "02:00:00:00:00:01")
        core = self.core_on(net)
        self.assertEqual(core.status()["mac"], "02:00:00:00:00:01")
        net.ping(3)

    def test_eal(self):
        self.check(6, "pollcore: EAL: ", "--mode", "sink", device="net_nothing0")
        self.check(6, "pollcore: EAL: ", "--mode", "sink", eal=["--no-such-option"])

    def test_signal_during_the_self_test(self):
        net = self.wire()
        core = self.core("--ipv4", CORE_IPV4, "--gateway", "10.99.0.3", "--self-test-timeout", "60",
                         device=f"net_af_packet0,iface={net.port}")
        until(lambda: self.is_asking(core), "the self-test")
        self.assertEqual(core.stop(), 0, core.output)
        self.assertIn("pollcore: stopped after", core.output)


    @staticmethod
    def is_asking(core):
        try:
            status = core.status()
        except OSError:
            return False
        return status is not None and status["gateway_arp"] == "silent"


class SecondStart(RigTest):
    def test_second_start_leaves_the_first_alone(self):
        net = self.wire()
        first = self.core_on(net)
        second = self.core("--ipv4", CORE_IPV4, device="net_null0", prefix=first.prefix)
        self.assertEqual(second.wait(), 7, second.output)
        self.assertIn("pollcore: EAL: another primary process runs with this --file-prefix", second.output)
        net.ping(3)
        self.assertEqual(first.status()["pid"], first.process.pid)
        self.assertEqual(first.stop(), 0)

    def test_start_after_a_kill(self):
        first = self.core("--mode", "sink", device="net_null0").wait_running()
        first.stop(signal.SIGKILL)
        again = self.core("--mode", "sink", device="net_null0", prefix=first.prefix).wait_running()
        self.assertEqual(again.stop(), 0)

    def test_two_prefixes_side_by_side(self):
        cores = [self.core("--mode", "sink", device="net_null0").wait_running() for _ in range(2)]
        self.assertEqual([core.stop() for core in cores], [0, 0])


class Notify(RigTest):
    def listen(self, name):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made.bind(name)
        made.settimeout(60)
        self.addCleanup(made.close)
        return made

    def start(self, name, **environment):
        return self.core("--mode", "sink", device="net_null0", environment={"NOTIFY_SOCKET": name, **environment})

    def check_life(self, manager, core):
        ready = manager.recv(4096).decode()
        self.assertIn("READY=1", ready)
        self.assertEqual(core.status()["state"], "running")
        self.assertRegex(manager.recv(4096).decode(), r"STATUS=sink on net_null0, link up, rx \d+")
        self.assertEqual(core.stop(), 0)
        rest = []
        manager.setblocking(False)
        try:
            while True:
                rest.append(manager.recv(4096).decode())
        except BlockingIOError:
            self.assertEqual(rest[-1], "STOPPING=1")

    def test_path(self):
        # In /run, which a root made for another DPDK shares with us.
        with tempfile.TemporaryDirectory(dir="/run") as folder:
            name = str(pathlib.Path(folder) / "notify")
            self.check_life(self.listen(name), self.start(name))

    def test_abstract_name(self):
        name = f"pollcore-{os.getpid()}"
        self.check_life(self.listen("\0" + name), self.start("@" + name))

    def test_watchdog_while_it_polls(self):
        name = f"pollcore-watchdog-{os.getpid()}"
        manager = self.listen("\0" + name)
        core = self.start("@" + name, WATCHDOG_USEC="300000")
        self.assertIn("READY=1", manager.recv(4096).decode())
        # The manager's patience is that long: eight in a row come within it, sooner or later on a busy machine.
        fed, in_time, end = time.monotonic(), 0, time.monotonic() + 60
        while in_time < 8:
            self.assertLess(time.monotonic(), end, "never eight in a row within 0.3 s of the one before")
            if manager.recv(4096) == b"WATCHDOG=1":
                before, fed = fed, time.monotonic()
                in_time = in_time + 1 if fed - before < 0.3 else 0
        self.assertEqual(core.stop(), 0)

    def test_nothing_before_the_self_test(self):
        net = self.wire()
        name = f"pollcore-early-{os.getpid()}"
        manager = self.listen("\0" + name)
        core = self.core("--ipv4", CORE_IPV4, "--gateway", "10.99.0.3", "--self-test-timeout", "1",
                         device=f"net_af_packet0,iface={net.port}", environment={"NOTIFY_SOCKET": "@" + name})
        self.assertEqual(core.wait(), 5)
        manager.setblocking(False)
        with self.assertRaises(BlockingIOError):
            manager.recv(4096)
