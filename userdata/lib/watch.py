"""What bin/rig-status --watch shows: the status, and under it what the core's counters did since the last look."""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import live  # noqa: E402

LIB = os.path.dirname(os.path.realpath(__file__))
CLEAR = "\033[H\033[2J"  # home, and nothing left of a longer text


def per_second(before, after, name, seconds):
    return (after.get(name, 0) - before.get(name, 0)) / seconds


def short(value):
    """At most four digits, with the unit's prefix."""
    for prefix in ("", "k", "M"):
        if value < 9999.5:
            return f"{value:.4g}{prefix}"
        value /= 1000
    return f"{value:.4g}G"


def rates(before, after, seconds):
    def direction(name):
        packets = per_second(before, after, f"{name}_packets", seconds)
        bits = per_second(before, after, f"{name}_bytes", seconds) * 8
        return f"{name} {short(packets)} packets/s {short(bits)}bit/s"

    return f"rates       {direction('rx')}, {direction('tx')}"


def drops(before, after, seconds):
    """By reason, the most first; whatever was ever dropped stays in sight."""
    names = [name for name, value in after.items() if value and (name.startswith("drop_") or name in LOSSES)]
    names.sort(key=lambda name: (-per_second(before, after, name, seconds), -after[name]))
    parts = [f"{name.removeprefix('drop_')} {after[name]} ({short(per_second(before, after, name, seconds))}/s)"
             for name in names]
    return f"drops       {', '.join(parts) or 'none'}"


LOSSES = ("tx_dropped", "rx_missed", "rx_nombuf")


def buffers(stats):
    total = stats.get("mbufs_total") or 1
    used = total - stats.get("mbufs_free", 0)
    return f"buffers     {used} of {total} in use ({100 * used // total} %)"


def polling(before, after, seconds):
    polls = per_second(before, after, "polls", seconds)
    empty = per_second(before, after, "polls_empty", seconds)
    busy = polls - empty
    burst = per_second(before, after, "rx_packets", seconds) / busy if busy > 0 else 0
    return f"polling     {short(polls)} polls/s, {100 * busy / max(polls, 1):.1f} % with packets, {burst:.1f} packets each"


def time_text(nanoseconds):
    if nanoseconds < 10_000:
        return f"{nanoseconds} ns"
    return f"{nanoseconds / 1000:.1f} us" if nanoseconds < 10_000_000 else f"{nanoseconds / 1e6:.1f} ms"


def generated(latency):
    """Of generate mode; nothing in the other modes."""
    if not latency or "error" in latency:
        return []
    lines = [f"generated   sent {latency['sent']}, back {latency['received']}, missing {latency['missing']}, "
             f"duplicates {latency['duplicates']}, reordered {latency['reordered']}, skipped {latency['skipped']}"]
    if "p50_ns" in latency:
        names = (("p50", "p50_ns"), ("p90", "p90_ns"), ("p99", "p99_ns"), ("p99.9", "p99_9_ns"),
                 ("p99.99", "p99_99_ns"), ("max", "max_ns"))
        lines.append("round trip  " + ", ".join(f"{label} {time_text(latency[name])}" for label, name in names))
    return lines


def core_lines(before, after, seconds, latency):
    if not after:
        return []
    if not before or after.get("polls", 0) < before.get("polls", 0):
        before = after  # the first look, or another core than before
    return [rates(before, after, seconds), drops(before, after, seconds), polling(before, after, seconds),
            buffers(after), *generated(latency)]


def feed_lines(before, after, seconds):
    if not after:
        return []
    before = before or after
    messages, updates = (short(per_second(before, after, name, seconds)) for name in ("messages", "updates"))
    return [f"feed        {messages} messages/s, {updates} updates/s, resyncs {after.get('resyncs', 0)}, "
            f"connects {after.get('connects', 0)}"]


def main():
    before, when, workload = None, time.monotonic(), live.workload()
    while True:
        text = subprocess.run([sys.executable, f"{LIB}/status.py", "text"], capture_output=True, text=True, check=False)
        after, now = live.ask_core(f"/{workload}/stats"), time.monotonic()
        alarms = (live.ask_core(f"/{workload}/status") or {}).get("alarms")
        lines = [f"ALARM       {alarms}: beyond what this instance type allows"] if alarms else []
        seconds = max(now - when, 1e-3)
        if workload == "bookfeed":
            lines += feed_lines(before, after, seconds)
        else:
            lines += core_lines(before, after, seconds, live.ask_core("/pollcore/latency") if after else None)
        print(CLEAR + (text.stdout or text.stderr) + "\n".join(lines), flush=True)
        before, when = after, now
        time.sleep(1)


try:
    main()
except (KeyboardInterrupt, BrokenPipeError):
    sys.exit(0)
