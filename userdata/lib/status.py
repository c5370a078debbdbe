"""The rig's status: the only writer of status.json and of the console's `rig-status:` lines.

Called by lib/status.sh and bin/rig-status. What was published is kept in $RIG_RUN/status.json; milestones outlive a
reboot in $RIG_STATE/milestones.json; everything else is read live by live.py each time.
"""

import argparse
import fcntl
import json
import os
import sys
import time

sys.dont_write_bytecode = True
import live  # noqa: E402
import measurement  # noqa: E402

MILESTONES = ("DpdkReady", "PortReady", "CoreRunning", "Measured")
RUN = os.environ.get("RIG_RUN", "/run/dpdk-rig")
STATE = os.environ.get("RIG_STATE", "/var/lib/dpdk-rig")


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def replace_file(path, value):
    """Written aside and renamed: a reader sees the old file or the new one, never half of one."""
    aside = f"{path}.new"  # one name, since all writers hold the lock
    with open(aside, "w", encoding="utf-8") as file:
        file.write(json.dumps(value) + "\n")
    os.chmod(aside, 0o644)
    os.replace(aside, path)


def identity():
    """Only root can read rig.env; everybody else takes name and generation from what root published."""
    kept = read_json(f"{RUN}/status.json")
    name = os.environ.get("RIG_NAME") or kept.get("rig") or "local"
    return name, os.environ.get("RIG_GENERATION") or kept.get("generation") or "local"


def pairing():
    """Role, and the peer that a generator sends to; like the name they are root's to know."""
    kept = read_json(f"{RUN}/status.json")
    role = os.environ.get("RIG_ROLE") or kept.get("role") or "alone"
    return role, os.environ.get("RIG_PEER_IPV4") or kept.get("peer")


def read_milestones():
    """Milestones of another generation belong to the machine that an image was made of."""
    kept = read_json(f"{STATE}/milestones.json")
    if kept.get("generation") != identity()[1]:
        kept = {}
    names = MILESTONES if pairing()[0] == "generator" else MILESTONES[:-1]
    return {name: kept.get(name, "pending") for name in names}


def write_milestones(milestones):
    try:
        os.makedirs(STATE, exist_ok=True)
        replace_file(f"{STATE}/milestones.json", {"generation": identity()[1], **milestones})
    except OSError as fault:
        # A full disk must not keep the fault itself from being published.
        print(f"dpdk-rig: milestones are not kept: {fault}", file=sys.stderr)


def rig_state(status):
    """provisioning -> ready | failed; once it was ready, whatever is wrong makes it degraded."""
    if any(value != "success" for value in status["milestones"].values()):
        return "failed" if status["error"] else "provisioning"
    core, port, pages = status["core"], status["port"], status["hugepages"]
    whole = core and core["state"] == "running" and port and port["driver"] and pages and pages["total"] > 0
    return "ready" if whole and not status["error"] else "degraded"


def compose(kept, milestones):
    name, generation = identity()
    status = {
        "schema": 1,
        "rig": name,
        "generation": generation,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "uptime_s": live.uptime_s(),
        "state": None,
        "step": kept.get("step"),
        "progress": kept.get("progress"),
        "milestones": milestones,
        "error": kept.get("error"),
    }
    role, peer = pairing()
    if role != "alone":
        status.update(role=role, peer=peer)
    if role == "generator":
        status["measurement"] = measurement.read(f"{STATE}/measurement.json")
    status.update(live.read_all())
    status["state"] = rig_state(status)
    return status


def print_console(status):
    """One write, so that the kernel's own lines seldom fall into the middle."""
    line = f"rig-status: {json.dumps(status)}\n".encode()
    wanted = os.environ.get("RIG_CONSOLE", "/dev/ttyS0")
    for path in (wanted, "/dev/console") if wanted else ():
        try:
            # O_NONBLOCK: opening a serial port without a carrier would wait for one.
            fd = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_APPEND)
        except OSError:
            continue
        try:
            os.set_blocking(fd, True)
            os.write(fd, line)
            return
        except OSError:
            continue
        finally:
            os.close(fd)


