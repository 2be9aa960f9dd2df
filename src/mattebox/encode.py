"""Writing pictures: pixels to the bytes of a file, and bytes to a file that is either whole or not there."""

from __future__ import annotations

import io
import itertools
import os
import struct
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from mattebox.errors import BadParameter, MatteboxError, OutputFailed, unknown_name
from mattebox.types import Alpha, Rgb

__all__ = ["FORMATS", "Format", "encode", "encode_layers", "format_of", "whole_file", "write_file"]

Pixels: TypeAlias = NDArray[Any]
"""uint8 or uint16: (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA."""
Dpi: TypeAlias = tuple[float, float]


class Format(NamedTuple):
    """What a file format can hold.

    Attributes:
        extensions: suffixes that name it, the usual one first.
        has_alpha: whether it holds transparency.
        depth16: whether it holds 16 bits per channel.
    """

    extensions: tuple[str, ...]
    has_alpha: bool
    depth16: bool


FORMATS = {
    "png": Format((".png",), has_alpha=True, depth16=True),
    "webp": Format((".webp",), has_alpha=True, depth16=False),
    "jpeg": Format((".jpg", ".jpeg"), has_alpha=False, depth16=False),
    "tiff": Format((".tif", ".tiff"), has_alpha=True, depth16=True),
    "zip": Format((".zip",), has_alpha=True, depth16=False),
}
"""The formats that can be written, by name."""


def format_of(path: str | os.PathLike[str]) -> str:
    """Name the format that a file's suffix asks for.

    Raises:
        BadParameter: no format has that suffix.

    Example:
        >>> format_of("shop/shoe.JPG")
        'jpeg'
    """
    suffix = Path(path).suffix.lower()
    for name, form in FORMATS.items():
        if suffix in form.extensions:
            return name
    valid = (extension for form in FORMATS.values() for extension in form.extensions)
    raise BadParameter(f"{os.fspath(path)}: {unknown_name('format with the suffix', suffix, valid)}")


def encode(
    pixels: Pixels,
    format: str,  # noqa: A002
    *,
    icc_profile: bytes | None = None,
    dpi: Dpi | None = None,
    quality: int | None = None,
    lossless: bool | None = None,
) -> bytes:
    r"""Encode pixels as a file of one of the `FORMATS`.

    Args:
        pixels: (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight colours; uint8 or uint16. PNG and TIFF keep
            16 bits, the others are brought to 8.
        format: a name from `FORMATS`.
        icc_profile: profile to embed; left out when it is not one for these channels.
        dpi: horizontal and vertical resolution; WebP has no place for it.
        quality: 1 to 100, for JPEG (92 unless told), for WebP, and for the colours in a ZIP.
        lossless: for WebP; unless told, lossless when no quality is given.

    Raises:
        BadParameter: the format is unknown, cannot hold these channels or this size, or a setting makes no sense.

    Example:
        >>> encode(np.zeros((2, 3, 4), np.uint8), "png")[:4]
        b'\x89PNG'
    """
    if format not in FORMATS:
        raise BadParameter(unknown_name("format", format, FORMATS))
    _check(pixels, format, quality, lossless=lossless)
    if not FORMATS[format].depth16:
        pixels = _to_8_bits(pixels)
    space = b"GRAY" if pixels.ndim == 2 else b"RGB "
    profile = icc_profile if icc_profile and icc_profile[16:20] == space else None
    try:
        if format == "png":
            return _png(pixels, profile, dpi)
        if format == "tiff":
            return _tiff(pixels, profile, dpi)
        if format == "zip":
            alpha = np.divide(pixels[..., 3], 255, dtype=np.float32)
            return encode_layers(pixels[..., :3], alpha, icc_profile=profile, dpi=dpi, quality=quality)
        if format == "webp":
            return _webp(pixels, profile, quality, lossless=quality is None if lossless is None else lossless)
        return _jpeg(pixels, profile, dpi, quality)
    except (OSError, ValueError, struct.error, cv2.error) as error:
        raise BadParameter(f"{pixels.shape[1]} x {pixels.shape[0]} pixels cannot be {format}: {error}") from error


