from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handmade import NOISE, WARM, assert_same, chunk, saved
from mattebox import headers, picture
from mattebox.errors import BadPicture
from mattebox.picture import open_picture, read_size

FLAT = Image.new("RGB", (16, 16), WARM)
JPEG = saved(FLAT, "JPEG")
PNG = saved(FLAT, "PNG")
GIF = saved(FLAT.convert("P"), "GIF")
EXIF_TAG = 34665
STRIP_OFFSETS = 273


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg(*segments: bytes) -> bytes:
    """A JPEG with these before its own segments."""
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def progressive(scans: int) -> bytes:
    """A JPEG that goes over the same pixels again and again."""
    data = saved(FLAT, "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def after_header(*chunks: bytes) -> bytes:
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def gif_comment(blocks: int) -> bytes:
    start = GIF.index(b",", 13 + 3 * (2 << (GIF[10] & 7)))
    return GIF[:start] + b"!\xfe" + b"\1a" * blocks + b"\0" + GIF[start:]


def directory(order: str, tags: list[tuple[int, int, int, int]], *, big: bool = False) -> bytes:
    entry = order + ("HHQQ" if big else "HHLL")
    body = b"".join(struct.pack(entry, *tag) for tag in tags)
    return struct.pack(order + ("Q" if big else "H"), len(tags)) + body + bytes(8)


def tiff(order: str, tags: list[tuple[int, int, int, int]], values: int = 0) -> bytes:
    """A TIFF, or a block of EXIF, with its directory at 8, and room behind it."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order]
    return start + struct.pack(order + "L", 8) + directory(order, tags) + bytes(4 * values)


def big_tiff(tags: list[tuple[int, int, int, int]], values: int) -> bytes:
    return b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + directory("<", tags, big=True) + bytes(8 * values)


def webp(exif: bytes) -> bytes:
    return saved(FLAT, "WEBP", exif=exif)


TOO_MANY = headers.MOST_TAG_VALUES + 1
LONG, RATIONAL = 4, 5
STRIPS = (STRIP_OFFSETS, LONG, TOO_MANY, 8)
SUB = (EXIF_TAG, LONG, 1, 60)
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "scans": (lambda: progressive(100), "100 scans"),
    "segments": (lambda: jpeg(segment(0xFE, b"") * 20_001), "20000 segments"),
    "EXIF that is joined": (lambda: jpeg(segment(0xE1, b"Exif\0\0") * 17), "16 EXIF blocks"),
    "segments that are hidden from whoever stops at an end marker": (
        lambda: jpeg(b"\xff\xd9" + segment(0xE5, b"") * 20_001),
        "20000 segments",
    ),
    "fill bytes": (lambda: jpeg(b"\xff" * 20_001), "small pieces"),
    "chunks": (lambda: after_header(chunk(b"vpAg", b"") * 10_001), "small pieces"),
    "chunks in all": (lambda: after_header(chunk(b"IDAT", b"") * 250_001), "250000 chunks"),
    "profiles": (lambda: after_header(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(99))) * 5), "4 colour profiles"),
    "text": (lambda: after_header(chunk(b"tEXt", bytes(4_000_001))), "4000000 bytes in one text"),
    "EXIF of a PNG": (
        lambda: after_header(chunk(b"eXIf", tiff("<", [(274, RATIONAL, TOO_MANY, 8)], TOO_MANY))),
        "values",
    ),
    "EXIF of a WebP": (lambda: webp(tiff(">", [(274, RATIONAL, TOO_MANY, 8)], TOO_MANY)), "values"),
    "blocks": (lambda: gif_comment(10_001), "small pieces"),
    "strips": (lambda: tiff("<", [STRIPS], TOO_MANY), "200000 values"),
    "strips of a big-endian file": (lambda: tiff(">", [STRIPS], TOO_MANY), "200000 values"),
    "strips of a BigTIFF": (lambda: big_tiff([STRIPS], TOO_MANY), "200000 values"),
    "tags one directory further": (
        lambda: tiff("<", [SUB]).ljust(60, b"\0") + directory("<", [(1, RATIONAL, TOO_MANY, 8)]) + bytes(TOO_MANY),
        "200000 values",
    ),
    "directories in a ring": (lambda: tiff("<", [(EXIF_TAG, LONG, 1, 8)]), "16 directories"),
    "a directory of another type": (lambda: tiff(">", [(EXIF_TAG, 3, 1, 8 << 16)]), "type 3"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_costs_more_than_it_weighs_is_refused(bomb: str) -> None:
    make, words = BOMBS[bomb]
    with pytest.raises(BadPicture, match=words) as raised:
        read_size(make())
    assert str(raised.value).startswith("<bytes> ")


def test_chunks_after_the_pixels_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "PIXEL_READS", 500)
    data = PNG[:-12] + chunk(b"vpAg", b"") * 400 + PNG[-12:]
    assert read_size(data) == (16, 16)
    with pytest.raises(BadPicture, match="small pieces"):
        open_picture(data)


def packed_bmp(width: int, height: int, runs: bytes) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 0, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 1078) + header + bytes(1024) + runs


def test_runs_of_a_packed_bmp_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed_bmp(64, 64, (b"\1\5" * 64 + bytes(2)) * 64)
    assert open_picture(data).size == (64, 64)
    monkeypatch.setattr(picture, "PIXEL_READS", 4_000)
    with pytest.raises(BadPicture, match="small pieces"):
        open_picture(data)


def test_a_large_packed_bmp_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(BadPicture, match="packed runs, 2001 x 2000 pixels; more than 4000000"):
        open_picture(packed_bmp(2001, 2000, b"\1\5\0\0" * 2000))


def test_a_file_is_refused_before_it_is_read_to_its_end() -> None:
    file = io.BytesIO(after_header(chunk(b"iCCP", bytes(9)) * 1_000))
    with pytest.raises(BadPicture):
        headers.check_header(file, "a.png")
    assert file.tell() < 300


@pytest.mark.parametrize("format_", ["GIF", "TIFF"])
def test_frames_after_the_second_are_not_looked_at(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.fromarray(np.full((8, 8), shade, np.uint8)) for shade in range(200)]
    data = saved(frames[0], format_, save_all=True, append_images=frames[1:])
    monkeypatch.setattr(picture, "PIXEL_READS", 100)
    assert open_picture(data).size == (8, 8)


@pytest.mark.parametrize("size", [(65_536, 1), (1, 65_536)])
def test_a_side_has_its_limit(size: tuple[int, int]) -> None:
    data = saved(Image.new("L", size), "PNG")
    with pytest.raises(BadPicture, match=rf"is {size[0]} x {size[1]}; a side may have up to 65535 pixels"):
        read_size(data)
    with pytest.raises(BadPicture, match="a side"):
        open_picture(np.zeros(size, np.uint8))


def test_the_longest_side_is_taken() -> None:
    assert open_picture(np.zeros((65_535, 1), np.uint8)).size == (65_535, 1)


def scans_of_a_preview() -> bytes:
    """EXIF that holds a picture of many scans, as the previews of cameras do."""
    return jpeg(segment(0xE1, b"Exif\0\0" + tiff("<", []) + b"\xff\xda\0\x08" * 200))


GOOD: dict[str, Callable[[], bytes]] = {
    "progressive": lambda: saved(Image.fromarray(NOISE[..., :3]), "JPEG", progressive=True),
    "scans of a preview": scans_of_a_preview,
    "film behind the picture": lambda: JPEG + b"\xff\xda\0\x08" * 1_000,
    "several pictures": lambda: saved(FLAT, "MPO", save_all=True, append_images=[FLAT] * 20),
    "restart markers": lambda: saved(FLAT.resize((640, 640)), "JPEG", restart_marker_blocks=1),
    "a profile in segments": lambda: saved(FLAT, "JPEG", icc_profile=bytes(3_000_000)),
    "little chunks of pixels": lambda: after_header(chunk(b"IDAT", b"") * 20_000),
    "many rows in strips": lambda: saved(Image.new("L", (1, 20_000)), "TIFF", tiffinfo={278: 1}),
    "a tag that claims more than there is": lambda: webp(tiff("<", [(274, RATIONAL, 1 << 31, 8)])),
    "EXIF cut off": lambda: webp(b"Exif\0\0II*\0\x08"),
    "a comment": lambda: gif_comment(5_000),
    "a frame of many blocks": lambda: saved(Image.effect_noise((2_000, 2_000), 99).convert("P"), "GIF"),
    "an animation": lambda: saved(FLAT, "WEBP", save_all=True, append_images=[Image.new("RGB", (16, 16))] * 50),
}


@pytest.mark.filterwarnings("ignore:Tag data larger than file")
@pytest.mark.parametrize("kind", GOOD)
def test_what_cameras_and_programs_write_is_opened(kind: str) -> None:
    data = GOOD[kind]()
    assert open_picture(data).size == read_size(data)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_path_goes_through_the_meter_too(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(NOISE[..., :3]).save(path, compression=compression)
    assert_same(open_picture(path), NOISE[..., :3])
