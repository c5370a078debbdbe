"""DPDK's telemetry socket (version 2): one question, one answer. Used by bin/rig-telemetry and lib/status.py."""

import json
import os
import socket


class Silent(Exception):
    """Nobody answers; the text says where and why."""


class Unknown(Silent):
    """Somebody answers, and has no such command."""


def socket_path(file_prefix):
    """The socket of the primary process with this --file-prefix, found as EAL chooses its runtime directory."""
    override = os.environ.get("RIG_TELEMETRY_SOCKET")
    if override:
        return override
    if os.getuid() == 0:
        base = "/var/run"
    else:
        base = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"
    return os.path.join(base, "dpdk", file_prefix, "dpdk_telemetry.v2")


def ask(path, command, timeout_s=2.0):
    """Returns what `command` answers, without the outer object that repeats the command."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
            sock.settimeout(timeout_s)
            sock.connect(path)
            greeting = json.loads(sock.recv(1024))
            sock.send(command.encode())
            answer = json.loads(sock.recv(greeting.get("max_output_len", 16384)))
    except (OSError, ValueError) as fault:
        raise Silent(f"{path}: {fault}") from fault
    name = command.split(",", 1)[0]
    value = answer.get(name)
    if value is None:
        raise Unknown(f"{path}: no command {name} here")
    return value
