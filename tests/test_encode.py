from __future__ import annotations

import errno
import io
import os
import stat
import threading
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from mattebox.encode import FORMATS, encode, encode_layers, format_of, whole_file, write_file
from mattebox.errors import BadParameter, OutputFailed
from mattebox.picture import open_picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_PROFILE = SRGB[:16] + b"GRAY" + SRGB[20:]
LOSSLESS = ("png", "tiff", "webp")


def noise(channels: int, dtype: Any = np.uint8, size: tuple[int, int] = (19, 31)) -> np.ndarray:
    shape = size if channels == 1 else (*size, channels)
    return np.random.default_rng(channels).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def smooth(height: int = 64, width: int = 96) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.dstack([rows * 3, columns * 2, rows + columns]).astype(np.uint8)


def decoded(data: bytes, dtype: Any = np.uint8) -> np.ndarray:
    """The colours, with the alpha after them if there is one, at the depth of `dtype`."""
    picture = open_picture(data)
    colours = picture.rgb if dtype == np.uint8 else picture.deep
    assert colours is not None
    if picture.alpha is None:
        return colours
    return np.dstack([colours, np.rint(picture.alpha * np.iinfo(dtype).max).astype(dtype)])


def as_colours(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels[..., None], 3, 2) if pixels.ndim == 2 else pixels


