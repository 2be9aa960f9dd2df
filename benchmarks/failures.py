"""The worst held-out photos that may be shown: `python -m benchmarks.failures DATA OUT.jpg`.

DATA is the training material; the photos are those of the sources below that are held out of training.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import mattebox
from mattebox.encode import encode, format_of, write_file
from mattebox.evaluate.dataset import Pair
from mattebox.evaluate.run import Compared, evaluate
from mattebox.evaluate.sheet import WorstCases
from mattebox.train.data import read_manifest, split_validation

MAY_BE_SHOWN = ("pets", "feralcats")
"""Sources under CC BY-SA 4.0 and in the public domain."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    _, held_out = split_validation(read_manifest(args.data))
    shown = [record for record in held_out if record.source in MAY_BE_SHOWN]
    worst = WorstCases(8)
    pairs = [Pair(record.image, record.mask, record.kind, record.soft) for record in shown]
    evaluate(pairs, mattebox.Remover(), see=lambda step: worst.add(step) if isinstance(step, Compared) else None)
    write_file(args.out, encode(worst.draw(), format_of(args.out)), overwrite=True)


if __name__ == "__main__":
    main()