def encode_layers(
    rgb: Rgb,
    alpha: Alpha,
    *,
    icc_profile: bytes | None = None,
    dpi: Dpi | None = None,
    quality: int | None = None,
) -> bytes:
    """Pack the foreground's colours and the alpha as the ZIP that remove.bg answers with.

    Args:
        rgb: (H, W, 3) uint8, colours over the full frame.
        alpha: (H, W) float32 in [0, 1].
        icc_profile: profile of the colours.
        dpi: horizontal and vertical resolution.
        quality: that of the JPEG, 1 to 100; 92 unless told.

    Returns:
        A ZIP without compression of `color.jpg` and `alpha.png` (8-bit grey).

    Raises:
        BadParameter: the sizes differ, or a setting makes no sense.
    """
    if alpha.shape != rgb.shape[:2]:
        raise BadParameter(f"alpha has shape {alpha.shape}, its colours {rgb.shape}; they must have one size")
    layers = {
        "color.jpg": encode(rgb, "jpeg", icc_profile=icc_profile, dpi=dpi, quality=quality),
        "alpha.png": encode(cv2.convertScaleAbs(alpha, alpha=255), "png", dpi=dpi),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in layers.items():
            archive.writestr(zipfile.ZipInfo(name), data)  # the same date always: equal input, equal bytes
    return buffer.getvalue()


def write_file(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> None:
    """Write a file that appears whole or not at all; missing folders are made.

    Args:
        path: where; `~` is the home folder.
        data: what.
        overwrite: whether an existing file is replaced. If not, it is never touched, even when it appears meanwhile.

    Raises:
        OutputFailed: the file exists, or cannot be written; nothing half-written is left behind.
    """
    with whole_file(path, overwrite=overwrite) as file:
        file.write(data)


@contextmanager
def whole_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[IO[bytes]]:
    """Write a file piece by piece as `write_file` does: it appears when the block ends well, and else not at all.

    Yields:
        The open file.

    Raises:
        OutputFailed: the file exists, or cannot be written.
    """
    name = os.fspath(path)
    try:
        target = Path(os.path.expanduser(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.parent / f".mattebox-{uuid.uuid4().hex}.part"
        try:
            with part.open("xb") as file:
                yield file
            if overwrite:
                part.replace(target)
            else:
                _move_if_free(part, target, name)
        finally:
            part.unlink(missing_ok=True)
    except MatteboxError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        cause = (isinstance(error, OSError) and error.strerror) or error
        raise OutputFailed(f"{name} cannot be written: {cause}") from error


def _move_if_free(part: Path, target: Path, name: str) -> None:
    """Give a file its name unless that is taken, in one step."""
    try:
        try:
            target.hardlink_to(part)
        except FileExistsError:
            raise
        except OSError:  # perhaps a file system without hard links: take the name, then replace
            target.touch(exist_ok=False)
            try:
                part.replace(target)
            except OSError:
                target.unlink()
                raise
    except FileExistsError as error:
        raise OutputFailed(f"{name} exists already; ask to overwrite it, or give another name") from error


def _check(pixels: Pixels, format: str, quality: int | None, *, lossless: bool | None) -> None:  # noqa: A002
    channels = 1 if pixels.ndim == 2 else pixels.shape[2] if pixels.ndim == 3 else 0
    if pixels.dtype not in (np.uint8, np.uint16) or channels not in (1, 3, 4) or 0 in pixels.shape:
        raise BadParameter(
            f"pixels are {pixels.dtype} {pixels.shape}; give uint8 or uint16 of (H, W), (H, W, 3) or (H, W, 4)"
        )
    if channels == 4 and not FORMATS[format].has_alpha:
        raise BadParameter(f"{format} has no transparency; put the cut-out on a background first, or give 3 channels")
    if channels != 4 and format == "zip":
        raise BadParameter("zip holds colours and their transparency; give 4 channels")
    if quality is not None and not 1 <= quality <= 100:
        raise BadParameter(f"quality {quality} is not in 1 to 100")
    if lossless is not None and format != "webp":
        raise BadParameter(f"lossless is a choice for webp, not for {format}")
    if lossless and quality is not None:
        raise BadParameter(f"quality {quality} and lossless contradict each other")


def _to_8_bits(pixels: Pixels) -> NDArray[np.uint8]:
    return np.asarray(pixels if pixels.dtype == np.uint8 else cv2.convertScaleAbs(pixels, alpha=1 / 257), np.uint8)


def _png(pixels: Pixels, icc_profile: bytes | None, dpi: Dpi | None) -> bytes:
    """OpenCV's own choice of compression (runs only) takes a quarter of the time of the levels; the filter is ours."""
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    done, buffer = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP])
    if not done:
        raise ValueError("OpenCV failed")
    extra = b""
    if icc_profile:
        extra += _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile))
    if dpi:
        extra += _chunk(b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1))
    after_header, data = 33, buffer.data
    return b"".join((data[:after_header], extra, data[after_header:]))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _jpeg(pixels: Pixels, icc_profile: bytes | None, dpi: Dpi | None, quality: int | None) -> bytes:
    """Keep the colours at full resolution: halved, they bleed over the edge of a cut-out on a plain background."""
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    image.save(buffer, "JPEG", quality=quality or 92, subsampling=0, icc_profile=icc_profile, dpi=dpi or (0, 0))
    return buffer.getvalue()


