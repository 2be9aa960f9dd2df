"""Our own API at work: from a wish to the file that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from mattebox import geometry
from mattebox.cancelling import check_cancelled
from mattebox.cutout import Box, Cutout
from mattebox.errors import BadParameter
from mattebox.hints import Hints, read_trimap
from mattebox.output import Output
from mattebox.picture import Picture
from mattebox.remover import Remover, part_of
from mattebox.serve.cutouts.wishes import BLUR, Wish
from mattebox.serve.incoming.opening import opened, scaled, shrunk
from mattebox.serve.result import MEDIA_TYPES, Result

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
    picture = shrunk(whole, wish.max_megapixels)
    output = wish.output
    if wish.background is not None:
        assert isinstance(wish.background, bytes)
        output = replace(output, background=opened(wish.background, "background", wish.max_pixels))
    cutout = remover(picture, **hints_of(wish, whole, picture.size))
    check_margins(output, cutout, wish.max_pixels)
    check_cancelled()
    dressed = output.dress(cutout)
    check_cancelled()
    return described(cutout, dressed.size, subject_in(output, cutout, dressed), output.encode(dressed), output)


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
            given[name] = scaled(given[name], whole.size, size)
    if transparent:
        given["transparent"] = tuple(scaled(each, whole.size, size) for each in transparent)
    if "trimap" in given:
        trimap = read_trimap(given["trimap"], whole.size, resize=wish.settings.resize_trimap)
        given["trimap"] = cv2.resize(trimap, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return given


def check_margins(output: Output, cutout: Cutout, max_pixels: int) -> None:
    """Refuse space around the subject that would make the result too large.

    Raises:
        BadParameter: it would.
    """
    if output.crop is None or cutout.box is None:
        return
    top, left, bottom, right = cutout.box
    above, after, below, before = geometry.margins(output.crop, cutout.box)
    if (bottom - top + above + below) * (right - left + before + after) > max_pixels:
        raise BadParameter(f"crop '{output.crop}': makes a result of more than {max_pixels / 1e6:g} megapixels")


def subject_in(output: Output, cutout: Cutout, dressed: Cutout) -> Box:
    """Where the subject lies in the result, without its shadow and what is behind it.

    Returns:
        (top, left, bottom, right) in pixels; all 0 where there is none.
    """
    if not output.shadow and output.background is None and output.preset is None:
        return dressed.box or (0, 0, 0, 0)
    # Dressed in the same way, a white subject before black stays white where it is, and all else is black.
    black = replace(cutout.picture, rgb=np.zeros_like(cutout.picture.rgb), deep=None)
    white = replace(cutout, picture=black, foreground=np.full_like(cutout.foreground, 255))
    plain = replace(output, background=BLUR if output.background == BLUR else "black", gradient_end=None)
    light = np.divide(plain.dress(white).foreground[..., 0], 255, dtype=np.float32)
    return geometry.subject_box(light) or (0, 0, 0, 0)


def described(cutout: Cutout, size: tuple[int, int], box: Box, data: bytes, output: Output) -> Result:
    """A result with what is known of it, for headers and for JSON."""
    top, left, bottom, right = box
    foreground = {"top": top, "left": left, "width": right - left, "height": bottom - top}
    known = {"model": cutout.model, "score": round(cutout.score, 4), "kind": cutout.kind, "reason": cutout.reason}
    headers = {
        "X-Width": str(size[1]),
        "X-Height": str(size[0]),
        **{f"X-Mattebox-{name.title()}": in_header(value) for name, value in known.items() if value not in {None, ""}},
        **{f"X-Foreground-{name.title()}": str(value) for name, value in foreground.items()},
    }
    details: dict[str, object] = {
        "width": size[1],
        "height": size[0],
        **known,
        **{f"foreground_{name}": value for name, value in foreground.items()},
    }
    return Result(data, MEDIA_TYPES[output.final_format], headers, details)


def in_header(value: object) -> str:
    """A value as a header may have it, which knows fewer letters."""
    return " ".join(str(value).encode("ascii", "replace").decode().split())
