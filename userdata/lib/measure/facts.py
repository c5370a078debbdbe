"""Everything about machine and core that is needed to make the same measurement again, and to see what differs in another."""

import glob
import os
import platform
import shlex
import urllib.error
import urllib.request

import live

IMDS_S = 1.0
AMAZON = "Amazon EC2"


def read_os():
    pairs = live.read_env("/etc/os-release")
    return pairs.get("PRETTY_NAME", platform.system())


def read_cpu():
    for line in live.read_text(f"{live.PROCFS}/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        # arm64 names parts by numbers alone.
        if name.strip() in ("model name", "CPU part"):
            return value.strip()
    return platform.machine()


def read_governor():
    path = f"{live.SYSFS}/devices/system/cpu/cpu0/cpufreq/scaling_governor"
    return live.read_text(path).strip() or None


def read_command(pid):
    """How a core was started; empty where its process cannot be seen, as from another namespace of processes."""
    words = live.read_text(f"{live.PROCFS}/{pid}/cmdline").rstrip("\0").split("\0")
    return shlex.join(words) if words != [""] else ""


def option(command, name, default):
    words = shlex.split(command)
    for index, word in enumerate(words):
        if word == name and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return default


def on_ec2():
    vendor = live.read_text(f"{live.SYSFS}/class/dmi/id/sys_vendor").strip()
    return vendor == AMAZON or "RIG_IMDS" in os.environ


def request(path, method="GET", **headers):
    base = os.environ.get("RIG_IMDS", "http://169.254.169.254")
    asked = urllib.request.Request(f"{base}/latest/{path}", method=method, headers=headers)
    # The metadata service is on the link: a proxy has no business with it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asked, timeout=IMDS_S) as answer:
        return answer.read().decode().strip()


def read_instance():
    """Type, zone, image and placement group from the metadata service; None where there is none."""
    if not on_ec2():
        return None
    try:
        token = {"X-aws-ec2-metadata-token": request("api/token", "PUT", **{"X-aws-ec2-metadata-token-ttl-seconds": "60"})}
    except (OSError, ValueError):
        return None
    paths = {"id": "instance-id", "type": "instance-type", "zone": "placement/availability-zone",
             "placement_group": "placement/group-name", "image": "ami-id"}
    found = {}
    for name, path in paths.items():
        try:
            found[name] = request(f"meta-data/{path}", **token)
        except (OSError, ValueError):
            found[name] = None
    return found


def core_facts(core):
    status = core.ask("/pollcore/status")
    names = ("version", "dpdk", "mode", "device", "driver", "mac", "ipv4", "link", "link_mbps", "burst", "alarms", "resets")
    facts = {name: status.get(name) for name in names}
    facts["dpdk"] = str(facts["dpdk"]).removeprefix("DPDK ")
    return {**facts, "command": read_command(status.get("pid", 0))}


def read_all(cores):
    """cores: the generator, then the peers that can be asked."""
    rig = live.read_env(f"{os.environ.get('RIG_ETC', '/etc/dpdk-rig')}/rig.env")
    hypervisor = "hypervisor" in live.read_text(f"{live.PROCFS}/cpuinfo")
    return {
        "rig": rig.get("RIG_NAME") or os.environ.get("RIG_NAME"),
        "generation": rig.get("RIG_GENERATION"),
        "host": platform.node(),
        "os": read_os(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpu": read_cpu(),
        "cpus": len(os.sched_getaffinity(0)),
        "cpus_online": len(glob.glob(f"{live.SYSFS}/devices/system/cpu/cpu[0-9]*")) or os.cpu_count(),
        "governor": read_governor(),
        "virtual_machine": hypervisor,
        "kernel_command_line": live.read_text(f"{live.PROCFS}/cmdline").strip(),
        "hugepages": live.hugepages(),
        "instance": read_instance(),
        "core": core_facts(cores[0]),
        "peers": [core_facts(core) for core in cores[1:]],
    }
