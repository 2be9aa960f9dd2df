from __future__ import annotations

import io
import logging
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handmade import (
    NOISE,
    NOISE16,
    SRGB,
    WARM,
    assert_same,
    chunk,
    png,
    png16,
    saved,
    tiff16,
)
from mattebox.errors import BadParameter, BadPicture, MissingExtra
from mattebox.picture import Picture, open_picture, read_size


class TestSources:
    data = saved(NOISE[..., :3], "PNG")

    def sources(self, folder: Path) -> dict[str, Any]:
        path = folder / "picture.png"
        path.write_bytes(self.data)
        return {
            str(path): str(path),
            os.fspath(path): path,
            "<bytes>": self.data,
            "<stream>": io.BytesIO(self.data),
            "<image>": Image.open(io.BytesIO(self.data)),
            "<array>": NOISE[..., :3],
        }

    def test_every_source_gives_the_same_pixels_and_its_name(self, tmp_path: Path) -> None:
        for name, source in self.sources(tmp_path).items():
            picture = open_picture(source)
            assert_same(picture, NOISE[..., :3])
            assert picture.name == name
            assert (picture.alpha, picture.deep, picture.icc_profile, picture.dpi) == (None, None, None, None)

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_other_bytes(self, kind: Callable[[bytes], Any]) -> None:
        assert_same(open_picture(kind(self.data)), NOISE[..., :3])

    def test_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        (tmp_path / "picture.png").write_bytes(self.data)
        assert open_picture("~/picture.png").name == "~/picture.png"

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_a_pipe_that_cannot_be_rewound(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        (tmp_path / "picture.png").write_bytes(self.data)
        with subprocess.Popen(["cp", str(tmp_path / "picture.png"), str(pipe)]):
            assert_same(open_picture(pipe), NOISE[..., :3])

    def test_a_picture_is_returned_as_it_is(self) -> None:
        picture = open_picture(self.data)
        assert open_picture(picture) is picture

    @pytest.mark.parametrize("source", [None, 3, ["a.png"]])
    def test_another_type_is_a_bad_parameter(self, source: Any) -> None:
        with pytest.raises(BadParameter, match=type(source).__name__):
            open_picture(source)

    def test_a_text_stream_is_a_bad_parameter(self) -> None:
        with pytest.raises(BadParameter, match="binary mode"):
            open_picture(io.StringIO("text"))  # type: ignore[arg-type]

    def test_pixels_may_be_written_to(self) -> None:
        for data in (self.data, saved(NOISE[..., :3], "JPEG"), saved(NOISE, "PNG"), saved(NOISE[..., 0], "TIFF")):
            assert open_picture(data).rgb.flags.writeable


class TestFormats:
    rgb = NOISE[..., :3]

    @pytest.mark.parametrize("format_", ["PNG", "BMP", "TIFF"])
    def test_lossless_rgb(self, format_: str) -> None:
        assert_same(open_picture(saved(self.rgb, format_)), self.rgb)

    @pytest.mark.parametrize(
        ("format_", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})]
    )
    def test_rgba(self, format_: str, options: dict[str, Any]) -> None:
        picture = open_picture(saved(NOISE, format_, **options))
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha * 255, NOISE[..., 3], atol=1e-4)
        assert_same(picture, self.rgb)

    @pytest.mark.parametrize("format_", ["WEBP", "AVIF"])
    def test_lossy_rgba(self, format_: str) -> None:
        picture = open_picture(saved(Image.new("RGBA", (33, 17), (*WARM, 51)), format_))
        assert_same(picture, np.full((17, 33, 3), WARM), 6)
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha, 0.2, atol=0.01)

    @pytest.mark.parametrize("format_", ["JPEG", "WEBP", "AVIF"])
    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_lossy(self, format_: str, mode: str) -> None:
        flat = Image.new("RGB", (33, 17), WARM).convert(mode)
        assert_same(open_picture(saved(flat, format_)), np.array(flat.convert("RGB")), 6)

    def test_jpeg_of_several_pictures_is_the_first(self, caplog: pytest.LogCaptureFixture) -> None:
        data = saved(Image.new("RGB", (16, 16), WARM), "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16))])
        with caplog.at_level(logging.INFO, "mattebox"):
            assert_same(open_picture(data), np.full((16, 16, 3), WARM), 3)
        assert not caplog.messages

    @pytest.mark.parametrize("size", [(1, 1), (5000, 20), (20, 5000)])
    @pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
    def test_odd_sizes(self, size: tuple[int, int], format_: str) -> None:
        flat = Image.new("RGB", size, WARM)
        assert_same(open_picture(saved(flat, format_)), np.array(flat), 6)

    @pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_an_animation_gives_its_first_frame_and_says_so(
        self, format_: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "lime", "blue")]
        data = saved(frames[0], format_, save_all=True, append_images=frames[1:])
        with caplog.at_level(logging.INFO, "mattebox"):
            assert_same(open_picture(data), np.full((6, 8, 3), (255, 0, 0)), 3)
        assert caplog.messages == ["<bytes>: using the first frame"]

    def test_heic_without_its_plugin_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pillow_heif", None)
        with pytest.raises(MissingExtra, match=r"^<bytes> is HEIC, .* pip install 'mattebox\[heif\]'$") as caught:
            open_picture(b"\0\0\0\x18ftypheic" + bytes(100))
        assert isinstance(caught.value.__cause__, ImportError)

    def test_heic_with_its_plugin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        opener = (lambda *_: Image.new("RGB", (3, 2), WARM), lambda start: start[8:12] == b"heic")
        plugin = SimpleNamespace(register_heif_opener=lambda: monkeypatch.setitem(Image.OPEN, "HEIF", opener))
        monkeypatch.setitem(sys.modules, "pillow_heif", plugin)
        assert_same(open_picture(b"\0\0\0\x18ftypheic" + bytes(100)), np.full((2, 3, 3), WARM))


