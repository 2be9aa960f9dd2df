from __future__ import annotations

import contextlib
import io
import logging
import struct
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from handmade import (
    LINEAR_GREY,
    NOISE,
    NOISE16,
    SRGB,
    WARM,
    assert_same,
    chunk,
    inks,
    png16,
    profile,
    saved,
    tiff16,
)
from mattebox.errors import BadPicture
from mattebox.picture import open_picture


class TestArrays:
    @pytest.mark.parametrize(
        ("array", "pixel"),
        [
            (np.full((2, 3), 7, np.uint8), [7, 7, 7]),
            (np.full((2, 3, 1), 7, np.uint8), [7, 7, 7]),
            (np.full((2, 3, 3), (1, 2, 3), np.uint8), [1, 2, 3]),
            (np.full((2, 3), True), [255, 255, 255]),
            (np.full((2, 3, 3), (0, 0.5, 1)), [0, 128, 255]),
            (np.full((2, 3), 1, np.float16), [255, 255, 255]),
            (np.full((2, 3), 128 / 255, np.float32), [128, 128, 128]),
            (np.full((2, 3, 3), (257, 32896, 65535), np.uint16), [1, 128, 255]),
            (np.full((2, 3), 1000, ">u2"), [4, 4, 4]),
        ],
    )
    def test_forms(self, array: np.ndarray, pixel: list[int]) -> None:
        picture = open_picture(array)
        assert picture.size == (2, 3)
        assert picture.rgb.dtype == np.uint8
        assert picture.rgb[1, 2].tolist() == pixel
        assert picture.alpha is None

    def test_16_bits_are_kept(self) -> None:
        picture = open_picture(NOISE16)
        assert picture.deep is not None
        assert picture.alpha is not None
        assert np.array_equal(picture.deep, NOISE16[..., :3])
        assert np.array_equal(picture.rgb, np.rint(NOISE16[..., :3] / 257))
        assert picture.alpha.dtype == np.float32
        np.testing.assert_allclose(picture.alpha, NOISE16[..., 3] / 65535, atol=1e-7)

    def test_opaque_alpha_is_none_and_colours_under_zero_alpha_stay(self) -> None:
        array = NOISE.copy()
        array[..., 3] = 255
        assert open_picture(array).alpha is None
        array[..., 3] = 0
        picture = open_picture(array)
        assert picture.alpha is not None
        assert not picture.alpha.any()
        assert_same(picture, NOISE[..., :3])

    def test_views_with_odd_strides(self) -> None:
        assert_same(open_picture(NOISE[::-2, ::3, 2::-1]), NOISE[::-2, ::3, 2::-1])
        assert_same(open_picture(np.broadcast_to(np.uint8(9), (4, 5))), np.full((4, 5, 3), 9))

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.zeros(5, np.uint8), r"shape \(5,\)"),
            (np.zeros((4, 5, 2), np.uint8), r"shape \(4, 5, 2\)"),
            (np.zeros((1, 4, 5, 3), np.uint8), r"shape \(1, 4, 5, 3\)"),
            (np.zeros((0, 5, 3), np.uint8), "no pixels: 5 x 0"),
            (np.zeros((0, 5, 3)), "no pixels: 5 x 0"),
            (np.zeros((4, 5), np.int64), "int64"),
            (np.zeros((4, 5), complex), "complex128"),
            (np.array([["a"]]), "<U1"),
            (np.full((4, 5), 255.0), "float64 values run from 255.0 to 255.0"),
            (np.full((4, 5), -0.1, np.float32), "float32 values run from -0.1"),
            (np.array([[0, 0.5, np.nan]]), "1 of its 3 float64 values are no numbers"),
        ],
    )
    def test_others_are_bad_pictures(self, array: np.ndarray, message: str) -> None:
        with pytest.raises(BadPicture, match=message):
            open_picture(array)


