"""Filters over folders of mask pictures: indices, where every value is an object, or grey, which is one soft mask."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mattebox.cancelling import check_cancelled
from mattebox.encode import write_file
from mattebox.errors import BadPicture, MatteboxError
from mattebox.headers import check_header
from mattebox.label.extra import needed_for
from mattebox.label.masks.filters.base import MaskFilter
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.sets import Piece
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.manifest import SUFFIXES

__all__ = ["IndexPicture", "filter_folder", "filter_picture", "mask_files", "read_index_picture"]

Indices: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]

_MODES = {"1": np.uint8, "L": np.uint8, "P": np.uint8, "I;16": np.uint16}


class IndexPicture(NamedTuple):
    """A picture whose values are indices.

    Attributes:
        values: (H, W) uint8 or uint16; 0 is background.
        palette: red, green, blue of every index in turn; None for a grey picture.
    """

    values: Indices
    palette: list[int] | None = None

    def encoded(self) -> bytes:
        """The picture as a PNG file with its palette."""
        image = Image.fromarray(self.values)
        if self.palette is not None:
            image.putpalette(self.palette)
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return buffer.getvalue()


def read_index_picture(data: bytes, name: str) -> IndexPicture:
    """Read a picture of indices as they are stored, whatever its palette shows.

    Args:
        data: of a file.
        name: what messages call it.

    Raises:
        BadPicture: it is damaged, too large, or has colours in place of indices.
    """
    try:
        check_header(io.BytesIO(data), name)
        with Image.open(io.BytesIO(data)) as image:
            mode, palette = image.mode, image.getpalette() if image.mode == "P" else None
            values = np.array(image, _MODES[mode]) if mode in _MODES else None
    except MatteboxError:
        raise
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise BadPicture(f"{name} cannot be opened as a mask: {error}") from error
    if values is None:
        raise BadPicture(f"{name} has pixels of {mode}; a mask is grey or has a palette, of 8 or 16 bits")
    return IndexPicture(values, palette)


def mask_files(folder: Path) -> list[Path]:
    """The files of a folder and those below it that may be pictures, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def filter_folder(
    source: Path,
    target: Path,
    filters: MaskFilter,
    report: Report,
    *,
    soft: bool = False,
    ignore: int | None = None,
    overwrite: bool = False,
    dry: bool = False,
    progress: Progress | None = None,
) -> None:
    """Filter every mask picture of a folder into a PNG file of the same name in another folder.

    Args:
        source: the folder; its tree is kept.
        target: the other one, which is made.
        filters: one filter, or a `Chain`.
        report: told of pictures that cannot be read and of everything that is dropped.
        soft: pictures are grey: each is one mask from 0 to 1.
        ignore: an index that is no object and stays as it is.
        overwrite: whether files that are there are replaced.
        dry: write nothing.
        progress: told of pictures.

    Raises:
        BadParameter: a filter does not suit the pictures.
        OutputFailed: a file is there already, or cannot be written.
        MissingExtra: a package of the extra `label` is not installed.
        Cancelled: the work was given up.
    """
    files = mask_files(source)
    taken: dict[Path, str] = {}
    for done, path in enumerate(files):
        check_cancelled()
        name = str(path.relative_to(source))
        written = target / Path(name).with_suffix(".png")
        try:
            before = _read_for(written, path, name, taken)
        except (BadPicture, OSError) as error:
            report.drop("bad-picture", str(error), dataset=str(source))
        else:
            after = filter_picture(before, filters, report, name, soft=soft, ignore=ignore)
            if not dry:
                write_file(written, after.encoded(), overwrite=overwrite)
            report.made("mask pictures")
        if progress:
            progress(done + 1, len(files))


def _read_for(written: Path, path: Path, name: str, taken: dict[Path, str]) -> IndexPicture:
    """Read a picture for a file that no other is written to.

    Raises:
        BadPicture: another is, or it is damaged.
    """
    if (other := taken.setdefault(written, name)) != name:
        raise BadPicture(f"{name}: {other} is written to the same file; give one of them another name")
    return read_index_picture(path.read_bytes(), name)


def filter_picture(
    picture: IndexPicture,
    filters: MaskFilter,
    report: Report,
    name: str,
    *,
    soft: bool = False,
    ignore: int | None = None,
) -> IndexPicture:
    """Filter the masks of one picture; parts keep the index of what they are parts of, and small ones lie on top.

    Args:
        picture: of indices, or grey.
        filters: one filter, or a `Chain`.
        report: told of what is dropped.
        name: what the report calls the picture.
        soft: it is grey: one mask from 0 to 1.
        ignore: an index that is no object and stays as it is.

    Raises:
        BadParameter: a filter does not suit the picture.
        MissingExtra: a package of the extra `label` is not installed.
    """
    masks = _soft_mask(picture.values) if soft else _index_masks(picture.values, ignore)
    left, dropped = filters(masks)
    for each in dropped:
        what = "part" if (left.ids == each.id).any() else "mask"
        report.drop(f"{what}-{each.code}", f"{what} of index {each.id}: {each.reason}", task=name)
    values = np.zeros_like(picture.values)
    for index in np.argsort(-left.areas, kind="stable").tolist():
        top, left_edge, crop = left.piece(index)
        place = values[top : top + crop.shape[0], left_edge : left_edge + crop.shape[1]]
        if soft:
            np.maximum(place, np.rint(crop * _full(values)).astype(values.dtype), out=place)
        else:
            place[crop] = left.ids[index]
    if ignore is not None and not soft:
        values[picture.values == ignore] = ignore
    return picture._replace(values=values)


def _full(values: Indices) -> int:
    return int(np.iinfo(values.dtype).max)


def _soft_mask(values: Indices) -> MaskSet:
    return MaskSet.of([values / np.float32(_full(values))], ids=[_full(values)])


def _index_masks(values: Indices, ignore: int | None) -> MaskSet:
    """One mask for every index but 0."""
    with needed_for("filters on masks"):
        from scipy import ndimage
    found = enumerate(ndimage.find_objects(values.astype(np.int32)), start=1)
    places = [(index, place) for index, place in found if place is not None and index != ignore]
    pieces = (Piece(rows.start, columns.start, values[rows, columns] == index) for index, (rows, columns) in places)
    return MaskSet.of_pieces(values.shape, pieces, [index for index, _ in places])
