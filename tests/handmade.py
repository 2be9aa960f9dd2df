"""Picture files made by hand, for what no writer writes, and what the tests of pictures compare with."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

from mattebox.picture import Picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
NOISE = np.random.default_rng(7).integers(0, 256, (20, 30, 4), np.uint8)
NOISE16 = np.random.default_rng(8).integers(0, 65536, (20, 30, 4), np.uint16)
WARM = (220, 120, 40)


def saved(image: Image.Image | np.ndarray, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, format_, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour_type: int, rows: bytes, *extra: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + pixels + chunk(b"IEND", b"")


def png16(pixels: np.ndarray, *extra: bytes) -> bytes:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(pixels.shape[1], pixels.shape[0], 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows, *extra)


def tiff16(pixels: np.ndarray, **tags: int) -> bytes:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    layout = {
        "IMAGEWIDTH": pixels.shape[1],
        "IMAGELENGTH": pixels.shape[0],
        "BITSPERSAMPLE": (16,) * channels,
        "COMPRESSION": 1,
        "PHOTOMETRIC_INTERPRETATION": 1 if channels == 1 else 2,
        "SAMPLESPERPIXEL": channels,
        "ROWSPERSTRIP": pixels.shape[0],
        "STRIPOFFSETS": 0,
        "STRIPBYTECOUNTS": pixels.nbytes,
        **({"EXTRASAMPLES": 2} if channels == 4 else {}),
        **tags,
    }
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for name, value in layout.items():
        directory[{"ORIENTATION": 274}.get(name) or getattr(TiffImagePlugin, name)] = value
    buffer = io.BytesIO()
    directory.save(buffer)
    return buffer.getvalue() + pixels.astype("<u2").tobytes()


def profile(space: bytes, **tags: bytes) -> bytes:
    """A minimal ICC profile, version 2."""
    fixed = [struct.pack(">i", round(value * 65536)) for value in (0.9642, 1, 0.8249)]
    text = b"text" + bytes(4) + b"test\0"
    tags = {"wtpt": b"XYZ " + bytes(4) + b"".join(fixed), "cprt": text, **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name.encode(), start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind, connection = (b"mntr", b"XYZ ") if space == b"GRAY" else (b"prtr", b"Lab ")
    header = struct.pack(">I4sI4s4s4s12s4s", start + len(body), b"", 0x02400000, kind, space, connection, b"", b"acsp")
    return (header + bytes(28) + b"".join(fixed)).ljust(128, b"\0") + table + body


LINEAR_GREY = profile(b"GRAY", kTRC=b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0100))


def inks(cyan_lab: tuple[int, int, int]) -> bytes:
    """A CMYK profile of 2 steps a side, in which full cyan has this Lab, no ink is white, and all else is black."""
    corners = bytearray(16 * 3)
    corners[0:3] = (255, 128, 128)
    corners[24:27] = cyan_lab
    identity = b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + bytes(corners) + ramp * 3
    return profile(b"CMYK", A2B0=table)


def assert_same(picture: Picture, rgb: np.ndarray, tolerance: int = 0) -> None:
    assert picture.rgb.dtype == np.uint8
    np.testing.assert_allclose(picture.rgb, rgb, rtol=0, atol=tolerance)