class TestModes:
    grey, rgb = NOISE[..., 0], NOISE[..., :3]

    @pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"keep_rgb": True}])
    def test_jpeg_is_decoded_as_pillow_does(self, options: dict[str, Any]) -> None:
        data = saved(self.rgb, "JPEG", **options)
        assert_same(open_picture(data), np.array(Image.open(io.BytesIO(data))))

    def test_jpeg_with_bytes_after_its_end(self) -> None:
        data = saved(self.rgb, "JPEG")
        assert_same(open_picture(data + b"\xff\xda\xff\xd8" * 50), np.array(Image.open(io.BytesIO(data))))

    def test_mode_1(self) -> None:
        bits = Image.fromarray(self.grey > 127)
        assert bits.mode == "1"
        for format_ in ("PNG", "TIFF", "BMP"):
            assert_same(open_picture(saved(bits, format_)), np.repeat((self.grey > 127)[..., None] * 255, 3, 2))

    @pytest.mark.parametrize("format_", ["PNG", "BMP", "TIFF", "GIF"])
    def test_grey(self, format_: str) -> None:
        assert_same(open_picture(saved(self.grey, format_)), np.repeat(self.grey[..., None], 3, 2))

    def test_grey_with_alpha(self) -> None:
        picture = open_picture(saved(Image.fromarray(NOISE[..., 2:]).convert("LA"), "PNG"))
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha * 255, NOISE[..., 3], atol=1e-4)
        assert_same(picture, np.repeat(NOISE[..., 2:3], 3, 2))

    @pytest.mark.parametrize("format_", ["PNG", "GIF"])
    def test_palette_with_a_transparent_entry(self, format_: str) -> None:
        image = Image.new("P", (3, 1))
        image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
        image.putdata([0, 1, 2])
        picture = open_picture(saved(image, format_, transparency=1))
        assert picture.rgb.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [[1, 0, 1]]

    def test_palette_with_alphas(self) -> None:
        image = Image.new("P", (2, 1))
        image.putpalette([255, 0, 0, 0, 255, 0])
        image.putdata([0, 1])
        picture = open_picture(saved(image, "PNG", transparency=bytes([51, 255])))
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha, [[0.2, 1]], atol=1e-6)

    def test_one_colour_that_stands_for_transparent(self) -> None:
        picture = open_picture(saved(Image.new("RGB", (3, 2), WARM), "PNG", transparency=WARM))
        assert picture.alpha is not None
        assert not picture.alpha.any()

    def test_ycbcr_and_lab(self) -> None:
        flat = Image.new("RGB", (8, 8), WARM)
        to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        for image in (flat.convert("YCbCr"), ImageCms.applyTransform(flat, to_lab)):
            assert image is not None
            assert image.mode in ("YCbCr", "LAB")
            assert_same(open_picture(saved(image, "TIFF")), np.full((8, 8, 3), WARM), 3)


