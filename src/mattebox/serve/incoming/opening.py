"""Pictures as they come in, and what is sent by mistake in place of one."""

from __future__ import annotations

from dataclasses import replace

from mattebox.errors import BadPicture
from mattebox.picture import Picture, open_picture
from mattebox.serve.refusals import Refusal

__all__ = ["check_type", "opened"]

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
EXPECTED = "image/jpeg, image/png, image/webp, image/gif, image/bmp, image/tiff, image/avif"


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
        Expected image/jpeg, image/png, image/webp, image/gif, image/bmp, image/tiff, image/avif, got application/pdf
    """
    if not data or any(data.startswith(mark, start) for start, mark in PICTURES):
        return
    found = next((name for start, mark, name in OTHERS if data.startswith(mark, start)), "application/octet-stream")
    raise Refusal("invalid_file_type", f"Expected {EXPECTED}, got {found}")


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
