#!/usr/bin/env python3
"""Writes the seed corpora of the fuzzers: each frame of vectors/respond.txt in a file of its own, and captures of them.

usage: seeds.py VECTORS FRAMES_DIRECTORY CAPTURES_DIRECTORY
"""
import pathlib
import struct
import sys


def frames(text):
    """The frames that arrive, one after another."""
    for case in text.split("\n\n"):
        lines = [line[1:].strip() for line in case.splitlines() if line.startswith("<")]
        if lines:
            yield bytes.fromhex("".join(lines))


def captures(found):
    """Small captures in each byte order and unit of time, whole and with a record that lies."""
    for order in "<>":
        for magic in (0xA1B2C3D4, 0xA1B23C4D):
            head = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, 1)
            records = [struct.pack(order + "IIII", 0, 0, len(frame), len(frame)) + frame for frame in found[:4]]
            yield head
            yield head + b"".join(records)
            yield head + records[0] + struct.pack(order + "IIII", 0, 0, 0xFFFFFFFF, 60) + found[0]
            yield head + records[0] + struct.pack(order + "IIII", 0, 0, len(found[0]), 1500) + found[0]
    yield struct.pack("<III", 0x0A0D0D0A, 28, 0x1A2B3C4D) + bytes(16)  # pcapng


def write(seeds, directory):
    target = pathlib.Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (target / f"seed-{number:03d}").write_bytes(seed)


def main(vectors, frames_directory, captures_directory):
    found = list(frames(pathlib.Path(vectors).read_text(encoding="ascii")))
    write(found, frames_directory)
    write(captures(found), captures_directory)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
