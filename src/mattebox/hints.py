"""What a user knows of the subject of a picture: a mask, a trimap, points, a box."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from operator import index
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.picture import Picture, PictureSource, open_picture
from mattebox.stages.prompts import Point
from mattebox.stages.trimap import BLACK, read_greys
from mattebox.types import Mask, Trimap

__all__ = ["Hints", "Region", "as_region", "check_one", "read_mask", "read_trimap"]

log = logging.getLogger(__name__)

SKEW = 0.02
"""How much the proportions of a trimap may differ from its picture's; rounding of small ones takes so much."""
TOLD: list[str] = []
"""The file with which the rule for greys was told."""

Region: TypeAlias = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels."""


class Hints:
    """What is known of one picture; at most one of mask, trimap, points and box.

    Args:
        mask: light where the subject is.
        trimap: black for background, white for subject, grey for unknown.
        points: (row, column) or (row, column, whether it is on the subject) each, in whole pixels.
        box: (top, left, bottom, right) around the subject.
        transparent: boxes in which the subject can be seen through.

    Raises:
        BadParameter: several are given, or one is not what it should be.
    """

    def __init__(
        self,
        mask: PictureSource | None = None,
        trimap: PictureSource | None = None,
        points: Sequence[Sequence[int]] = (),
        box: Region | None = None,
        transparent: Sequence[Region] = (),
    ) -> None:
        self.mask, self.trimap = mask, trimap
        self.points = tuple(as_point(point) for point in points)
        self.box = None if box is None else as_region(box, "box")
        self.transparent = tuple(as_region(each, "transparent") for each in transparent)
        given = {"mask": mask is not None, "trimap": trimap is not None, "points": self.points, "box": self.box}
        check_one({name: bool(there) for name, there in given.items()})

    def check(self, picture: Picture, part: Region) -> None:
        """Make sure that points and boxes lie in a picture, and in the part of it that is looked at.

        Raises:
            BadParameter: one does not.
        """
        top, left, bottom, right = part
        height, width = picture.size
        for row, column, _ in self.points:
            if not (0 <= row < height and 0 <= column < width):
                raise BadParameter(
                    f"{picture.name}: point ({row}, {column}) lies outside the picture of {height} x {width} pixels"
                )
            if not (top <= row < bottom and left <= column < right):
                raise BadParameter(f"{picture.name}: point ({row}, {column}) lies outside the region {part}")
        for box in (*([] if self.box is None else [self.box]), *self.transparent):
            if not (0 <= box[0] < box[2] <= height and 0 <= box[1] < box[3] <= width):
                raise BadParameter(
                    f"{picture.name}: box {box} must be (top, left, bottom, right) "
                    f"inside the picture of {height} x {width} pixels"
                )
        if self.box is not None and not (
            max(top, self.box[0]) < min(bottom, self.box[2]) and max(left, self.box[1]) < min(right, self.box[3])
        ):
            raise BadParameter(f"{picture.name}: box {self.box} lies outside the region {part}")

    def read_trimap(self, size: tuple[int, int], *, resize: bool) -> Trimap:
        """The trimap, (H, W) of 0, 128 and 255; see `read_trimap`."""
        assert self.trimap is not None
        return read_trimap(self.trimap, size, resize=resize)


def check_one(given: Mapping[str, bool], mark: str = "") -> None:
    """Refuse hints that say the same thing twice.

    Args:
        given: by name, whether it was given.
        mark: what stands before a name, as `--` of an option.

    Raises:
        BadParameter: several were.
    """
    names = [f"{mark}{name}" for name, there in given.items() if there]
    if len(names) > 1:
        raise BadParameter(f"{' and '.join(names)} contradict each other: give one of them")


def as_point(point: Sequence[int]) -> Point:
    """Read a point.

    Raises:
        BadParameter: it is not (row, column) in whole pixels, with True or False after them or nothing.
    """
    try:
        row, column, *rest = point
        (subject,) = rest or (True,)
        return Point(index(row), index(column), bool(index(subject)))
    except (TypeError, ValueError):
        raise BadParameter(
            f"point {point!r}: give (row, column) in whole pixels for each; with False added, one beside the subject"
        ) from None


def as_region(region: Sequence[int], name: str = "region") -> Region:
    """Read a region or a box.

    Raises:
        BadParameter: it is not four whole numbers.
    """
    try:
        top, left, bottom, right = map(index, region)
    except (TypeError, ValueError):
        raise BadParameter(f"{name} {region!r}: give (top, left, bottom, right) in whole pixels") from None
    return top, left, bottom, right


def read_mask(source: PictureSource) -> Mask:
    """Read a user's mask: the opacity of a picture that has one, otherwise how light it is; (h, w) in [0, 1]."""
    picture = open_picture(source)
    if picture.alpha is not None:
        return picture.alpha
    return cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def read_trimap(source: PictureSource, size: tuple[int, int], *, resize: bool = False) -> Trimap:
    """Read a user's trimap.

    Args:
        source: a picture; up to a tenth of white is background, from nine tenths on subject, all between unknown. That
            there were other values than three is told once.
        size: (height, width) of the picture that it belongs to.
        resize: bring one of another size to it, without new values in between.

    Returns:
        (H, W) of 0, 128 and 255.

    Raises:
        BadPicture: it cannot be read.
        BadParameter: it is of another size, or too dark to be a trimap.
    """
    picture = open_picture(source)
    greys = cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY)
    if picture.alpha is not None and not np.ptp(greys):
        greys = np.rint(255 * picture.alpha).astype(np.uint8)
    if 0 < greys.max() <= BLACK:
        raise BadParameter(
            f"{picture.name}: its values go from {greys.min()} to {greys.max()}; a trimap has 0 for background, 128 "
            "for unknown and 255 for subject"
        )
    if greys.shape != size:
        greys = of_size(greys, size, picture.name, resize=resize)
    trimap, sloppy = read_greys(greys)
    if sloppy:
        tell_rule(picture.name)
    if not (trimap == 128).any():
        log.warning("%s: nothing in this trimap is unknown, so nothing is matted", picture.name)
    return trimap


def of_size(greys: NDArray[np.uint8], size: tuple[int, int], name: str, *, resize: bool) -> NDArray[np.uint8]:
    """A trimap at the size of its picture, without new values in between.

    Raises:
        BadParameter: that was not asked for, or it is of another shape.
    """
    (height, width), (own_height, own_width) = size, greys.shape
    found = f"{name}: a trimap of {own_height} x {own_width} pixels, where the picture has {height} x {width}"
    if not resize:
        raise BadParameter(f"{found}: give one of the picture's size, or ask for it to be resized (--resize-trimap)")
    if abs(own_height * width / (own_width * height) - 1) > SKEW:
        raise BadParameter(f"{found}: resized it would be squeezed, so it is of another picture or cropped")
    return np.asarray(cv2.resize(greys, (width, height), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def tell_rule(name: str) -> None:
    """Say once how the greys of trimaps are taken, with the first file that needs it."""
    if not TOLD:
        TOLD.append(name)
        log.warning(
            "%s: a trimap of other greys than black, white and one between; up to 25 is taken for background, from 230 "
            "on for subject, all between for unknown. Other such trimaps are taken so too, and not told",
            name,
        )
