"""Pictures with their true masks on disk: which belong together, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mattebox.errors import BadParameter, BadPicture
from mattebox.manifest import MANIFEST, read_rows, source_of
from mattebox.picture import open_picture
from mattebox.types import Alpha

__all__ = ["Pair", "read_alpha", "read_pairs"]

_GREY_TOLERANCE = 8  # JPEG tints grey by a few levels


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its truth.

    Attributes:
        image: path of the picture.
        mask: path of the true alpha; None for a picture without a subject.
        kind: what is on it, such as `animal`; empty when nobody said.
        soft: whether the truth is an opacity, not only inside and outside.
    """

    image: Path
    mask: Path | None = None
    kind: str = ""
    soft: bool = False

    @property
    def source(self) -> str:
        """Where the picture came from; see `source_of`."""
        return source_of(self.image)


def read_pairs(folder: Path) -> list[Pair]:
    """Find the pairs of a folder; no picture is opened yet.

    With a `manifest.csv` they are its rows: the columns `image` and `mask` are paths from the folder, `kind` and
    `mask_quality` may be missing, and the truth is soft where `mask_quality` has the word "soft". Rows without a mask
    are left out. Without a manifest, `images/NAME.*` belongs to `alpha/NAME.*` (soft) or to `masks/NAME.*` (not soft).

    Raises:
        BadParameter: there is no such folder, it has neither layout, the manifest cannot be read, or nothing is in it.
    """
    if not folder.is_dir():
        raise BadParameter(f"{folder}: no such folder")
    pairs = _listed(folder) if (folder / MANIFEST).is_file() else _matched(folder)
    if not pairs:
        raise BadParameter(f"{folder}: no pictures with masks in this folder")
    return pairs


def read_alpha(path: Path) -> Alpha:
    """Read an opacity, (H, W) in [0, 1]: the alpha channel of a picture that has one, otherwise how light it is.

    Raises:
        BadPicture: it cannot be read, or it has colours and no alpha channel.
    """
    picture = open_picture(path)
    if picture.alpha is not None:
        return picture.alpha
    with Image.open(path) as image:  # open_picture does not tell an opaque alpha channel from none
        if image.has_transparency_data:
            return np.ones(picture.size, np.float32)
    if np.ptp(picture.rgb, axis=2).max() > _GREY_TOLERANCE:
        raise BadPicture(f"{path} has colours and no alpha channel; an opacity is a grey picture or an alpha channel")
    return cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def _listed(folder: Path) -> list[Pair]:
    """The pairs that the manifest lists."""
    return [
        Pair(
            image=folder / row["image"],
            mask=folder / row["mask"],
            kind=row.get("kind", ""),
            soft="soft" in row.get("mask_quality", ""),
        )
        for row in read_rows(folder, {"image", "mask"})
        if row["mask"]
    ]


def _matched(folder: Path) -> list[Pair]:
    """The pairs whose files have the same name in both folders; a mask that is missing is left to be noticed."""
    truths = next((folder / name for name in ("alpha", "masks") if (folder / name).is_dir()), None)
    if truths is None or not (folder / "images").is_dir():
        raise BadParameter(f"{folder}: needs {MANIFEST}, or the folders images and masks (or alpha)")
    by_stem = {path.stem: path for path in _files(truths)}
    return [
        Pair(image, by_stem.get(image.stem, truths / f"{image.stem}.png"), soft=truths.name == "alpha")
        for image in _files(folder / "images")
    ]


def _files(folder: Path) -> list[Path]:
    """The files of a folder that are not hidden, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
