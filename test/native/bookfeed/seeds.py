#!/usr/bin/env python3
"""Writes each case of a vectors file into a file of its own: a fuzzer's seed corpus.

Blank lines part the cases of a .txt file; a .lines file has one a line, with Python's escapes for what is no text.

usage: seeds.py VECTORS DIRECTORY
"""
import pathlib
import sys


def cases(vectors):
    text = vectors.read_text(encoding="utf-8").strip()
    if vectors.suffix == ".lines":
        return [line.encode("latin-1").decode("unicode_escape").encode("latin-1") for line in text.split("\n")]
    return [case.encode() for case in text.split("\n\n")]


def main(vectors, directory):
    target = pathlib.Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(cases(pathlib.Path(vectors))):
        (target / f"vector-{number:03d}").write_bytes(case)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
