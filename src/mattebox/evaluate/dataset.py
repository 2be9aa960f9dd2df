"""Pictures with their true masks on disk: finding them, and reading true alphas."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mattebox.errors import BadParameter, BadPicture
from mattebox.evaluate.layouts import LAYOUTS, pairs_in_layout, recognised
from mattebox.evaluate.pairs import Pair, matched
from mattebox.manifest import MANIFEST, read_rows
from mattebox.picture import open_picture
from mattebox.types import Alpha

__all__ = ["Pair", "read_alpha", "read_pairs"]

_GREY_TOLERANCE = 8  # JPEG tints grey by a few levels


def read_pairs(folder: Path, layout: str | None = None) -> list[Pair]:
    """Find the pairs of a folder; no picture is opened yet.

    With a `manifest.csv` they are its rows: the columns `image` and `mask` are paths from the folder, `kind`,
    `mask_quality` and `trimap` may be missing, and the truth is soft where `mask_quality` has the word "soft". Rows
    without a mask are left out. Without a manifest, `images/NAME.*` belongs to `alpha/NAME.*` (soft) or to
    `masks/NAME.*` (not soft), and to `trimaps/NAME.*`. Otherwise it may be one of the public data sets, see `LAYOUTS`.

    Args:
        folder: where the data is.
        layout: name of a public data set; None to find out.

    Raises:
        BadParameter: there is no such folder or layout, it is laid out otherwise, the manifest cannot be read, or
            nothing is in it.
    """
    if not folder.is_dir():
        raise BadParameter(f"{folder}: no such folder")
    if layout is not None:
        pairs = pairs_in_layout(folder, layout)
    elif (folder / MANIFEST).is_file():
        pairs = _listed(folder)
    else:
        pairs = _matched(folder)
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
            trimap=folder / row["trimap"] if row.get("trimap") else None,
        )
        for row in read_rows(folder, {"image", "mask"})
        if row["mask"]
    ]


def _matched(folder: Path) -> list[Pair]:
    """The pairs of a folder without a manifest."""
    truths = next((folder / name for name in ("alpha", "masks") if (folder / name).is_dir()), None)
    if truths is not None and (folder / "images").is_dir():
        trimaps = folder / "trimaps"
        soft = truths.name == "alpha"
        return matched(folder / "images", truths, trimaps if trimaps.is_dir() else None, soft=soft)
    layout = recognised(folder)
    if layout is None:
        raise BadParameter(
            f"{folder}: needs {MANIFEST}, or the folders images and masks (or alpha), or the layout of one of "
            f"{', '.join(LAYOUTS)}"
        )
    return pairs_in_layout(folder, layout)