class TestDepth:
    @pytest.mark.parametrize("write", [png16, tiff16])
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_16_bits_are_kept_and_scaled(self, write: Callable[..., bytes], channels: int) -> None:
        source = NOISE16[..., 0] if channels == 1 else NOISE16[..., :channels]
        picture = open_picture(write(source))
        colours = np.repeat(NOISE16[..., :1], 3, 2) if channels == 1 else NOISE16[..., :3]
        assert picture.deep is not None
        assert np.array_equal(picture.deep, colours)
        assert_same(picture, np.rint(colours / 257))
        if channels == 4:
            assert picture.alpha is not None
            np.testing.assert_allclose(picture.alpha, NOISE16[..., 3] / 65535, atol=1e-7)
        else:
            assert picture.alpha is None

    def test_grey_with_alpha(self) -> None:
        picture = open_picture(png16(NOISE16[..., 2:]))
        assert picture.deep is not None
        assert picture.alpha is not None
        assert np.array_equal(picture.deep[..., 1], NOISE16[..., 2])
        np.testing.assert_allclose(picture.alpha, NOISE16[..., 3] / 65535, atol=1e-7)

    @pytest.mark.parametrize(("colour", "type_"), [((1000,), 0), ((1000, 2000, 3000), 2)])
    def test_one_colour_that_stands_for_transparent(self, colour: tuple[int, ...], type_: int) -> None:
        near = [value + 1 for value in colour]  # equal in 8 bits
        pixels = np.array([[colour, near]], np.uint16)
        key = chunk(b"tRNS", struct.pack(f">{len(colour)}H", *colour))
        picture = open_picture(png16(pixels[..., 0] if type_ == 0 else pixels, key))
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [[0, 1]]

    def test_tiff_in_which_white_is_zero(self) -> None:
        picture = open_picture(tiff16(NOISE16[..., 0], PHOTOMETRIC_INTERPRETATION=0))
        assert picture.deep is not None
        assert np.array_equal(picture.deep[..., 0], 65535 - NOISE16[..., 0])

    def test_premultiplied_tiff_is_divided(self) -> None:
        half = np.full((2, 3, 4), (20000, 10000, 0, 32768), np.uint16)
        picture = open_picture(tiff16(half, EXTRASAMPLES=1))
        assert_same(picture, np.full((2, 3, 3), (156, 78, 0)), 2)

    @pytest.mark.parametrize("top", [1, 255, 65535])
    def test_float_tiff_of_any_usual_scale(self, top: float) -> None:
        values = np.linspace(0, top, 6, dtype=np.float32).reshape(2, 3)
        picture = open_picture(saved(values, "TIFF"))
        assert_same(picture, np.repeat(np.rint(values / top * 255)[..., None], 3, 2))
        assert picture.deep is not None

    def test_32_bit_integers_are_16_bit_grey(self) -> None:
        picture = open_picture(Image.fromarray(np.array([[0, 32896, 65535]], np.int32)))
        assert picture.rgb[0, :, 0].tolist() == [0, 128, 255]

    @pytest.mark.parametrize("values", [[[-1.0, 0.5]], [[0, 1e9]], [[np.inf, 0.5]]])
    def test_values_outside_every_scale(self, values: list[list[float]]) -> None:
        with pytest.raises(BadPicture, match="values run from"):
            open_picture(saved(np.array(values, np.float32), "TIFF"))

    def test_values_that_are_no_numbers_are_counted(self) -> None:
        with pytest.raises(BadPicture, match=r"2 of its 3 float32 values are no numbers \(NaN\)"):
            open_picture(saved(np.array([[np.nan, 0.5, np.nan]], np.float32), "TIFF"))


class TestColour:
    def test_rgb_keeps_its_profile_and_its_values(self) -> None:
        for format_ in ("JPEG", "PNG", "TIFF", "WEBP", "AVIF"):
            data = saved(Image.new("RGB", (8, 8), WARM), format_, icc_profile=SRGB)
            picture = open_picture(data)
            assert picture.icc_profile == SRGB
            assert_same(picture, np.full((8, 8, 3), WARM), 3)

    @pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
    def test_grey_with_a_profile_is_converted_and_carries_none(self, format_: str) -> None:
        picture = open_picture(saved(Image.new("L", (8, 8), 128), format_, icc_profile=LINEAR_GREY))
        assert picture.icc_profile is None
        assert_same(picture, np.full((8, 8, 3), 188), 1)  # the sRGB value of half the light

    def test_grey_with_alpha_and_a_profile(self) -> None:
        picture = open_picture(saved(Image.new("LA", (8, 8), (128, 51)), "PNG", icc_profile=LINEAR_GREY))
        assert_same(picture, np.full((8, 8, 3), 188), 1)
        assert picture.alpha is not None
        np.testing.assert_allclose(picture.alpha, 0.2, atol=1e-6)

    def test_16_bit_grey_with_a_profile(self) -> None:
        iccp = chunk(b"iCCP", b"grey\0\0" + zlib.compress(LINEAR_GREY))
        picture = open_picture(png16(np.full((2, 3), 32896, np.uint16), iccp))
        assert picture.icc_profile is None
        assert_same(picture, np.full((2, 3, 3), 188), 1)

    @pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
    def test_cmyk_without_a_profile(self, format_: str) -> None:
        data = saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), format_)
        assert_same(open_picture(data), np.full((8, 8, 3), (255, 0, 0)), 3)

    @pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
    def test_cmyk_goes_through_its_profile(self, format_: str) -> None:
        # In this profile full cyan looks red: Lab (53, 80, 67) is sRGB red.
        image = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
        image.paste((0, 0, 0, 0), (0, 0, 8, 4))
        picture = open_picture(saved(image, format_, icc_profile=inks((136, 208, 195)), quality=95))
        assert picture.icc_profile is None
        assert np.abs(picture.rgb[7, 7].astype(int) - (255, 0, 0)).max() <= 12
        assert picture.rgb[0, 0].min() >= 250

    @pytest.mark.parametrize("space", [b"GRAY", b"CMYK"])
    def test_a_broken_profile_is_left_out(self, space: bytes, caplog: pytest.LogCaptureFixture) -> None:
        mode, value = ("L", 128) if space == b"GRAY" else ("CMYK", (0, 0, 0, 127))
        broken = profile(space)[:140]
        with caplog.at_level(logging.INFO, "mattebox"):
            picture = open_picture(saved(Image.new(mode, (8, 8), value), "TIFF", icc_profile=broken))
        assert_same(picture, np.full((8, 8, 3), 128), 1)
        assert "ICC profile cannot be used" in caplog.text

    def test_a_profile_for_other_channels_is_not_carried(self) -> None:
        picture = open_picture(saved(Image.new("RGB", (8, 8), WARM), "TIFF", icc_profile=LINEAR_GREY))
        assert picture.icc_profile is None
        assert_same(picture, np.full((8, 8, 3), WARM))


