"""Pictures that are damaged, rare, or made to cost the server more than they cost their sender."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image, ImageOps

from handmade import chunk, png, png16, saved
from serve.clients import LEMUR, opened
from serve.live import Live, serving_apart

REMOVEBG = "/v1.0/removebg"
PHOTO = opened(LEMUR.read_bytes()).resize((340, 220), Image.Resampling.BOX)
JPEG = saved(PHOTO, "jpeg", quality=95)
KEY = "k"
MOST_GROWTH = 150
"""Megabytes that a server may need for a picture that is refused or small."""


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server in a process of its own, so that its memory can be told from that of the tests."""
    with serving_apart(tmp_path_factory.mktemp("apart"), "--workers", "1", key=KEY) as live:
        assert live.post(REMOVEBG, files={"image_file": JPEG}).status_code == 200
        yield live


def memory(live: Live) -> int:
    """Megabytes that a server had at most so far."""
    assert live.process is not None
    status = Path(f"/proc/{live.process.pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def sized(data: bytes, width: int, height: int) -> bytes:
    """A JPEG that says it has another size."""
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + struct.pack(">HH", height, width) + data[start + 4 :]


def with_preview(preview: bytes, length: int) -> bytes:
    """The photo with a preview in its EXIF that says it has so many bytes."""
    fields = struct.pack("<HHHIIHHII", 2, 0x0201, 4, 1, 44, 0x0202, 4, 1, length)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HI", 0, 14) + fields + bytes(4) + preview
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + JPEG[2:]


@cache
def deflated(megabytes: int) -> bytes:
    """Very many noughts, packed."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes)) + packer.flush()


def png_of(width: int, height: int, pixels: bytes, *extra: bytes) -> bytes:
    """A grey PNG with these packed pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def tiff_of(width: int, height: int) -> bytes:
    """A TIFF that says it has this size."""
    fields = ((256, width), (257, height), (258, 8), (262, 1), (273, 8), (277, 1), (278, height), (279, 9))
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + directory + bytes(40)


SMALL = zlib.compress((b"\0" + bytes(64)) * 64)
TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "a PNG that says 60000 x 60000": lambda: png(60_000, 60_000, 8, 0, b""),
    "a PNG of 12000 x 12000 that is there": lambda: png_of(12_000, 12_000, deflated(145)),
    "a JPEG that says 65535 x 65535": lambda: sized(JPEG, 65_535, 65_535),
    "a GIF that says 65535 x 65535": lambda: b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + saved(PHOTO, "gif")[10:],
    "a TIFF that says 60000 x 60000": lambda: tiff_of(60_000, 60_000),
}


@pytest.mark.parametrize("make", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_says_it_is_too_large_costs_nothing(apart: Live, make: Callable[[], bytes]) -> None:
    before = memory(apart)
    answer = apart.post(REMOVEBG, files={"image_file": make()})
    assert (answer.status_code, code_of(answer)) == (400, "resolution_too_high")
    assert memory(apart) - before < MOST_GROWTH


BOMBS: dict[str, Callable[[], bytes]] = {
    "pixels": lambda: png_of(64, 64, deflated(400)),
    "a colour profile": lambda: png_of(64, 64, SMALL, chunk(b"iCCP", b"p\0\0" + deflated(400))),
    "a text": lambda: png_of(64, 64, SMALL, chunk(b"zTXt", b"Comment\0\0" + deflated(400))),
    "a text in Unicode": lambda: png_of(64, 64, SMALL, chunk(b"iTXt", b"Comment\0\1\0\0\0" + deflated(400))),
    "an EXIF preview that is not there": lambda: with_preview(b"", 0xFFFF_FFFF),
    "an EXIF preview of junk": lambda: with_preview(b"\xff\xd8" + bytes(60_000), 60_002),
}


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_what_unpacks_to_very_much_costs_little(apart: Live, make: Callable[[], bytes]) -> None:
    before = memory(apart)
    answer = apart.post(REMOVEBG, files={"image_file": make()}, timeout=20)
    assert answer.status_code in {200, 400}
    assert memory(apart) - before < MOST_GROWTH
    assert apart.post(REMOVEBG, files={"image_file": JPEG}).status_code == 200


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["code"])