def marked() -> np.ndarray:
    """Upright, 32 x 48, its four quarters all different, so that no turn leaves it as it is."""
    pixels = np.zeros((32, 48, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:16, :24] = (250, 0, 0, 255)
    pixels[:16, 24:] = (0, 250, 0, 200)
    pixels[16:, :24] = (0, 0, 250, 100)
    return pixels


STORED = {  # EXIF orientation -> how an upright picture lies in the file
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
class TestUpright:
    def exif(self, orientation: int) -> Image.Exif:
        exif = Image.Exif()
        exif[274] = orientation
        return exif

    def turned(self, pixels: np.ndarray, orientation: int) -> np.ndarray:
        return np.ascontiguousarray(STORED[orientation](pixels))

    def test_the_header_tells_the_size_upright(self, orientation: int) -> None:
        upright = marked()[..., :3]
        data = saved(Image.fromarray(self.turned(upright, orientation)), "JPEG", exif=self.exif(orientation))
        assert read_size(data, upright=True) == upright.shape[:2] == open_picture(data).size
        assert read_size(data) == self.turned(upright, orientation).shape[:2]

    @pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
    def test_jpeg(self, orientation: int, mode: str) -> None:
        image = Image.fromarray(self.turned(marked()[..., :3], orientation)).convert(mode)
        data = saved(image, "JPEG", exif=self.exif(orientation), dpi=(300, 150), quality=95, subsampling=0)
        picture = open_picture(data)
        assert_same(picture, np.array(Image.fromarray(marked()[..., :3]).convert(mode).convert("RGB")), 40)
        assert picture.dpi == ((150, 300) if orientation > 4 else (300, 150))

    @pytest.mark.parametrize("format_", ["PNG", "WEBP"])
    def test_colours_and_alpha(self, orientation: int, format_: str) -> None:
        options = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
        data = saved(self.turned(marked(), orientation), format_, exif=self.exif(orientation), **options)
        picture = open_picture(data)
        assert_same(picture, marked()[..., :3])
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha * 255, marked()[..., 3], atol=1e-4)

    def test_16_bit_png(self, orientation: int) -> None:
        exif = chunk(b"eXIf", self.exif(orientation).tobytes().removeprefix(b"Exif\0\0"))
        self.check_deep(open_picture(png16(self.turned(marked() * np.uint16(257), orientation), exif)))

    def test_16_bit_tiff(self, orientation: int) -> None:
        self.check_deep(
            open_picture(tiff16(self.turned(marked() * np.uint16(257), orientation), ORIENTATION=orientation))
        )

    def check_deep(self, picture: Picture) -> None:
        assert picture.deep is not None
        assert picture.alpha is not None
        assert_same(picture, marked()[..., :3])
        assert np.array_equal(picture.deep, marked()[..., :3] * np.uint16(257))
        np.testing.assert_allclose(picture.alpha * 255, marked()[..., 3], atol=1e-4)

    def test_8_bit_tiff(self, orientation: int) -> None:
        data = saved(self.turned(marked(), orientation), "TIFF", tiffinfo={274: orientation}, dpi=(300, 150))
        picture = open_picture(data)
        assert_same(picture, marked()[..., :3])
        assert picture.dpi == ((150, 300) if orientation > 4 else (300, 150))

    def test_pillow_image(self, orientation: int) -> None:
        for format_ in ("PNG", "TIFF"):
            data = saved(self.turned(marked(), orientation), format_, exif=self.exif(orientation))
            assert_same(open_picture(Image.open(io.BytesIO(data))), marked()[..., :3])


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    picture = open_picture(saved(NOISE[..., :3], "PNG", exif=exif, dpi=(300, 150)))
    assert_same(picture, NOISE[..., :3])
    assert picture.dpi == pytest.approx((300, 150), abs=0.1)


def test_broken_exif_is_left_out() -> None:
    picture = open_picture(saved(Image.new("RGB", (8, 8), WARM), "JPEG", exif=b"Exif\0\0nonsense that is no TIFF"))
    assert_same(picture, np.full((8, 8, 3), WARM), 3)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "BMP"])
