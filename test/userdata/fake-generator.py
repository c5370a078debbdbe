"""Usage: fake-generator.py SOCKET [KEY=VALUE]...

Answers like a pollcore in generate mode whose network has a known capacity, so that what rig-measure finds can be checked.
Counts are exact: in the time that it was told to send it sent rate * time packets, of which capacity * time came back.
  capacity=N     packets a second that come back; the rest is lost on the way (default 500000)
  limit=N        packets a second that it can send; the rest of a rate is skipped (default 800000)
  disturbed=N    in the first N trials, the poller waits half of the time and one packet is lost
  away=1         the poller sends for a twentieth of a second and is then away: it counts nothing as skipped
  mode=NAME, silent=1 (nothing comes back), stuck=1 (nothing leaves), mute=1 (no peer is set), duplicates=N, missed=1
"""

import json
import os
import socket
import sys
import time

settings = dict(word.split("=") for word in sys.argv[2:])
CAPACITY, LIMIT = int(settings.get("capacity", 500_000)), int(settings.get("limit", 800_000))
BASE_NS = 10_000


class Run:
    """One measurement: from a rate above 0 to the next."""

    def __init__(self, rate, disturbed):
        self.rate, self.disturbed, self.began, self.ended = rate, disturbed, time.monotonic(), None

    def seconds(self):
        return (self.ended or time.monotonic()) - self.began

    def counts(self):
        seconds = min(self.seconds(), 0.05) if settings.get("away") else self.seconds()
        if settings.get("stuck"):
            return {"sent": 0, "received": 0, "skipped": 0}
        wanted = LIMIT if self.rate == "max" else self.rate
        due = int(wanted * seconds) + 1
        sent = min(due, int(LIMIT * seconds) + 1)
        back = 0 if settings.get("silent") else min(sent, int(CAPACITY * seconds) + 1)
        if self.disturbed and back == sent:
            back -= 1
        return {"sent": sent, "received": back, "skipped": due - sent}

    def histogram(self):
        """Half at the base, the rest up to ten times of it: more of them the nearer the load is to capacity."""
        back = self.counts()["received"]
        if back == 0:
            return []
        busy = 0 if self.rate == "max" else min(1, self.rate / CAPACITY)
        tail = max(1, int(back * 0.05 * busy))
        return [(BASE_NS, back - tail - tail // 10), (3 * BASE_NS, tail), (10 * BASE_NS, tail // 10)]


class Core:
    def __init__(self):
        self.rate, self.run, self.trials, self.stolen_ns = 0, Run(0, False), 0, 0

    def set_rate(self, text):
        if self.rate != 0:
            self.run.ended = time.monotonic()
            if self.run.disturbed:
                self.stolen_ns += int(self.run.seconds() * 5e8)
        self.rate = text if text == "max" else int(text)
        if self.rate != 0:
            # The first is the probe for a peer.
            self.run = Run(self.rate, 0 < self.trials <= int(settings.get("disturbed", 0)))
            self.trials += 1

    def latency(self):
        if settings.get("mute"):
            return {}
        got = {**self.run.counts(), "duplicates": int(settings.get("duplicates", 0)), "reordered": 0, "late": 0}
        used = [upper for upper, count in self.run.histogram() if count]
        return {**got, "min_ns": BASE_NS - 1, "mean_ns": BASE_NS, "max_ns": max(used) - 5} if used else got

    def answer(self, name, parameter):
        if name == "/pollcore/rate":
            if parameter:
                self.set_rate(parameter)
            return {"rate": self.rate}
        if name == "/pollcore/histogram":
            # In pages of one, as a long histogram comes.
            filled = [pair for pair in self.run.histogram() if pair[1]]
            at = int(parameter or 0)
            page = filled[at:at + 1]
            return {"upper_ns": [upper for upper, _ in page], "count": [count for _, count in page],
                    "next": at + 1 if at + 1 < len(filled) else 0}
        lost = self.run.counts()["sent"] - self.run.counts()["received"]
        stats = {"rx_packets": 0, "tx_dropped": 0, "rx_missed": lost if settings.get("missed") else 0, "rx_nombuf": 0,
                 "poll_gaps_1ms": 0, "poll_gaps_10ms": 0, "poller_wait_ns": self.stolen_ns, "cpu_steal_ns": 0, "mbufs_free": 4095}
        return {"/pollcore/latency": self.latency(), "/pollcore/stats": stats,
                "/pollcore/xstats": {"pps_allowance_exceeded": self.trials, "rx_q0_packets": 1},
                "/pollcore/status": {"version": "0.1.0", "dpdk": "DPDK 24.11.8", "mode": settings.get("mode", "generate"),
                                     "state": "running", "self_test": "passed", "gateway_arp": "answered",
                                     "uptime_s": 1, "device": "0000:00:06.0", "driver": "net_ena", "mac": "02:00:00:00:00:06",
                                     "ipv4": "10.0.1.23", "link": "up", "link_mbps": 0, "burst": 32, "resets": 0,
                                     "alarms": settings.get("alarms", ""),
                                     "pid": int(settings.get("pid", os.getpid()))}}.get(name)


core = Core()
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
# Whoever sees the path can connect.
server.bind(sys.argv[1] + ".new")
server.listen(16)
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    client, _ = server.accept()
    with client:
        client.send(json.dumps({"version": "DPDK 24.11.8", "pid": 1, "max_output_len": 16384}).encode())
        command, _, parameter = client.recv(1024).decode().partition(",")
        client.send(json.dumps({command: core.answer(command, parameter)}).encode())