NOT_PICTURES = {
    "a text": (b"# What to do today\n", "invalid_file_type"),
    "an SVG": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "invalid_file_type",
    ),
    "an SVG with a head": (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg/>',
        "invalid_file_type",
    ),
    "a ZIP": (b"PK\3\4" + bytes(100), "invalid_file_type"),
    "noughts": (bytes(10_000), "invalid_file_type"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "invalid_file_type"),
    "one byte": (b"\xff", "invalid_file_type"),
    "the beginning of a JPEG": (JPEG[:10], "invalid_dimensions"),
    "the beginning of a PNG": (saved(PHOTO, "png")[:20], "invalid_dimensions"),
    "half a JPEG": (JPEG[: len(JPEG) // 2], "failed_to_read_image"),
    "half a PNG": (saved(PHOTO, "png")[:50_000], "failed_to_read_image"),
    "half a WebP": (saved(PHOTO, "webp")[:5_000], "invalid_dimensions"),  # which is read as a whole or not at all
    "a PNG with a wrong sum": (png_of(64, 64, b"junk"), "failed_to_read_image"),
    "nothing": (b"", "failed_to_read_image"),
}


@pytest.mark.parametrize(("data", "code"), NOT_PICTURES.values(), ids=NOT_PICTURES)
def test_what_is_no_whole_picture_is_refused(server: Live, data: bytes, code: str) -> None:
    answer = server.post(REMOVEBG, files={"image_file": ("a.png", data)})
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert "etc" not in answer.text


RARE = {
    "an animated GIF": saved(PHOTO, "gif", save_all=True, append_images=[Image.new("RGB", PHOTO.size)] * 3),
    "an animated WebP": saved(PHOTO, "webp", save_all=True, append_images=[Image.new("RGB", PHOTO.size)] * 3),
    "16 bits": png16(np.asarray(PHOTO).astype(np.uint16) * 257),
    "CMYK": saved(PHOTO.convert("CMYK"), "jpeg", quality=95),
    "grey": saved(PHOTO.convert("L"), "jpeg"),
    "grey with opacity": saved(PHOTO.convert("LA"), "png"),
    "a palette": saved(PHOTO.quantize(256), "png"),
    "a progressive JPEG": saved(PHOTO, "jpeg", progressive=True),
    "BMP": saved(PHOTO, "bmp"),
    "TIFF": saved(PHOTO, "tiff"),
}


@pytest.mark.parametrize("data", RARE.values(), ids=RARE)
def test_rare_pictures_are_done(server: Live, data: bytes) -> None:
    answer = server.post(REMOVEBG, files={"image_file": data})
    assert answer.status_code == 200, answer.text
    result = opened(answer.content)
    assert (result.size, result.mode, getattr(result, "n_frames", 1)) == (PHOTO.size, "RGBA", 1)
    opaque = np.asarray(result.getchannel("A")) > 127
    assert 0.1 < opaque.mean() < 0.7


UPRIGHT = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}
"""How the photo is turned to be stored with each orientation."""


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("format_", ["png", "jpg"])
def test_a_turned_photo_comes_back_upright(server: Live, orientation: int, format_: str) -> None:
    turned = PHOTO
    for step in UPRIGHT[orientation]:
        turned = turned.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(turned, "jpeg", exif=exif, quality=95)
    assert ImageOps.exif_transpose(opened(data)).size == PHOTO.size
    answer = server.post(REMOVEBG, files={"image_file": data}, data={"format": format_, "size": "full"})
    assert (int(answer.headers["X-Width"]), int(answer.headers["X-Height"])) == PHOTO.size
    result = opened(answer.content)
    assert result.size == PHOTO.size
    assert result.getexif().get(0x0112, 1) == 1
    subject = np.asarray(result.convert("RGB"))[110, 170].astype(int)
    assert np.abs(subject - np.asarray(PHOTO)[110, 170]).max() < 40