class TestRoundTrip:
    @pytest.mark.parametrize("channels", [1, 3, 4])
    @pytest.mark.parametrize("format_", LOSSLESS)
    def test_8_bits(self, format_: str, channels: int) -> None:
        pixels = noise(channels)
        assert np.array_equal(decoded(encode(pixels, format_)), as_colours(pixels))

    @pytest.mark.parametrize("channels", [1, 3, 4])
    @pytest.mark.parametrize("format_", [name for name, form in FORMATS.items() if form.depth16])
    def test_16_bits(self, format_: str, channels: int) -> None:
        pixels = noise(channels, np.uint16)
        assert np.array_equal(decoded(encode(pixels, format_), np.uint16), as_colours(pixels))

    @pytest.mark.parametrize("format_", [name for name, form in FORMATS.items() if not form.depth16])
    def test_16_bits_are_brought_to_8_where_they_do_not_fit(self, format_: str) -> None:
        channels = 4 if FORMATS[format_].has_alpha else 3
        pixels = noise(channels, np.uint16)
        assert encode(pixels, format_) == encode(np.rint(pixels / 257).astype(np.uint8), format_)

    @settings(deadline=None, max_examples=40)
    @given(
        height=st.integers(1, 40),
        width=st.integers(1, 40),
        channels=st.sampled_from([1, 3, 4]),
        format_=st.sampled_from(LOSSLESS),
    )
    def test_any_size(self, height: int, width: int, channels: int, format_: str) -> None:
        pixels = noise(channels, size=(height, width))
        assert np.array_equal(decoded(encode(pixels, format_)), as_colours(pixels))

    @pytest.mark.parametrize("size", [(1, 1), (20, 5000), (5000, 20)])
    @pytest.mark.parametrize("format_", LOSSLESS)
    def test_odd_sizes(self, format_: str, size: tuple[int, int]) -> None:
        pixels = noise(4, size=size)
        assert np.array_equal(decoded(encode(pixels, format_)), pixels)

    @pytest.mark.parametrize("format_", LOSSLESS)
    def test_colours_under_zero_alpha_are_kept(self, format_: str) -> None:
        pixels = noise(4)
        pixels[..., 3] = 0
        assert np.array_equal(decoded(encode(pixels, format_)), pixels)

    @pytest.mark.parametrize("format_", LOSSLESS)
    def test_views_with_odd_strides(self, format_: str) -> None:
        pixels = noise(4)[::-1, ::2]
        assert np.array_equal(decoded(encode(pixels, format_)), pixels)

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("format_", ["png", "tiff"])
    def test_another_reader_sees_the_same(self, format_: str, dtype: Any) -> None:
        pixels = noise(4, dtype)
        pixels[..., 3] = np.iinfo(dtype).max  # OpenCV multiplies the colours of some TIFFs by their alpha
        seen = cv2.imdecode(np.frombuffer(encode(pixels, format_), np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(seen, pixels[..., [2, 1, 0, 3]])

    def test_tiff_says_that_its_fourth_channel_is_straight_alpha(self) -> None:
        for dtype in (np.uint8, np.uint16):
            image = Image.open(io.BytesIO(encode(noise(4, dtype), "tiff")))
            assert image.mode == "RGBA"
            assert image.tag_v2[338] == (2,)

    def test_big_tiff_has_many_strips(self) -> None:
        pixels = noise(4, size=(600, 400))
        data = encode(pixels, "tiff")
        assert len(Image.open(io.BytesIO(data)).tag_v2[273]) == 4
        assert np.array_equal(decoded(data), pixels)

    def test_jpeg_is_near(self) -> None:
        pixels = smooth()
        error = np.abs(decoded(encode(pixels, "jpeg")).astype(int) - pixels)
        assert error.mean() < 1.5

    def test_jpeg_of_grey_is_grey(self) -> None:
        assert Image.open(io.BytesIO(encode(smooth()[..., 0], "jpeg"))).mode == "L"

    def test_jpeg_keeps_thin_coloured_lines(self) -> None:
        pixels = np.full((32, 32, 3), 255, np.uint8)
        pixels[:, 15] = (255, 0, 0)
        assert np.abs(decoded(encode(pixels, "jpeg"))[:, 15].astype(int) - (255, 0, 0)).max() < 40


class TestQuality:
    @pytest.mark.parametrize("format_", ["jpeg", "webp"])
    def test_lower_is_smaller_and_farther(self, format_: str) -> None:
        pixels = noise(3, size=(64, 64))
        files = [encode(pixels, format_, quality=quality) for quality in (30, 95)]
        errors = [np.abs(decoded(data).astype(int) - pixels).mean() for data in files]
        assert len(files[0]) < len(files[1])
        assert errors[0] > errors[1] > 0

    def test_webp_without_quality_is_lossless_unless_told(self) -> None:
        pixels = noise(4)
        assert encode(pixels, "webp") == encode(pixels, "webp", lossless=True)
        assert not np.array_equal(decoded(encode(pixels, "webp", lossless=False)), pixels)

    @pytest.mark.parametrize(
        ("format_", "settings_", "message"),
        [
            ("jpeg", {"quality": 0}, "quality 0 is not in 1 to 100"),
            ("webp", {"quality": 101}, "quality 101"),
            ("png", {"lossless": True}, "lossless is a choice for webp, not for png"),
            ("webp", {"quality": 80, "lossless": True}, "contradict"),
        ],
    )
    def test_settings_that_make_no_sense(self, format_: str, settings_: dict[str, Any], message: str) -> None:
        with pytest.raises(BadParameter, match=message):
            encode(smooth(), format_, **settings_)


class TestWhatSurvives:
    @pytest.mark.parametrize("channels", [3, 4])
    @pytest.mark.parametrize("format_", ["png", "jpeg", "webp", "tiff"])
    def test_profile(self, format_: str, channels: int) -> None:
        if channels == 4 and not FORMATS[format_].has_alpha:
            return
        assert open_picture(encode(noise(channels), format_, icc_profile=SRGB)).icc_profile == SRGB

    @pytest.mark.parametrize("format_", ["png", "jpeg", "webp", "tiff"])
    def test_a_profile_for_other_channels_is_left_out(self, format_: str) -> None:
        for pixels, profile in ((noise(1), SRGB), (noise(3), GREY_PROFILE)):
            assert Image.open(io.BytesIO(encode(pixels, format_, icc_profile=profile))).info.get("icc_profile") is None

    @pytest.mark.parametrize("format_", ["png", "jpeg", "tiff"])
    def test_a_grey_profile_stays_with_grey(self, format_: str) -> None:
        image = Image.open(io.BytesIO(encode(noise(1), format_, icc_profile=GREY_PROFILE)))
        assert image.info["icc_profile"] == GREY_PROFILE

    @pytest.mark.parametrize("dpi", [(72, 72), (300, 150), (299.4, 600)])
    @pytest.mark.parametrize("format_", ["png", "jpeg", "tiff"])
    def test_dpi(self, format_: str, dpi: tuple[float, float]) -> None:
        assert open_picture(encode(noise(3), format_, dpi=dpi)).dpi == pytest.approx(dpi, abs=0.5)

    @pytest.mark.parametrize("format_", ["png", "jpeg", "tiff", "webp"])
    def test_nothing_is_made_up(self, format_: str) -> None:
        picture = open_picture(encode(noise(3), format_))
        assert (picture.icc_profile, picture.dpi) == (None, None)


class TestFormats:
    @pytest.mark.parametrize(
        ("path", "name"),
        [("a.png", "png"), ("a.b.JPG", "jpeg"), (Path("a/b.jpeg"), "jpeg"), ("a.webp", "webp"), ("x.TIF", "tiff")],
    )
    def test_name_from_suffix(self, path: str | Path, name: str) -> None:
        assert format_of(path) == name

    @pytest.mark.parametrize("path", ["a.bmp", "png", "a", ".png", "a.png/", ""])
    def test_unknown_suffix_lists_the_valid(self, path: str) -> None:
        if path == "a.png/":
            assert format_of(path) == "png"
        else:
            with pytest.raises(BadParameter, match=r"Valid: \.jpeg, \.jpg, \.png, \.tif, \.tiff, \.webp, \.zip"):
                format_of(path)

    def test_every_extension_is_written_as_its_format_says(self) -> None:
        pillow_name = {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG", "tiff": "TIFF"}
        for name, form in FORMATS.items():
            assert {format_of("a" + extension) for extension in form.extensions} == {name}
            if name in pillow_name:
                assert Image.open(io.BytesIO(encode(smooth(), name))).format == pillow_name[name]

    def test_unknown_format(self) -> None:
        with pytest.raises(BadParameter, match="did you mean 'jpeg'"):
            encode(smooth(), "jpg")

    @pytest.mark.parametrize(
        ("pixels", "format_", "message"),
        [
            (noise(4), "jpeg", "jpeg has no transparency"),
            (noise(3), "zip", "4 channels"),
            (noise(3).astype(np.float32), "png", r"float32 \(19, 31, 3\)"),
            (noise(3)[..., :2], "png", r"uint8 \(19, 31, 2\)"),
            (noise(3)[None], "png", r"\(1, 19, 31, 3\)"),
            (noise(3)[:0], "png", r"\(0, 31, 3\)"),
            (np.zeros((1, 16384, 3), np.uint8), "webp", "16384 x 1 pixels cannot be webp"),
            (np.zeros((1, 65536), np.uint8), "jpeg", "65536 x 1 pixels cannot be jpeg"),
        ],
    )
    def test_pixels_that_do_not_fit(self, pixels: np.ndarray, format_: str, message: str) -> None:
        with pytest.raises(BadParameter, match=message):
            encode(pixels, format_)


class TestLayers:
    def layers(self, data: bytes) -> dict[str, Image.Image]:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert {item.compress_type for item in archive.infolist()} == {zipfile.ZIP_STORED}
            return {name: Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()}

    def test_colours_and_grey_alpha_of_one_size(self) -> None:
        rgb, alpha = smooth(), (smooth()[..., 0] / 255).astype(np.float32)
        layers = self.layers(encode_layers(rgb, alpha, icc_profile=SRGB, dpi=(300, 300)))
        assert list(layers) == ["color.jpg", "alpha.png"]
        assert (layers["color.jpg"].format, layers["color.jpg"].mode) == ("JPEG", "RGB")
        assert (layers["alpha.png"].format, layers["alpha.png"].mode) == ("PNG", "L")
        assert np.array_equal(np.asarray(layers["alpha.png"]), smooth()[..., 0])
        assert np.abs(np.asarray(layers["color.jpg"]).astype(int) - rgb).mean() < 1.5
        assert layers["color.jpg"].info["icc_profile"] == SRGB
        assert "icc_profile" not in layers["alpha.png"].info

    def test_encode_makes_the_same(self) -> None:
        pixels = np.dstack([smooth(), smooth()[..., 1]])
        assert encode(pixels, "zip") == encode_layers(smooth(), np.divide(smooth()[..., 1], 255, dtype=np.float32))

    def test_colours_stay_where_nothing_is_visible(self) -> None:
        layers = self.layers(encode_layers(smooth(), np.zeros((64, 96), np.float32)))
        assert np.abs(np.asarray(layers["color.jpg"]).astype(int) - smooth()).mean() < 1.5

    def test_two_sizes(self) -> None:
        with pytest.raises(BadParameter, match="one size"):
            encode_layers(smooth(), np.zeros((5, 5), np.float32))


class FullDisk(io.BytesIO):
    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestWriteFile:
    def test_makes_folders(self, tmp_path: Path) -> None:
        write_file(tmp_path / "a" / "b" / "c.png", b"data")
        assert (tmp_path / "a" / "b" / "c.png").read_bytes() == b"data"

    def test_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        write_file("~/c.png", b"data")
        assert (tmp_path / "c.png").read_bytes() == b"data"

    def test_relative_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        write_file("c.png", b"data")
        assert self.content(tmp_path) == {"c.png": b"data"}

    def content(self, folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def test_an_existing_file_is_not_touched(self, tmp_path: Path) -> None:
        (tmp_path / "c.png").write_bytes(b"old")
        with pytest.raises(OutputFailed, match=r"c\.png exists already"):
            write_file(tmp_path / "c.png", b"new")
        assert self.content(tmp_path) == {"c.png": b"old"}

    def test_overwrite(self, tmp_path: Path) -> None:
        (tmp_path / "c.png").write_bytes(b"old")
        write_file(tmp_path / "c.png", b"new", overwrite=True)
        write_file(tmp_path / "d.png", b"new", overwrite=True)
        assert self.content(tmp_path) == {"c.png": b"new", "d.png": b"new"}

    @pytest.mark.skipif(os.name != "posix", reason="modes of files")
    def test_the_file_has_the_usual_mode(self, tmp_path: Path) -> None:
        (tmp_path / "usual").touch()
        write_file(tmp_path / "c.png", b"data")
        assert stat.S_IMODE((tmp_path / "c.png").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)

    def test_a_file_that_breaks_off_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadParameter, match="mine"), whole_file(tmp_path / "c.zip") as file:  # noqa: PT012
            file.write(b"half")
            raise BadParameter("mine")
        with pytest.raises(OutputFailed, match=r"c\.zip cannot be written: no room"), whole_file(tmp_path / "c.zip"):
            raise OSError(28, "no room")
        assert self.content(tmp_path) == {}

    @pytest.mark.parametrize("links", [True, False])
    def test_of_many_writers_one_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
        if not links:
            monkeypatch.setattr(Path, "hardlink_to", self.refuse(errno.EPERM))
        failures: list[OutputFailed] = []

        def work(number: int) -> None:
            try:
                write_file(tmp_path / "c.png", b"%d" % number * 1000)
            except OutputFailed as error:
                failures.append(error)

        writers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert len(failures) == 7
        [content] = self.content(tmp_path).values()
        assert content in {b"%d" % number * 1000 for number in range(8)}

    def refuse(self, number: int) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            raise OSError(number, os.strerror(number))

        return fail

    @pytest.mark.parametrize("overwrite", [True, False])
    def test_names_that_cannot_be(self, tmp_path: Path, overwrite: bool) -> None:
        (tmp_path / "file").write_bytes(b"x")
        (tmp_path / "folder").mkdir()
        for path in (tmp_path / "file" / "c.png", tmp_path / "file" / "a" / "c.png", tmp_path / ("n" * 300 + ".png")):
            with pytest.raises(OutputFailed, match=r"cannot be written: \w") as caught:
                write_file(path, b"data", overwrite=overwrite)
            assert str(caught.value).startswith(str(path))
            assert isinstance(caught.value.__cause__, OSError)
        with pytest.raises(OutputFailed, match="folder"):
            write_file(tmp_path / "folder", b"data", overwrite=overwrite)
        with pytest.raises(OutputFailed, match="null"):
            write_file(f"{tmp_path}/a\0.png", b"data", overwrite=overwrite)
        assert self.content(tmp_path) == {"file": b"x"}

    @pytest.mark.parametrize("overwrite", [True, False])
    def test_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool) -> None:
        really_open = Path.open

        def open_full(path: Path, *arguments: Any) -> FullDisk:
            really_open(path, *arguments).close()
            return FullDisk()

        monkeypatch.setattr(Path, "open", open_full)
        with pytest.raises(OutputFailed, match="No space left"):
            write_file(tmp_path / "c.png", b"data", overwrite=overwrite)
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("method", ["mkdir", "open"])
    def test_no_permission(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
        monkeypatch.setattr(Path, method, self.refuse(errno.EACCES))
        with pytest.raises(OutputFailed, match=r"c\.png cannot be written: Permission denied$"):
            write_file(tmp_path / "c.png", b"data")

    def test_a_name_that_was_taken_is_freed_when_the_move_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Path, "hardlink_to", self.refuse(errno.EPERM))
        monkeypatch.setattr(Path, "replace", self.refuse(errno.EIO))
        with pytest.raises(OutputFailed, match="cannot be written"):
            write_file(tmp_path / "c.png", b"data")
        assert not list(tmp_path.iterdir())
