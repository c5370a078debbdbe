#!/usr/bin/env python3
"""Writes each case of a vectors file, which blank lines part, into a file of its own: a fuzzer's seed corpus.

usage: seeds.py VECTORS DIRECTORY
"""
import pathlib
import sys


def main(vectors, directory):
    target = pathlib.Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    cases = pathlib.Path(vectors).read_text(encoding="utf-8").strip().split("\n\n")
    for number, case in enumerate(cases):
        (target / f"vector-{number:03d}").write_text(case, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
