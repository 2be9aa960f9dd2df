"""The pictures of docs/matting.md: `python -m benchmarks.matting_pictures SAMPLES OUT`.

SAMPLES holds the sample photos, with `NAME.alpha.png` where opacity is known; OUT gets `methods.jpg` and `hints.jpg`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

import mattebox
from mattebox.encode import encode, write_file
from mattebox.evaluate.dataset import read_alpha
from mattebox.evaluate.sheet import font
from mattebox.geometry import resized
from mattebox.picture import open_picture
from mattebox.stages.trimap import make_trimap
from mattebox.types import Rgb, Trimap

HEIGHT, LINE, GAP = 260, 20, 6
PHOTOS = ("lemur", "alpaca", "antelope")
BAND = 10
"""Pixels that the trimaps are unknown on each side of an edge."""
METHODS = ("closed-form", "learning-based", "large-kernel", "knn")
HINTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("otters.jpg", "nothing said", {}),
    ("otters.jpg", "a point", {"points": [(253, 180)]}),
    ("otters.jpg", "a point beside it", {"points": [(253, 180, False)]}),
    ("rocket.jpg", "nothing said", {}),
    ("rocket.jpg", "a point", {"points": [(213, 320)]}),
    ("rocket.jpg", "a box", {"box": (85, 256, 320, 384)}),
    ("astronaut.jpg", "a box", {"box": (26, 154, 230, 307)}),
)
"""Photo, caption, and what is said of the subject."""


def trimap_of(path: Path) -> Trimap:
    """The trimap of a known opacity, as a careful person would draw it."""
    truth = read_alpha(path)
    reach = BAND / max(truth.shape)
    return make_trimap(truth, band=reach, inset=reach, sure=0.95, haze=0.04)


def on_white(cutout: mattebox.Cutout) -> Rgb:
    return np.ascontiguousarray(cutout.over("white").rgba[..., :3])


def methods(samples: Path) -> Rgb:
    """A row a photo: itself, its trimap, the embedded model, the automatic trimap, and every solver with the trimap."""
    rows = []
    for name in PHOTOS:
        picture, trimap = open_picture(samples / f"{name}.jpg"), trimap_of(samples / f"{name}.alpha.png")
        row = [
            captioned(picture.rgb, "photo"),
            captioned(np.dstack([trimap] * 3), "trimap"),
            captioned(on_white(mattebox.remove(picture)), "embedded model alone"),
            captioned(on_white(mattebox.remove(picture, matte="closed-form")), "closed-form, automatic trimap"),
        ]
        for method in METHODS:
            cutout = mattebox.remove(picture, trimap=trimap, matte=method)
            row.append(captioned(on_white(cutout), f"{method}, this trimap"))
        rows += [row[:4], row[4:]]
    return stacked(rows)


def hints(samples: Path) -> Rgb:
    """What is said of the subject, drawn in, and what comes of it."""
    shown = []
    for name, caption, said in HINTS:
        picture = open_picture(samples / name)
        drawn = on_white(mattebox.remove(picture, **said))
        for row, column, *beside in said.get("points", ()):
            cv2.circle(drawn, (column, row), 9, (220, 40, 40) if beside else (40, 170, 60), cv2.FILLED)
        if "box" in said:
            top, left, bottom, right = said["box"]
            cv2.rectangle(drawn, (left, top), (right, bottom), (40, 170, 60), 3)
        shown.append(captioned(drawn, caption))
    return stacked([shown[:3], shown[3:]])


def captioned(rgb: Rgb, caption: str) -> Rgb:
    """A picture of `HEIGHT` below its caption."""
    small = resized(rgb, (HEIGHT, round(rgb.shape[1] * HEIGHT / rgb.shape[0])))
    image = Image.new("RGB", (small.shape[1] + GAP, HEIGHT + LINE + GAP), "white")
    image.paste(Image.fromarray(small), (0, LINE))
    ImageDraw.Draw(image).text((2, 2), caption, "black", font())
    return np.asarray(image)


def stacked(rows: list[list[Rgb]]) -> Rgb:
    """Rows below each other, the shorter ones filled up with white."""
    lines = [np.hstack(row) for row in rows]
    width = max(line.shape[1] for line in lines)
    return np.vstack([np.pad(x, ((0, 0), (0, width - x.shape[1]), (0, 0)), constant_values=255) for x in lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    for name, draw in (("methods.jpg", methods), ("hints.jpg", hints)):
        write_file(args.out / name, encode(draw(args.samples), "jpeg", quality=88), overwrite=True)


if __name__ == "__main__":
    main()
