"""Pictures as they come in: what is no picture at all, and copies of a size that one can afford to work on."""

from __future__ import annotations

import math
from dataclasses import replace

from mattebox.errors import BadPicture
from mattebox.geometry import resize_straight, resized
from mattebox.hints import Region
from mattebox.picture import Picture, open_picture
from mattebox.serve.refusals import Refusal

__all__ = ["check_type", "fitting", "opened", "scaled", "shrunk"]

PICTURES = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG"),
    (8, b"WEBP"),
    (0, b"GIF8"),
    (0, b"BM"),
    (0, b"II"),
    (0, b"MM"),
    (4, b"ftypavi"),
    (4, b"ftyphe"),
    (4, b"ftypmif1"),
    (4, b"ftypmsf1"),
)
"""How files of pictures begin, JPEG to HEIC: from which byte, and with what."""
OTHERS = (
    (0, b"%PDF", "application/pdf"),
    (0, b"<svg", "image/svg+xml"),
    (0, b"<?xml", "application/xml"),
    (0, b"<", "text/html"),
    (0, b"{", "application/json"),
    (0, b"PK\3\4", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)
"""The same for what is often sent by mistake, and what it is."""
EXPECTED = "image/jpeg, image/png, image/webp"


def check_type(data: bytes) -> None:
    """Refuse a file that does not even begin as a picture does.

    Args:
        data: the file; an empty one passes, as it is of no type.

    Raises:
        Refusal: `invalid_file_type`, with what it is and what is expected.

    Example:
        >>> try:
        ...     check_type(b"%PDF-1.7")
        ... except Refusal as refusal:
        ...     print(refusal.detail)
        Expected image/jpeg, image/png, image/webp, got application/pdf
    """
    if not data or any(data.startswith(mark, start) for start, mark in PICTURES):
        return
    found = next((name for start, mark, name in OTHERS if data.startswith(mark, start)), "application/octet-stream")
    raise Refusal("invalid_file_type", f"Expected {EXPECTED}, got {found}")


def fitting(size: tuple[int, int], megapixels: float) -> tuple[int, int]:
    """The size in the same proportions that has no more than so many megapixels; never a larger one.

    Example:
        >>> fitting((3000, 4000), 0.75), fitting((300, 400), 0.75)
        ((750, 1000), (300, 400))
    """
    height, width = size
    most = max(1, int(megapixels * 1e6))
    if height * width <= most:
        return size
    share = math.sqrt(most / (height * width))
    shorter = max(1, int(min(size) * share))
    longer = min(int(max(size) * share + 1e-6), most // shorter)
    return (shorter, longer) if height < width else (longer, shorter)


def shrunk(picture: Picture, megapixels: float | None) -> Picture:
    """A picture that is no larger than this; None for any size."""
    size = picture.size if megapixels is None else fitting(picture.size, megapixels)
    if size == picture.size:
        return picture
    if picture.alpha is None:
        return replace(picture, rgb=resized(picture.rgb, size), deep=None)
    rgb, alpha = resize_straight(picture.rgb, picture.alpha, size)
    return replace(picture, rgb=rgb, alpha=alpha, deep=None)


def scaled(box: Region, size: tuple[int, int], other: tuple[int, int]) -> Region:
    """A box in another size of its picture, rounded outwards: never empty, and inside when it was.

    Args:
        box: (top, left, bottom, right) in pixels of the picture.
        size: (height, width) of the picture.
        other: (height, width) that it has now.

    Example:
        >>> scaled((10, 0, 21, 300), (200, 300), (100, 150))
        (5, 0, 11, 150)
    """
    top, left, bottom, right = box
    (height, width), (down, across) = size, other
    return top * down // height, left * across // width, -(-bottom * down // height), -(-right * across // width)


def opened(data: bytes, name: str, max_pixels: int) -> Picture:
    """Open a picture that was sent.

    Args:
        data: the file.
        name: what messages call it.
        max_pixels: larger ones are refused.

    Raises:
        Refusal: it is not even of a type that is read.
        BadPicture: it cannot be read, or is too large.
    """
    check_type(data)
    try:
        return replace(open_picture(data, max_pixels=max_pixels), name=name)
    except BadPicture as error:
        raise BadPicture(str(error).replace("<bytes>", name)) from error