def _webp(pixels: Pixels, icc_profile: bytes | None, quality: int | None, *, lossless: bool) -> bytes:
    """Take the quick methods: the thorough ones take 2 to 10 times as long to save a tenth (lossy) or a third."""
    buffer = io.BytesIO()
    quality, method = (0, 0) if lossless else (quality or 92, 2)
    image = Image.fromarray(pixels)
    image.save(buffer, "WEBP", lossless=lossless, quality=quality, method=method, exact=True, icc_profile=icc_profile)
    return buffer.getvalue()


def _tiff(pixels: Pixels, icc_profile: bytes | None, dpi: Dpi | None) -> bytes:
    """Deflate strips of differences. Pillow writes no 16-bit colour, and OpenCV does not say which channel is alpha."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    rows = pixels.reshape(height, width, channels).astype(pixels.dtype.newbyteorder("<"))
    rows[:, 1:] -= rows[:, :-1]
    per_strip = max(1, 262144 // (width * channels * pixels.itemsize))
    strips = [zlib.compress(rows[top : top + per_strip].tobytes(), 1) for top in range(0, height, per_strip)]
    lengths = [len(strip) for strip in strips]
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[TiffImagePlugin.IMAGEWIDTH] = width
    tags[TiffImagePlugin.IMAGELENGTH] = height
    tags[TiffImagePlugin.BITSPERSAMPLE] = (8 * pixels.itemsize,) * channels
    tags[TiffImagePlugin.COMPRESSION] = 8
    tags[TiffImagePlugin.PREDICTOR] = 2
    tags[TiffImagePlugin.PHOTOMETRIC_INTERPRETATION] = 1 if channels == 1 else 2
    tags[TiffImagePlugin.SAMPLESPERPIXEL] = channels
    tags[TiffImagePlugin.ROWSPERSTRIP] = per_strip
    tags[TiffImagePlugin.STRIPBYTECOUNTS] = lengths
    tags[TiffImagePlugin.STRIPOFFSETS] = [0, *itertools.accumulate(lengths[:-1])]  # Pillow adds where they begin
    if channels == 4:
        tags[TiffImagePlugin.EXTRASAMPLES] = 2  # straight alpha
    if icc_profile:
        tags[TiffImagePlugin.ICCPROFILE] = icc_profile
    if dpi:
        tags[TiffImagePlugin.X_RESOLUTION], tags[TiffImagePlugin.Y_RESOLUTION] = dpi
        tags[TiffImagePlugin.RESOLUTION_UNIT] = 2  # inch
    buffer = io.BytesIO()
    tags.save(buffer)
    return b"".join([buffer.getvalue(), *strips])
