"""Opening and checking pictures as CarveKit does: by suffix, size and mode, without EXIF orientation or ICC profile."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from mattebox.compat import pixels
from mattebox.errors import BadParameter, BadPicture, MissingExtra

if TYPE_CHECKING:
    import torch

__all__ = [
    "ALLOWED_SUFFIXES",
    "PictureSource",
    "UnusablePicture",
    "add_margin",
    "check_pairs",
    "convert_image",
    "is_image_valid",
    "load_image",
    "name_of",
    "open_as",
    "to_tensor",
    "transparency_paste",
]

PictureSource: TypeAlias = str | Path | Image.Image
"""What stands for a picture in every list: its path, or the picture itself."""

ALLOWED_SUFFIXES = [".jpg", ".jpeg", ".bmp", ".png", ".webp"]
ALLOWED_MODES = ("RGB", "RGBA", "L")
LEAST_SIDE = 33
UNREADABLE = (OSError, SyntaxError, struct.error, Image.DecompressionBombError)
"""What Pillow raises on files that are broken, truncated, or larger than anything honest."""


class UnusablePicture(BadPicture, ValueError):
    """CarveKit takes no such picture; a `ValueError`, which is what programs written for it expect."""


def to_tensor(x: Any) -> torch.Tensor:
    """Copy a picture or an array into a tensor of the same shape and type.

    Raises:
        MissingExtra: torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "a tensor") from error
    return torch.from_numpy(np.array(x))


def load_image(file: PictureSource) -> Image.Image:
    """Read the picture at a path; a picture comes back as it is.

    Raises:
        UnusablePicture: there is no such file, its suffix is not one of `ALLOWED_SUFFIXES`, it holds no whole picture,
            or `file` is something else.
    """
    if isinstance(file, Image.Image):
        return file
    path = Path(file) if isinstance(file, str) else file
    is_image_valid(path)
    try:
        with Image.open(path) as image:
            image.load()
    except UNREADABLE as error:
        raise UnusablePicture(f"{path}: cannot be read as a picture: {error}") from error
    return image


def convert_image(image: Image.Image, mode: str = "RGB") -> Image.Image:
    """Bring a picture to a mode; transparency is dropped, not laid on a ground.

    Raises:
        UnusablePicture: see `is_image_valid`; also when its file turns out to be damaged.
    """
    is_image_valid(image)
    try:
        return image.convert(mode)
    except UNREADABLE as error:
        raise UnusablePicture(f"{name_of(image)}: cannot be decoded: {error}") from error


def is_image_valid(image: Path | Image.Image) -> bool:
    """Say that a file may be opened, or that a picture may be used.

    Args:
        image: a path, of which existence and suffix are looked at; or a picture, of which size and mode are.

    Returns:
        True; anything else is an error.

    Raises:
        UnusablePicture: no file, a folder, another suffix, a side of 32 pixels or less, or another mode than RGB, RGBA
            and L.
    """
    if isinstance(image, Path):
        if not image.exists():
            raise UnusablePicture(f"{image}: no such file")
        if image.is_dir():
            raise UnusablePicture(f"{image}: is a folder, where the file of a picture is needed")
        if image.suffix.lower() not in ALLOWED_SUFFIXES:
            raise UnusablePicture(f"{image}: its suffix is not one of {' '.join(ALLOWED_SUFFIXES)}")
    elif isinstance(image, Image.Image):
        if min(image.size) < LEAST_SIDE:
            width, height = image.size
            raise UnusablePicture(
                f"{name_of(image)}: has {width} x {height} pixels; each side must have at least {LEAST_SIDE}"
            )
        if image.mode not in ALLOWED_MODES:
            raise UnusablePicture(
                f"{name_of(image)}: is of mode {image.mode}; convert it to one of {', '.join(ALLOWED_MODES)}"
            )
    else:
        raise UnusablePicture(f"{image!r}: is neither a path nor a picture of Pillow")
    return True


def open_as(source: PictureSource, mode: str = "RGB") -> Image.Image:
    """A picture or path as a picture of a mode.

    Raises:
        UnusablePicture: it is none that can be used.
    """
    return convert_image(load_image(source), mode)


def check_pairs(images: Sequence[PictureSource], others: Sequence[PictureSource], noun: str) -> None:
    """Refuse lists of different length.

    Raises:
        BadParameter: with both lengths.
    """
    if len(images) != len(others):
        raise BadParameter(f"{len(images)} pictures and {len(others)} {noun}; give one for each")


def name_of(source: PictureSource) -> str:
    """What messages call a picture: its path, if it has one."""
    path = getattr(source, "filename", "") if isinstance(source, Image.Image) else source
    return str(path) or "<picture>"


def transparency_paste(bg_img: Image.Image, fg_img: Image.Image, box: tuple[int, int] = (0, 0)) -> Image.Image:
    """Lay one RGBA picture over another at (left, top); see `mattebox.compat.pixels.transparency_paste`."""
    return pixels.transparency_paste(bg_img, fg_img, box)


def add_margin(pil_img: Image.Image, top: int, right: int, bottom: int, left: int, color: pixels.Colour) -> Image.Image:
    """Widen the canvas by so many pixels on each side, filled with a colour."""
    return pixels.add_margin(pil_img, top, right, bottom, left, color)
