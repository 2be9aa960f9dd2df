"""Training material on disk: a folder with a manifest, read into records that compositions draw from.

The layout is the one the manifest states: `images/*` with `masks/*` (type `pair`), `fg/*` cut-outs with an alpha
channel (type `fg`) and `bg/*` pictures without a subject (type `bg`). Any folder of that layout can be trained on.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mattebox.types import Alpha, Mask, Rgb


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the manifest.

    Attributes:
        image: absolute path of the picture.
        mask: absolute path of its mask, None for cut-outs and backgrounds.
        type: `pair`, `fg` or `bg`.
        source: the prefix of the file name, which names the data set it came from.
        soft: the mask is true at the pixel, with soft edges, by what the manifest says of its quality.
    """

    image: Path
    mask: Path | None
    type: str
    source: str
    soft: bool


def read_manifest(root: Path) -> list[Record]:
    """Read `manifest.csv` of a data folder.

    Raises:
        FileNotFoundError: the folder has no manifest.
    """
    with (root / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [
            Record(
                image=root / row["image"],
                mask=root / row["mask"] if row["mask"] else None,
                type=row["type"],
                source=Path(row["image"]).name.split("_")[0].split("-")[0],
                soft="soft" in row.get("mask_quality", ""),
            )
            for row in csv.DictReader(file)
        ]


def split_validation(records: list[Record], share: float = 0.03) -> tuple[list[Record], list[Record]]:
    """Part the records into (train, validation) by a hash of the file name, so that the split never moves.

    Only pairs are held out; `share` is the fraction of them.
    """
    train: list[Record] = []
    validation: list[Record] = []
    for record in records:
        digest = hashlib.sha256(record.image.name.encode()).digest()
        held = record.type == "pair" and digest[0] / 256 < share
        (validation if held else train).append(record)
    return train, validation


def read_rgb(path: Path) -> Rgb:
    """Decode a training picture."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise FileNotFoundError(f"{path}: missing or not a picture")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def read_pair(record: Record) -> tuple[Rgb, Mask]:
    """Decode a picture and its mask."""
    mask = cv2.imread(str(record.mask), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise FileNotFoundError(f"{record.mask}: missing or not a picture")
    return read_rgb(record.image), mask.astype(np.float32) / 255


def read_cutout(record: Record) -> tuple[Rgb, Alpha]:
    """Decode a cut-out: straight colours and alpha."""
    bgra = cv2.imread(str(record.image), cv2.IMREAD_UNCHANGED)
    if bgra is None or bgra.ndim != 3 or bgra.shape[2] != 4:
        raise FileNotFoundError(f"{record.image}: missing, or not a picture with an alpha channel")
    return cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB), bgra[..., 3].astype(np.float32) / 255
