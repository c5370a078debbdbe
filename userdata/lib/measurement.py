"""Usage: measurement.py FILE. Reads what bin/rig-measure left: for lib/measurement.sh as one line, for live.py as numbers."""

import json
import sys


def read(path):
    """The figures of a finished measurement, or None."""
    try:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)["result"]
        times = result["rtt_ns"]
        return {
            "loss_free_pps": int(result["loss_free_pps"]),
            "loss": float(result["loss"]),
            "p50_ns": int(times["p50"]),
            "p99_ns": int(times["p99"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def microseconds(nanoseconds):
    return f"{nanoseconds / 1000:.1f} us"


def line(figures, separator):
    return separator.join((
        f"{figures['loss_free_pps']} packets/s",
        f"{figures['loss'] * 100:.4g} %",
        microseconds(figures["p50_ns"]),
        microseconds(figures["p99_ns"]),
    ))


def main():
    figures = read(sys.argv[1])
    if figures is None:
        sys.exit(1)
    print(line(figures, "|"))


if __name__ == "__main__":
    main()