def test_dpi_is_kept(format_: str) -> None:
    assert open_picture(saved(NOISE[..., :3], format_, dpi=(300, 300))).dpi == pytest.approx((300, 300), abs=0.5)


@pytest.mark.parametrize("dpi", [(0, 0), (float("nan"), 72), 72, (72,), (-1, 72)])
def test_dpi_without_meaning_is_none(dpi: Any) -> None:
    image = Image.new("RGB", (2, 2))
    image.info["dpi"] = dpi
    assert open_picture(image).dpi is None


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "is empty"),
            (b"\n", "not a picture in a known format"),
            (b"<!DOCTYPE html><p>not found", "not a picture in a known format.*DOCTYPE"),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture in a known format"),
            (saved(NOISE[..., :3], "PPM"), "not a picture in a known format"),
            (b"\xff\xd8\xff", "cannot be opened"),
            (b"\x89PNG\r\n\x1a\n", "cannot be opened"),
            (b"GIF89a", "cannot be opened"),
            (b"II*\0\x08\0\0\0", "cannot be opened"),
            (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), "cannot be opened"),
        ],
    )
    def test_content(self, data: bytes, message: str, tmp_path: Path) -> None:
        path = tmp_path / "photo.jpg"
        path.write_bytes(data)
        with pytest.raises(BadPicture, match=message) as caught:
            open_picture(path)
        assert str(caught.value).startswith(str(path))

    def test_paths(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        for path in (tmp_path / "missing.png", tmp_path, tmp_path / "file" / "a.png", tmp_path / ("n" * 300)):
            with pytest.raises(BadPicture, match=r"cannot be opened as a picture: \w") as caught:
                open_picture(path)
            assert str(caught.value).startswith(str(path))
            assert isinstance(caught.value.__cause__, OSError)
        with pytest.raises(BadPicture, match="null"):
            open_picture("a\0b.png")

    def test_no_permission(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(BadPicture, match=r"^a\.png cannot be opened as a picture: Permission denied$"):
            open_picture("a.png")

    def test_a_stream_that_fails(self) -> None:
        closed = io.BytesIO()
        closed.close()
        with pytest.raises(BadPicture, match=r"^<stream> .*closed"):
            open_picture(closed)


class TestSizeLimit:
    def bomb(self, width: int, height: int) -> bytes:
        row = bytes(1 + (width + 7) // 8)
        return png(width, height, 1, 0, row * min(height, 10))

    def test_a_bomb_is_refused_by_its_header(self) -> None:
        with pytest.raises(BadPicture, match=r"30000 x 30000 = 900000000 pixels, over the limit of 200000000"):
            open_picture(self.bomb(30000, 30000))

    def test_a_jpeg_bomb(self) -> None:
        data = bytearray(saved(NOISE[..., :3], "JPEG"))
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 9] = struct.pack(">HH", 60000, 60000)
        with pytest.raises(BadPicture, match="60000 x 60000"):
            open_picture(bytes(data))

    @pytest.mark.parametrize("limit", [599, 600])
    def test_the_limit_is_the_callers(self, limit: int, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(saved(NOISE, "PNG"))
        for source in (path, path.read_bytes(), Image.open(io.BytesIO(path.read_bytes())), NOISE):
            if limit == 600:
                assert open_picture(source, max_pixels=limit).size == (20, 30)
            else:
                with pytest.raises(BadPicture, match="30 x 20 = 600 pixels, over the limit of 599"):
                    open_picture(source, max_pixels=limit)

    def test_pillows_own_limit_plays_no_part(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
        for format_ in ("PNG", "JPEG", "TIFF", "GIF", "BMP"):
            assert open_picture(saved(NOISE[..., :3], format_)).size == (20, 30)


class TestCrop:
    def test_everything_is_cut_alike(self) -> None:
        picture = open_picture(NOISE16).crop(2, 3, 11, 29)
        assert picture.size == (9, 26)
        assert picture.deep is not None
        assert picture.alpha is not None
        assert np.array_equal(picture.deep, NOISE16[2:11, 3:29, :3])
        assert_same(picture, np.rint(NOISE16[2:11, 3:29, :3] / 257))
        np.testing.assert_allclose(picture.alpha, NOISE16[2:11, 3:29, 3] / 65535, atol=1e-7)

    def test_what_goes_with_it_is_kept(self) -> None:
        picture = open_picture(saved(NOISE[..., :3], "JPEG", icc_profile=SRGB, dpi=(300, 150)))
        part = picture.crop(0, 0, 1, 1)
        assert (part.icc_profile, part.dpi, part.name) == (SRGB, (300, 150), "<bytes>")

    def test_an_opaque_part_has_no_alpha(self) -> None:
        array = NOISE.copy()
        array[:5, :5, 3] = 255
        assert open_picture(array).crop(0, 0, 5, 5).alpha is None

    @pytest.mark.parametrize("box", [(0, 0, 0, 5), (5, 5, 4, 6), (-1, 0, 5, 5), (0, 0, 21, 5), (0, 0, 5, 31)])
    def test_a_box_outside_or_empty(self, box: tuple[int, int, int, int]) -> None:
        with pytest.raises(BadParameter, match="picture of 30 x 20"):
            open_picture(NOISE).crop(*box)


def test_a_resized_picture_keeps_its_transparency_without_a_fringe() -> None:
    rgba = np.zeros((1000, 1000, 4), np.uint8)
    rgba[:, :505] = (255, 0, 0, 255)
    small = open_picture(rgba).resize((100, 100))
    assert small.size == (100, 100)
    assert small.alpha is not None
    assert 0.4 < small.alpha[50, 50] < 0.6
    assert small.rgb[50, 50].tolist() == [255, 0, 0]
    assert small.resize((100, 100)) is small


def test_a_resized_picture_has_eight_bits() -> None:
    small = open_picture(NOISE16[..., :3].copy()).resize((5, 5))
    assert small.deep is None
    assert small.alpha is None