def text(status):
    """For people: a line for each thing, faults last, where the eye ends."""
    port, pages, core, error = (status[key] for key in ("port", "hugepages", "core", "error"))
    lines = [f"{status['rig']}: {status['state']}" + (f", step {status['step']}" if status["step"] else "")]
    if status["progress"]:
        lines[0] += f" ({status['progress']['done']} of {status['progress']['total']})"
    lines.append("milestones  " + ", ".join(f"{name} {value}" for name, value in status["milestones"].items()))
    lines.append(f"dpdk        {status['dpdk'] or 'not built'}")
    if pages:
        lines.append(f"hugepages   {pages['total']} x 2 MB, {pages['free']} free")
    if port:
        address = f"{port['ipv4']}/{port['prefix']}" if port["ipv4"] else "no address"
        driver = port["driver"] or "no driver"
        lines.append(f"port        {port['pci']} on {driver}, {port['mac']}, {address}, link {port['link']}")
    if status.get("role"):
        lines.append(f"role        {status['role']}" + (f", peer {status['peer']}" if status["peer"] else ""))
    if core:
        counts = f"rx {core['rx_packets']}, tx {core['tx_packets']}, dropped {core['rx_dropped']}"
        lines.append(f"core        {core['state']} {core['mode']}, {core['uptime_s']} s, {counts}, restarts {core['restarts']}")
    feed = status.get("feed")
    if feed:
        lines.append(f"feed        {feed['venue']} {feed['state']}, {feed['good']} of {feed['symbols']} books good")
    if status.get("measurement"):
        lines.append("measured    " + measurement.line(status["measurement"], ", "))
    if error:
        lines.append(f"fault       {error['code']} in {error['step']}: {error['cause']}")
        lines.append(f"what to do  {error['fix']}")
    return "\n".join(lines)


def update(args):
    os.makedirs(RUN, exist_ok=True)
    with open(f"{RUN}/status.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept, milestones = read_json(f"{RUN}/status.json"), read_milestones()
        if args.step is not None:
            kept["step"], kept["progress"] = args.step or None, None
        if args.progress:
            done, total = args.progress.split("/")
            kept["progress"] = {"done": int(done), "total": int(total)}
        if args.clear_error or (kept.get("error") or {}).get("step") == args.clear_error_of:
            kept["error"] = None
        if args.error:
            kept["error"] = dict(zip(("code", "step", "cause", "fix"), args.error))
            kept["progress"] = None
        for name, value in (pair.split("=", 1) for pair in args.milestone):
            milestones[name] = value
        if args.milestone:
            write_milestones(milestones)
        status = compose(kept, milestones)
        replace_file(f"{RUN}/status.json", status)
        print_console(status)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    change = commands.add_parser("update")
    change.add_argument("--step", help="empty: no step is running")
    change.add_argument("--progress", metavar="DONE/TOTAL")
    change.add_argument("--milestone", action="append", default=[], metavar="NAME=VALUE")
    change.add_argument("--error", nargs=4, metavar=("CODE", "STEP", "CAUSE", "FIX"))
    change.add_argument("--clear-error", action="store_true")
    change.add_argument("--clear-error-of", default="", metavar="STEP")
    commands.add_parser("show")
    commands.add_parser("text")
    commands.add_parser("error")
    commands.add_parser("milestone").add_argument("name", choices=MILESTONES)
    args = parser.parse_args()
    if args.command == "update":
        update(args)
    elif args.command in ("show", "text"):
        status = compose(read_json(f"{RUN}/status.json"), read_milestones())
        print(json.dumps(status) if args.command == "show" else text(status))
    elif args.command == "milestone":
        print(read_milestones()[args.name])
    else:
        error = read_json(f"{RUN}/status.json").get("error")
        if not error:
            sys.exit(1)
        print("\t".join(error[key].replace("\t", " ") for key in ("code", "step", "cause", "fix")))


main()
