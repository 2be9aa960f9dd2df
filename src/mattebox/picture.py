"""Opening pictures: whatever comes in leaves upright, in RGB, 8 bits deep, with what must survive beside it.

Pillow reads every header, because it knows all formats and their EXIF, ICC and DPI fields; the pixels are decoded in
`mattebox.decode`.
"""

from __future__ import annotations

import importlib
import io
import logging
import math
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from mattebox import compose
from mattebox.decode import Pixels, decode_array, decode_image, stored_layout
from mattebox.errors import BadParameter, BadPicture, MatteboxError, MissingExtra
from mattebox.geometry import resize_straight, resized
from mattebox.headers import PIXEL_READS, MeteredFile, check_header
from mattebox.types import Alpha, Rgb

__all__ = ["Picture", "PictureSource", "open_picture", "read_size"]

logger = logging.getLogger(__name__)

# Pillow knows many more formats, some of which start other programs or read other files.
_FORMATS = (
    JpegImagePlugin.JpegImageFile.format,
    PngImagePlugin.PngImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
    TiffImagePlugin.TiffImageFile.format,
    GifImagePlugin.GifImageFile.format,
    BmpImagePlugin.BmpImageFile.format,
    AvifImagePlugin.AvifImageFile.format,
    "HEIF",
)
LONGEST_SIDE = 65_535
"""A JPEG's own limit; margins and shadows multiply a longer side into any number of pixels."""
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# EXIF orientation -> what makes the pixels upright.
_UPRIGHT: dict[int, Callable[[Any], Any]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
_SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture: upright RGB pixels, and what must survive to the output.

    Attributes:
        rgb: (H, W, 3) uint8.
        alpha: (H, W) float32 in [0, 1], the picture's own transparency; None when it is opaque everywhere.
        deep: (H, W, 3) uint16, the colours at full depth when the source has more than 8 bits per channel.
        icc_profile: colour profile of `rgb`; None stands for sRGB or unknown.
        dpi: horizontal and vertical resolution.
        name: what messages call it: the path as given, or "<bytes>", "<stream>", "<image>", "<array>".

    Example:
        >>> picture = open_picture(np.zeros((4, 6, 3), np.uint8))
        >>> picture.size, picture.crop(1, 2, 4, 6).size
        ((4, 6), (3, 4))
    """

    rgb: Rgb
    alpha: Alpha | None
    deep: NDArray[np.uint16] | None
    icc_profile: bytes | None
    dpi: tuple[float, float] | None
    name: str

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

    def over(self, grey: int) -> Rgb:
        """The colours laid over grey paper (0 to 255) where the picture is transparent."""
        if self.alpha is None:
            return self.rgb
        return compose.over(self.rgb, self.alpha, np.full_like(self.rgb, grey))

    def crop(self, top: int, left: int, bottom: int, right: int) -> Picture:
        """Cut out the box of rows [top, bottom) and columns [left, right); the pixels are copied.

        Raises:
            BadParameter: the box is empty or reaches outside.
        """
        height, width = self.size
        if not (0 <= top < bottom <= height and 0 <= left < right <= width):
            raise BadParameter(
                f"{self.name}: crop to rows {top} to {bottom} and columns {left} to {right} "
                f"is empty or outside a picture of {width} x {height}"
            )
        box = np.s_[top:bottom, left:right]
        return replace(
            self,
            rgb=self.rgb[box].copy(),
            alpha=None if self.alpha is None else _unless_opaque(self.alpha[box].copy()),
            deep=None if self.deep is None else self.deep[box].copy(),
        )

    def resize(self, size: tuple[int, int]) -> Picture:
        """Show the same at another size, (height, width), 8 bits deep."""
        if size == self.size:
            return self
        if self.alpha is None:
            return replace(self, rgb=resized(self.rgb, size), deep=None)
        rgb, alpha = resize_straight(self.rgb, self.alpha, size)
        return replace(self, rgb=rgb, alpha=alpha, deep=None)


PictureSource: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image | NDArray[Any] | Picture
)
"""Anything that `open_picture` takes."""


def open_picture(source: PictureSource, *, max_pixels: int = 200_000_000) -> Picture:
    """Open a picture from wherever it is.

    Reads JPEG, PNG, WebP, BMP, TIFF, GIF and AVIF, and HEIC with the extra `heif`; of an animation, the first frame.
    EXIF orientation is applied. RGB pixels keep their values and their ICC profile; CMYK, LAB and grey with a profile
    of their own are converted to sRGB.

    Args:
        source: a path, the bytes of a file, a binary stream (read to its end), a Pillow image, an array, or a Picture,
            which is returned as it is. Arrays are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) in RGB order: uint8,
            uint16, bool, or float in [0, 1]. A uint8 RGB array is not copied.
        max_pixels: larger pictures are refused before any of their pixels is decoded.

    Raises:
        BadPicture: missing, unreadable, empty, damaged, truncated, not a picture, larger than `max_pixels`, longer than
            65,535 pixels, or made to cost far more than it weighs.
        BadParameter: `source` is of no type named above.
        MissingExtra: it is HEIC, and pillow-heif is not installed.

    Example:
        >>> open_picture(np.full((2, 3), 0.5)).rgb[0, 0].tolist()
        [128, 128, 128]
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, np.ndarray):
        name = "<array>"
        pixels = decode_array(source, name)
        _check_size(pixels.shape[0], pixels.shape[1], max_pixels, name)
        return _from_pixels(pixels, None, None, name)
    if isinstance(source, Image.Image):
        with _blaming("<image>"):
            return _from_image(source, None, max_pixels, "<image>")
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        with _blaming(name), Path(os.path.expanduser(name)).open("rb") as file:
            return _from_file(file if file.seekable() else io.BytesIO(file.read()), max_pixels, name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(source, max_pixels, "<bytes>")
    if hasattr(source, "read"):
        with _blaming("<stream>"):
            data = source.read()
        if isinstance(data, str):
            raise BadParameter("<stream> gives text; open the file in binary mode ('rb')")
        return _from_bytes(data, max_pixels, "<stream>")
    raise BadParameter(
        f"a picture cannot be opened from {type(source).__name__}; give a path, bytes, a binary stream, "
        "a Pillow image or an array"
    )


def read_size(data: bytes, *, upright: bool = False) -> tuple[int, int]:
    """Height and width of a picture in a file; only its header is read.

    Args:
        data: the bytes of the file; the first of them are enough for most kinds.
        upright: as it is once turned as its EXIF says, and not as it is stored.

    Raises:
        BadPicture: it is not a picture, or its header is damaged.
        MissingExtra: it is HEIC, and pillow-heif is not installed.

    Example:
        >>> from mattebox.encode import encode
        >>> read_size(encode(np.zeros((2, 3), np.uint8), "png"))
        (2, 3)
    """
    with _blaming("<bytes>"):
        image = _open_header(io.BytesIO(data), "<bytes>")
        _check_size(image.height, image.width, sys.maxsize, "<bytes>")
        sideways = upright and _orientation(image, "<bytes>") in _SIDEWAYS
        return (image.width, image.height) if sideways else (image.height, image.width)


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    """Turn whatever a decoder or the file system raises into BadPicture."""
    try:
        yield
    except MatteboxError:
        raise
    except Exception as error:  # a damaged file can make a decoder raise anything
        cause = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
        raise BadPicture(f"{name} cannot be opened as a picture: {cause}") from error


def _from_bytes(data: bytes | bytearray | memoryview, max_pixels: int, name: str) -> Picture:
    with _blaming(name):
        return _from_file(io.BytesIO(data), max_pixels, name)


def _from_file(file: BinaryIO, max_pixels: int, name: str) -> Picture:
    return _from_image(_open_header(file, name), file, max_pixels, name)


def _open_header(file: BinaryIO, name: str) -> Image.Image:
    """Read the header with the plugin that knows the first bytes.

    `Image.open` would do, were it not for its own size limit, which is global and warns.
    """
    start = file.read(32)
    if not start:
        raise BadPicture(f"{name} is empty")
    failure: Exception | None = None
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS:
        try:
            importlib.import_module("pillow_heif").register_heif_opener()
        except ImportError as error:
            failure = MissingExtra("heif", f"{name} is HEIC, which")
            failure.__cause__ = error
    check_header(file, name)
    metered = MeteredFile(file, name)
    for known in _FORMATS:
        factory, accepts = Image.OPEN.get(known, (None, None))
        if factory and (accepts is None or accepts(start) is True):
            file.seek(0)
            try:
                image = factory(cast("BinaryIO", metered), name)
            except SyntaxError as error:
                failure = failure or error
            else:
                metered.left = PIXEL_READS
                return image
    if failure:
        raise failure
    raise BadPicture(
        f"{name} is not a picture in a known format (JPEG, PNG, WebP, TIFF, GIF, BMP, AVIF, HEIC); "
        f"it begins with {start[:12]!r}"
    )


def _check_size(height: int, width: int, max_pixels: int, name: str) -> None:
    if height < 1 or width < 1:
        raise BadPicture(f"{name} has no pixels: {width} x {height}")
    if max(height, width) > LONGEST_SIDE:
        raise BadPicture(f"{name} is {width} x {height}; a side may have up to {LONGEST_SIDE} pixels, so cut it up")
    if height * width > max_pixels:
        raise BadPicture(
            f"{name} is {width} x {height} = {height * width} pixels, over the limit of {max_pixels}; "
            "make it smaller or raise max_pixels"
        )


def _from_image(image: Image.Image, file: BinaryIO | None, max_pixels: int, name: str) -> Picture:
    _check_size(image.height, image.width, max_pixels, name)
    layout = stored_layout(image)
    if image.format == "PNG":
        image.load()  # its EXIF may follow the pixels
    orientation = _orientation(image, name)
    sideways = orientation in _SIDEWAYS
    pixels, icc_profile = decode_image(image, file, layout=layout, sideways=sideways, name=name)
    if orientation in _UPRIGHT and image.format != "TIFF":  # a TIFF comes upright
        pixels = _UPRIGHT[orientation](pixels)
    if image.format != "MPO" and getattr(image, "is_animated", False):
        logger.info("%s: using the first frame", name)  # to count them, Pillow would read them all
    dpi = _dpi(image)
    return _from_pixels(pixels, icc_profile, dpi[::-1] if dpi and sideways else dpi, name)


def _from_pixels(pixels: Pixels, icc_profile: bytes | None, dpi: tuple[float, float] | None, name: str) -> Picture:
    alpha, colours = None, pixels
    if pixels.ndim == 2:
        colours = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    elif pixels.shape[2] == 4:
        alpha = _unless_opaque(np.divide(pixels[..., 3], np.iinfo(pixels.dtype).max, dtype=np.float32))
        colours = cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB)
    deep = np.ascontiguousarray(colours, np.uint16) if pixels.dtype == np.uint16 else None
    rgb = colours if deep is None else cv2.convertScaleAbs(deep, alpha=1 / 257)
    return Picture(np.ascontiguousarray(rgb, np.uint8), alpha, deep, icc_profile, dpi, name)


def _unless_opaque(alpha: Alpha) -> Alpha | None:
    return None if alpha.min() == 1 else alpha


def _orientation(image: Image.Image, name: str) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, struct.error, TypeError, ValueError, KeyError, OverflowError) as error:
        logger.info("%s: EXIF cannot be read and is left out: %s", name, error)
        return 1


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < math.inf and 1 < down < math.inf else None  # 1 is Pillow's word for unknown
