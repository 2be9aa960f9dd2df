"""Training material on disk: a folder with a manifest, read into records that compositions draw from.

The layout is the one the manifest states: `images/*` with `masks/*` (type `pair`), `fg/*` cut-outs with an alpha
channel (type `fg`) and `bg/*` pictures without a subject (type `bg`). Any folder of that layout can be trained on.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.types import Alpha, Mask, Rgb

OPEN_LICENCE = re.compile(r"CC0|CC BY|MIT|Apache|BSD|OSL|public domain", re.IGNORECASE)
RESEARCH_ONLY = re.compile(r"research use|no licence", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the manifest.

    Attributes:
        image: absolute path of the picture.
        mask: absolute path of its mask, None for cut-outs and backgrounds.
        type: `pair`, `fg` or `bg`.
        source: the prefix of the file name, which names the data set it came from.
        soft: the mask is true at the pixel, with soft edges, by what the manifest says of its quality.
        kind: what the picture shows, in the manifest's words; empty when it does not say.
        licence: the terms of the picture, in the manifest's words; empty when it does not say.
    """

    image: Path
    mask: Path | None
    type: str
    source: str
    soft: bool
    kind: str = ""
    licence: str = ""

    @property
    def openly_licensed(self) -> bool:
        """Whether the terms name an open licence and nothing narrower."""
        return bool(OPEN_LICENCE.search(self.licence)) and not RESEARCH_ONLY.search(self.licence)


def read_manifest(root: Path, licences: str = "any") -> list[Record]:
    """Read `manifest.csv` of a data folder.

    Args:
        root: the folder.
        licences: `any`, or `open` for the records whose terms name an open licence.

    Raises:
        FileNotFoundError: the folder has no manifest.
        BadParameter: `licences` is something else, or leaves nothing.
    """
    if licences not in {"any", "open"}:
        raise BadParameter(f"licences={licences!r}: must be 'any' or 'open'")
    with (root / "manifest.csv").open(newline="", encoding="utf-8") as file:
        records = [
            Record(
                image=root / row["image"],
                mask=root / row["mask"] if row["mask"] else None,
                type=row["type"],
                source=Path(row["image"]).name.split("_")[0].split("-")[0],
                soft="soft" in row.get("mask_quality", ""),
                kind=row.get("kind", ""),
                licence=row.get("licence", ""),
            )
            for row in csv.DictReader(file)
        ]
    kept = [record for record in records if licences == "any" or record.openly_licensed]
    if not kept:
        raise BadParameter(f"{root / 'manifest.csv'}: no record is left with licences={licences!r}")
    return kept


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


class Shelf:
    """Decoded material, kept in memory as long as there is room: decoding is half the work of composing a sample.

    Args:
        room: bytes; what comes after it is full is decoded every time.
    """

    def __init__(self, room: int) -> None:
        self._left = room
        self._kept: dict[Path, tuple[Rgb, NDArray[np.uint8] | None]] = {}

    def rgb(self, record: Record) -> Rgb:
        """Colours of a record (H, W, 3), not to be written to."""
        return self._decoded(record)[0]

    def subject(self, record: Record) -> tuple[Rgb, Alpha]:
        """Colours (H, W, 3), not to be written to, and alpha (H, W) of a pair or a cut-out."""
        rgb, levels = self._decoded(record)
        assert levels is not None
        return rgb, levels.astype(np.float32) / np.float32(255)

    def _decoded(self, record: Record) -> tuple[Rgb, NDArray[np.uint8] | None]:
        if record.image in self._kept:
            return self._kept[record.image]
        if record.type == "bg":
            rgb, levels = read_rgb(record.image), None
        else:
            rgb, alpha = read_pair(record) if record.type == "pair" else read_cutout(record)
            levels = np.rint(alpha * 255).astype(np.uint8)
        size = rgb.nbytes + (0 if levels is None else levels.nbytes)
        if size <= self._left:
            self._left -= size
            rgb.flags.writeable = False
            self._kept[record.image] = rgb, levels
        return rgb, levels
