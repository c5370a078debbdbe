"""The answers of pollcore's and bookfeed's telemetry as text for people, laid out as `testpmd> show port` does. Used
by bin/rig-telemetry."""

COMMANDS = {"port": "/pollcore/status", "stats": "/pollcore/stats", "xstats": "/pollcore/xstats",
            "queues": "/pollcore/queues", "latency": "/pollcore/latency"}
# The same of bookfeed.
BOOKFEED = {"/pollcore/status": "/bookfeed/status", "/pollcore/stats": "/bookfeed/stats",
            "/pollcore/latency": "/bookfeed/latency"}
WIDTH = 76


def text(command, answer):
    """Lines for the answer to a command; one that has no layout of its own is a plain list."""
    layout = {"/pollcore/status": port, "/pollcore/stats": stats, "/pollcore/queues": queues,
              "/pollcore/latency": latency, "/bookfeed/latency": stages}.get(command, plain)
    return layout(answer) if isinstance(answer, dict) else [str(answer)]


def heading(what):
    return f" {what} ".center(WIDTH, "#")


def plain(answer, indent=2):
    size = max((len(name) for name in answer), default=0)
    return [f"{'':{indent}}{name + ':':<{size + 1}} {value}" for name, value in answer.items()]


def port(answer):
    return [heading(f"Infos for port {answer.get('port', 0)}"), *plain(answer), "#" * WIDTH]


def cells(*rows):
    """Rows of (name, value), the values of a column below each other."""
    return ["  " + "  ".join(f"{name + ':':<13} {value:<14}" for name, value in row).rstrip() for row in rows]


def stats(answer):
    get = answer.get
    bursts = {name[len("bursts_"):].replace("_", "-"): value for name, value in answer.items()
              if name.startswith("bursts_") and value}
    drops = {name[len("drop_"):]: value for name, value in answer.items() if name.startswith("drop_") and value}
    lines = [heading("NIC statistics for port 0"), *cells(
        (("RX-packets", get("rx_packets", 0)), ("RX-missed", get("rx_missed", 0)), ("RX-bytes", get("rx_bytes", 0))),
        (("RX-dropped", get("rx_dropped", 0)), ("RX-nombuf", get("rx_nombuf", 0))),
        (("TX-packets", get("tx_packets", 0)), ("TX-dropped", get("tx_dropped", 0)), ("TX-bytes", get("tx_bytes", 0))))]
    lines += ["", *cells(
        (("Polls", get("polls", 0)), ("Empty", get("polls_empty", 0)), ("Sleeps", get("sleeps", 0))),
        (("Cycles/burst", get("cycles_per_burst", 0)), ("Cycles/pkt", get("cycles_per_packet", 0))),
        (("Mbufs free", get("mbufs_free", 0)), ("of", get("mbufs_total", 0))))]
    replies = {name: value for name, value in answer.items() if name.endswith("_replies") and value}
    for what, found in (("Replies", replies), ("Drops", drops), ("Burst sizes", bursts)):
        if found:
            lines += ["", f"  {what}:", *plain(found, 4)]
    return [*lines, "#" * WIDTH]


def queues(answer):
    names = [name for name, value in answer.items() if isinstance(value, list)]
    count = answer.get("queues", 0)
    size = max((len(name) for name in names), default=0)
    head = " " * (size + 3) + "".join(f"{'queue ' + str(number):>18}" for number in range(count)) + f"{'all':>18}"
    lines = [heading("Queues of port 0"), head]
    for name in names:
        total = "" if name.startswith("cycles_per_") else sum(answer[name])
        lines.append(f"  {name + ':':<{size + 1}}" + "".join(f"{value:>18}" for value in answer[name]) + f"{total:>18}")
    return [*lines, "#" * WIDTH]


def latency(answer):
    if not answer:
        return ["  nothing is generated: start with --mode generate, or give it a peer and change the mode"]
    times = {name[:-len("_ns")].replace("_", "."): value for name, value in answer.items() if name.endswith("_ns")}
    counts = {name: value for name, value in answer.items() if not name.endswith("_ns")}
    lines = [heading("Measurement"), *plain(counts)]
    if times:
        micro = {name: f"{value / 1000:.3f}" for name, value in times.items()}
        lines += ["", "  Round trip in microseconds:", *plain(micro, 4)]
    return [*lines, "#" * WIDTH]


def stages(answer):
    columns = ("count", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns")
    names = [name[:-len("_count")] for name in answer if name.endswith("_count")]
    size = max((len(name) for name in names), default=0)
    head = " " * (size + 3) + "".join(f"{column.split('_')[0]:>11}" for column in columns)
    lines = [heading("Nanoseconds a stage"), head]
    for name in names:
        lines.append(f"  {name + ':':<{size + 1}}" + "".join(f"{answer[f'{name}_{column}']:>11}" for column in columns))
    return [*lines, "#" * WIDTH]
