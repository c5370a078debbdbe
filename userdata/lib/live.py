"""What the machine says about itself right now, in the shape that the status has: port, hugepages, core, DPDK."""

import os
import shlex
import subprocess

import telemetry

ROOT = os.environ.get("RIG_ROOT", "/opt/dpdk-rig")
STATE = os.environ.get("RIG_STATE", "/var/lib/dpdk-rig")
SYSFS = os.environ.get("RIG_SYSFS", "/sys")
PROCFS = os.environ.get("RIG_PROCFS", "/proc")
ROOTFS = os.environ.get("RIG_ROOTFS", "")
WORKLOADS = ("pollcore", "bookfeed")


def read_text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def read_int(path):
    text = read_text(path).strip()
    return int(text) if text.isdigit() else None


def uptime_s():
    words = read_text(f"{PROCFS}/uptime").split()
    return int(float(words[0])) if words else 0


def read_env(path):
    """A file of shell assignments, quoted as bash quotes them."""
    pairs = (word.split("=", 1) for word in shlex.split(read_text(path), comments=True) if "=" in word)
    return dict(pairs)


def unit_path(workload):
    return f"{ROOTFS}/etc/systemd/system/{workload}.service"


def workload():
    """rig.env is for root alone; the installed unit tells everybody."""
    given = os.environ.get("RIG_WORKLOAD")
    return next((name for name in WORKLOADS if os.path.exists(unit_path(name))), given or WORKLOADS[0])


def ask_core(command):
    path = telemetry.socket_path(os.environ.get("RIG_FILE_PREFIX", "rte"))
    if not os.path.exists(path):
        return None
    try:
        return telemetry.ask(path, command)
    except telemetry.Silent:
        return None


def dpdk_version(core):
    """From the running core if there is one, else from the stamp that build-dpdk left in its prefix."""
    if core and core.get("dpdk"):
        return core["dpdk"].removeprefix("DPDK ")
    for line in read_text(f"{ROOT}/dpdk/.stamp").splitlines():
        if line.startswith("version="):
            return line.partition("=")[2]
    return None


def port(core):
    saved = read_env(f"{STATE}/port.env")
    pci = saved.get("RIG_PORT_PCI")
    if not pci:
        return None
    device = f"{SYSFS}/bus/pci/devices/{pci}"
    driver = None
    if os.path.isdir(device):
        if os.path.islink(f"{device}/driver"):
            driver = os.path.basename(os.readlink(f"{device}/driver"))
    elif core:
        driver = core.get("driver")  # a virtual device has no place in sysfs
    return {
        "pci": pci,
        "driver": driver,
        "link": core.get("link", "unknown") if core else "unknown",
        "mac": saved.get("RIG_PORT_MAC", ""),
        "ipv4": saved.get("RIG_PORT_IPV4", ""),
        "prefix": int(saved.get("RIG_PORT_PREFIX") or 0),
        "gateway": saved.get("RIG_PORT_GATEWAY") or None,
    }


def hugepages():
    pool = f"{SYSFS}/kernel/mm/hugepages/hugepages-2048kB"
    total, free = read_int(f"{pool}/nr_hugepages"), read_int(f"{pool}/free_hugepages")
    return None if total is None or free is None else {"total": total, "free": free, "size_kb": 2048}


def unit_properties():
    """systemd's view of the core, or nothing where the core does not run under systemd."""
    name = workload()
    if not os.path.exists(unit_path(name)):
        return {}
    command = ["systemctl", "show", f"{name}.service", "-p", "ActiveState,NRestarts"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)


# A core that systemd calls active but that does not answer hangs: that is a failure, and the watchdog will say so too.
SILENT_STATES = {"active": "failed", "activating": "starting", "failed": "failed"}
TOLD_STATES = {"running": "running", "resetting": "running", "starting": "starting", "stopping": "stopped"}


def core_state(core):
    unit = unit_properties()
    if not core and not unit:
        return None
    name = workload()
    stats = (ask_core(f"/{name}/stats") or {}) if core else {}
    core = core or {}
    if core and name == "bookfeed":
        # Its state is the session's, which may well be between two connections.
        state = "running"
    elif core:
        state = TOLD_STATES.get(core.get("state"), "failed")
    else:
        state = SILENT_STATES.get(unit.get("ActiveState"), "stopped")
    restarts = unit.get("NRestarts", "0")
    return {
        "state": state,
        "mode": name if name == "bookfeed" else core.get("mode") or os.environ.get("RIG_POLLCORE_MODE", "respond"),
        "uptime_s": core.get("uptime_s", 0),
        "rx_packets": stats.get("rx_packets", 0),
        "tx_packets": stats.get("tx_packets", 0),
        "rx_dropped": stats.get("rx_dropped", stats.get("rx_refused", 0)),
        "restarts": int(restarts) if restarts.isdigit() else 0,
    }


def feed(core):
    """Of a bookfeed that answers: what it follows, and how many of its books are whole."""
    return {key: core[key] for key in ("venue", "state", "symbols", "good")}


def read_all():
    name = workload()
    core = ask_core(f"/{name}/status")
    more = {"feed": feed(core)} if core and name == "bookfeed" else {}
    return {
        **more,
        "dpdk": dpdk_version(core),
        "port": port(core),
        "hugepages": hugepages(),
        "core": core_state(core),
    }
