"""How well the embedded model stands for the scene classifier: `python -m benchmarks.scenes DATA`.

DATA is a folder whose `manifest.csv` says of every picture what kind of subject it shows. What the embedded model sees
is compared with that, first as it is, then by the model that the automatic choice would take.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from mattebox.loading import load_engine
from mattebox.manifest import read_rows
from mattebox.picture import open_picture
from mattebox.stages.segment import segment
from mattebox.stages.select import by_scene, choose, sight_of_kind
from mattebox.zoo.registry import find_card

KINDS = {
    "person": "person",
    "animal": "animal",
    "vehicle": "vehicle",
    "object": "object",
    "object, fruit, toy": "object",
    "furniture, household": "object",
    "product": "object",
}
"""Kinds of the manifest that are one of ours; pictures of other kinds (`mixed`) are left out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    card = find_card("lite")
    engine = load_engine(card, "cpu")
    count, same = 0, Counter[str]()
    for row in read_rows(data, {"image", "kind"}):
        if row["kind"] not in KINDS:
            continue
        kind = segment(open_picture(data / row["image"]).rgb, engine, card).kind
        seen, true = sight_of_kind(kind), sight_of_kind(KINDS[row["kind"]])
        count += 1
        same["kind"] += kind == KINDS[row["kind"]]
        same["scene"] += seen.scene == true.scene
        same["model, autoscene"] += by_scene(seen.scene) == by_scene(true.scene)
        same["model, auto"] += choose(*seen[:2]) == choose(*true[:2])
    for what, times in same.items():
        print(f"{what}: {times} of {count}")


if __name__ == "__main__":
    main()
