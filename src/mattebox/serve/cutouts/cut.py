"""Our own API at work: from a wish to the file that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2

from mattebox import geometry
from mattebox.cancelling import check_cancelled
from mattebox.cutout import Cutout
from mattebox.hints import Hints, read_trimap
from mattebox.picture import Picture
from mattebox.remover import Remover, part_of
from mattebox.serve.cutouts.wishes import Wish
from mattebox.serve.incoming.opening import opened
from mattebox.serve.result import MEDIA_TYPES, Result, boxed

__all__ = ["cut"]


def cut(wish: Wish, remover: Remover) -> Result:
    """Do what was wished; the file is the same that Python and the command line make of these settings.

    Args:
        wish: with the bytes of its pictures.
        remover: with the settings of the wish.

    Raises:
        BadPicture: a picture cannot be read.
        BadParameter: something lies outside the picture, contradicts it, or makes the result too large.
        Cancelled: whoever asked no longer wants it.
    """
    assert isinstance(wish.picture, bytes)
    whole = opened(wish.picture, "image", wish.max_pixels)
    most = wish.max_megapixels
    picture = whole if most is None else whole.resize(geometry.fitting(whole.size, most))
    output = wish.output
    if wish.background is not None:
        assert isinstance(wish.background, bytes)
        output = replace(output, background=opened(wish.background, "background", wish.max_pixels))
    cutout = replace(remover(picture, **hints_of(wish, whole, picture.size)), max_pixels=wish.max_pixels)
    check_cancelled()
    dressed = output.dress(cutout)
    check_cancelled()
    data = output.encode(dressed)
    return Result(data, MEDIA_TYPES[output.final_format], *described(dressed))


def hints_of(wish: Wish, whole: Picture, size: tuple[int, int]) -> dict[str, Any]:
    """What is known of the subject, in pixels of the picture as it is worked on.

    Args:
        wish: with hints in pixels of the picture as it was sent.
        whole: the picture as it was sent.
        size: (height, width) of the picture as it is worked on.

    Raises:
        BadPicture, BadParameter: a hint cannot be read, or is not of this picture.
    """
    given: dict[str, Any] = dict(wish.hints)
    for name, source in (("mask", wish.mask), ("trimap", wish.trimap)):
        if source is not None:
            given[name] = opened(source, name, wish.max_pixels)
    if size == whole.size:
        return given
    points, box, transparent = given.get("points", ()), given.get("box"), given.get("transparent", ())
    rows, columns = part_of(whole, given.get("region"))
    Hints(None, None, points, box, transparent).check(whole, (rows.start, columns.start, rows.stop, columns.stop))
    if points:
        (height, width), (down, across) = whole.size, size
        given["points"] = tuple(
            (row * down // height, column * across // width, on_it) for row, column, on_it in points
        )
    for name in ("box", "region"):
        if name in given:
            given[name] = geometry.scaled(given[name], whole.size, size)
    if transparent:
        given["transparent"] = tuple(geometry.scaled(each, whole.size, size) for each in transparent)
    if "trimap" in given:
        trimap = read_trimap(given["trimap"], whole.size, resize=wish.settings.resize_trimap)
        given["trimap"] = cv2.resize(trimap, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return given


def described(cutout: Cutout) -> tuple[dict[str, str], dict[str, object]]:
    """What is known of a result, for headers and for JSON."""
    height, width = cutout.size
    known = {"model": cutout.model, "score": round(cutout.score, 4), "kind": cutout.kind, "reason": cutout.reason}
    told = {f"X-Mattebox-{name.title()}": in_header(value) for name, value in known.items() if value not in {None, ""}}
    headers, details = boxed(cutout.own_box)
    return (
        {"X-Width": str(width), "X-Height": str(height), **told, **headers},
        {"width": width, "height": height, **known, **details},
    )


def in_header(value: object) -> str:
    """A value as a header may have it, which knows fewer letters."""
    return " ".join(str(value).encode("ascii", "replace").decode().split())
