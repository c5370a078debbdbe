#!/usr/bin/env python3
"""Writes each frame of vectors/respond.txt into a file of its own: the fuzzer's seed corpus.

usage: seeds.py VECTORS DIRECTORY
"""
import pathlib
import sys


def frames(text):
    """The frames that arrive, one after another."""
    for case in text.split("\n\n"):
        lines = [line[1:].strip() for line in case.splitlines() if line.startswith("<")]
        if lines:
            yield bytes.fromhex("".join(lines))


def main(vectors, directory):
    target = pathlib.Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames(pathlib.Path(vectors).read_text(encoding="ascii"))):
        (target / f"vector-{number:03d}").write_bytes(frame)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
