"""Training material on disk: a folder with a manifest, read into records that compositions draw from.

The layout is the one the manifest states: `images/*` with `masks/*` (type `pair`), `fg/*` cut-outs with an alpha
channel (type `fg`) and `bg/*` pictures without a subject (type `bg`). Any folder of that layout can be trained on.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter, BadPicture
from mattebox.manifest import MANIFEST, read_rows, source_of
from mattebox.types import Alpha, Mask, Rgb

log = logging.getLogger(__name__)

OPEN_LICENCE = re.compile(r"CC0|CC BY|MIT|Apache|BSD|OSL|public domain", re.IGNORECASE)
RESEARCH_ONLY = re.compile(r"research use|no licence", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the manifest.

    Attributes:
        image: absolute path of the picture.
        mask: absolute path of its mask, None for cut-outs and backgrounds.
        type: `pair`, `fg` or `bg`.
        source: the data set it came from; see `source_of`.
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
        BadParameter: the folder has no manifest or one that lacks a column, or `licences` is something else or leaves
            nothing.
    """
    if licences not in {"any", "open"}:
        raise BadParameter(f"licences={licences!r}: must be 'any' or 'open'")
    rows = read_rows(root, {"image", "mask", "type"})
    records = [as_record(row, root, line) for line, row in enumerate(rows, start=2)]
    kept = [record for record in records if licences == "any" or record.openly_licensed]
    if not kept:
        raise BadParameter(f"{root / MANIFEST}: no record is left with licences={licences!r}")
    return kept


def as_record(row: dict[str, str], root: Path, line: int) -> Record:
    """One row of a manifest.

    Raises:
        BadParameter: it is of no known type, or a pair without a mask.
    """
    if row["type"] not in {"pair", "fg", "bg"}:
        raise BadParameter(f"{root / MANIFEST}, line {line}: type '{row['type']}' is none of pair, fg, bg")
    if row["type"] == "pair" and not row["mask"]:
        raise BadParameter(f"{root / MANIFEST}, line {line}: a pair without a mask")
    return Record(
        image=root / row["image"],
        mask=root / row["mask"] if row["mask"] else None,
        type=row["type"],
        source=source_of(Path(row["image"])),
        soft="soft" in row.get("mask_quality", ""),
        kind=row.get("kind", ""),
        licence=row.get("licence", ""),
    )


def split_validation(records: list[Record], share: float = 0.03) -> tuple[list[Record], list[Record]]:
    """Part the records into (train, validation) by a hash of the file name, so that the split never moves.

    Only pairs are held out: `share` of them, and at least one where there are two.
    """
    digests = {r: hashlib.sha256(r.image.name.encode()).digest() for r in records if r.type == "pair"}
    held = {record for record, digest in digests.items() if digest[0] / 256 < share}
    if not held and len(digests) > 1:
        held = {min(digests, key=lambda record: digests[record])}
    return [r for r in records if r not in held], [r for r in records if r in held]


def readable(records: list[Record]) -> list[Record]:
    """The pairs that can be read; the others are told once, here, and not after hours."""
    kept = []
    for record in records:
        try:
            read_pair(record)
        except BadPicture as error:  # noqa: PERF203 (decoding takes a thousand times longer)
            log.warning("%s; it is left out", error)
        else:
            kept.append(record)
    return kept


def read_rgb(path: Path) -> Rgb:
    """Decode a training picture."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise BadPicture(f"{path}: missing or not a picture")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def read_pair(record: Record) -> tuple[Rgb, Mask]:
    """Decode a picture and its mask.

    Raises:
        BadPicture: one of them cannot be read, or they differ in size.
    """
    mask = cv2.imread(str(record.mask), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise BadPicture(f"{record.mask}: missing or not a picture")
    rgb = read_rgb(record.image)
    if mask.shape != rgb.shape[:2]:
        raise BadPicture(f"{record.mask} has the size {mask.shape}, but {record.image} {rgb.shape[:2]}")
    return rgb, mask.astype(np.float32) / 255


def read_cutout(record: Record) -> tuple[Rgb, Alpha]:
    """Decode a cut-out: straight colours and alpha.

    Raises:
        BadPicture: it cannot be read, or has no alpha channel of 8 bits.
    """
    bgra = cv2.imread(str(record.image), cv2.IMREAD_UNCHANGED)
    if bgra is None or bgra.ndim != 3 or bgra.shape[2] != 4 or bgra.dtype != np.uint8:
        raise BadPicture(f"{record.image}: missing, or not a picture of 8 bits with an alpha channel")
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