SMALL_FILES = [
    saved(NOISE[:6, :7, :3], "JPEG", icc_profile=SRGB, dpi=(72, 72)),
    saved(Image.new("CMYK", (7, 6)), "JPEG", icc_profile=inks((136, 208, 195))),
    saved(NOISE[:6, :7], "PNG", icc_profile=SRGB),
    png16(NOISE16[:6, :7]),
    saved(NOISE[:6, :7], "TIFF", compression="tiff_adobe_deflate"),
    tiff16(NOISE16[:6, :7]),
    saved(NOISE[:6, :7, 0], "GIF"),
    saved(NOISE[:6, :7, :3], "BMP"),
    saved(NOISE[:6, :7], "WEBP"),
    saved(NOISE[:6, :7], "AVIF"),
]


class TestDamage:
    good = saved(np.repeat(np.repeat(NOISE[..., :3], 8, 0), 8, 1), "PNG")

    @pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
    @pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF"])
    def test_truncated(self, format_: str, part: float) -> None:
        image = Image.open(io.BytesIO(self.good))
        options = {"exif": b"Exif\0\0" + b"\xff\xda thumbnail \xff\xd9"} if format_ == "JPEG" else {}
        data = saved(image, format_, **options)
        with pytest.raises(BadPicture, match="cannot be opened"):
            open_picture(data[: int(len(data) * part)])

    def test_jpeg_that_lacks_only_its_end_marker(self) -> None:
        data = saved(NOISE[..., :3], "JPEG")
        with pytest.raises(BadPicture, match="truncated"):
            open_picture(data[:-2])

    @pytest.mark.parametrize("depth", [8, 16])
    def test_damaged_in_the_middle(self, depth: int, capfd: pytest.CaptureFixture[str]) -> None:
        data = bytearray(self.good if depth == 8 else png16(NOISE16))
        data[len(data) // 2] ^= 0xFF
        with pytest.raises(BadPicture, match="cannot be opened"):
            open_picture(bytes(data))
        assert capfd.readouterr() == ("", "")

    def test_a_chunk_that_claims_to_be_huge_costs_only_the_depth(self) -> None:
        data = bytearray(png16(NOISE16))
        length = data.index(b"IDAT") - 4
        data[length : length + 4] = struct.pack(">I", 2**31 - 1)
        picture = open_picture(data)
        assert_same(picture, NOISE16[..., :3] >> 8)
        assert picture.deep is None

    def test_a_decoder_out_of_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def exhaust(*_: Any) -> None:
            raise MemoryError

        monkeypatch.setattr(cv2, "imdecode", exhaust)
        with pytest.raises(BadPicture, match="MemoryError"):
            open_picture(saved(NOISE[..., :3], "JPEG"))

    @settings(deadline=None, max_examples=300)
    @given(data=st.data())
    def test_no_damage_raises_anything_else(self, data: st.DataObject) -> None:
        content = bytearray(data.draw(st.sampled_from(SMALL_FILES)))
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        content = content[: data.draw(st.integers(len(content) // 2, len(content)))]
        with contextlib.suppress(BadPicture):
            picture = open_picture(content, max_pixels=10_000)
            assert picture.rgb.shape == (*picture.size, 3)
