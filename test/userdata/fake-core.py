"""Usage: fake-core.py SOCKET. Answers like the telemetry of pollcore, one client after the other."""

import json
import os
import socket
import sys

ANSWERS = {
    "/pollcore/status": {
        "version": "0.1.0",
        "dpdk": "DPDK 24.11.8",
        "state": "running",
        "self_test": "passed",
        "gateway_arp": "answered",
        "mode": "respond",
        "driver": "net_ena",
        "link": "up",
        "uptime_s": 5,
    },
    "/pollcore/stats": {"rx_packets": 7, "tx_packets": 5, "rx_dropped": 2, "drop_short": 2, "drop_vlan": 0,
                        "mbufs_free": 3000, "mbufs_total": 4000},
    "/bookfeed/status": {"dpdk": "24.11.8", "venue": "kraken", "state": "open", "why": "", "symbols": 2, "good": 1,
                         "driver": "net_ena", "link": "up", "uptime_s": 9},
    "/bookfeed/stats": {"rx_packets": 70, "tx_packets": 50, "rx_refused": 1, "messages": 40, "updates": 39, "resyncs": 3,
                        "connects": 2},
    "/pollcore/latency": {"sent": 9, "received": 8, "missing": 1, "duplicates": 0, "reordered": 0, "skipped": 0,
                          "p50_ns": 900, "p90_ns": 15000, "p99_ns": 20000000, "p99_9_ns": 20000000,
                          "p99_99_ns": 20000000, "max_ns": 20000000},
}

server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
# Whoever sees the path can connect.
server.bind(sys.argv[1] + ".new")
server.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    client, _ = server.accept()
    client.send(json.dumps({"version": "DPDK 24.11.8", "pid": 1, "max_output_len": 16384}).encode())
    name = client.recv(1024).decode().split(",")[0]
    client.send(json.dumps({name: ANSWERS.get(name)}).encode())
    client.close()
