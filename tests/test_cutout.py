from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mattebox.cutout import Cutout
from mattebox.errors import BadParameter, BadPicture, OutputFailed
from mattebox.picture import Picture, open_picture
from mattebox.presets import load_presets

RED = np.array([220, 20, 30], np.uint8)


@pytest.fixture
def cutout(disc: tuple[np.ndarray, np.ndarray]) -> Cutout:
    rgb, alpha = disc
    return Cutout(alpha, np.broadcast_to(RED, rgb.shape).copy(), open_picture(rgb), window=(0, 0, *alpha.shape))


def nothing() -> Cutout:
    rgb = np.full((30, 40, 3), 90, np.uint8)
    return Cutout(np.zeros((30, 40), np.float32), rgb, open_picture(rgb), window=(0, 0, 30, 40))


def test_views_agree(cutout: Cutout) -> None:
    assert cutout.size == (120, 160)
    assert cutout.image.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(cutout.image), cutout.rgba)
    np.testing.assert_array_equal(cutout.rgba[..., 3], cutout.mask)
    assert cutout.box == (19, 29, 102, 112) or abs(cutout.box[0] - 20) <= 1


def test_the_old_background_is_not_in_the_file(cutout: Cutout) -> None:
    hidden = cutout.mask == 0
    assert hidden.any()
    assert cutout.rgba[hidden].max() == 0


def test_over_a_colour_leaves_no_old_background(cutout: Cutout) -> None:
    out = cutout.over("white").foreground.astype(int)
    expected = RED * cutout.alpha[..., None] + 255 * (1 - cutout.alpha[..., None])
    assert np.abs(out - expected).max() <= 1


@pytest.mark.parametrize("background", ["#102030", (16, 32, 48), "rgb(16, 32, 48)"])
def test_colours_can_be_said_in_many_ways(cutout: Cutout, background: str | tuple[int, int, int]) -> None:
    np.testing.assert_array_equal(cutout.over(background).foreground[0, 0], [16, 32, 48])


def test_over_a_gradient_runs_from_one_colour_to_the_other(cutout: Cutout) -> None:
    out = cutout.over("black", end="white").foreground
    assert out[0, 0].max() < 5
    assert out[-1, 0].min() > 250


def test_over_a_picture_fills_the_frame(cutout: Cutout, tmp_path: Path) -> None:
    Image.new("RGB", (20, 90), (1, 2, 200)).save(tmp_path / "sea.png")
    Image.new("RGBA", (9, 9), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert cutout.over(tmp_path / "clear.png").foreground[0, 0].min() == 255
    for fit in ("cover", "tile"):
        out = cutout.over(tmp_path / "sea.png", fit=fit)  # type: ignore[arg-type]
        assert out.size == cutout.size
        np.testing.assert_array_equal(out.foreground[0, 0], [1, 2, 200])
    assert cutout.over(tmp_path / "sea.png", fit="contain").foreground[0, 0].min() == 255


def test_over_its_own_blurred_background_has_no_subject_in_it(cutout: Cutout) -> None:
    out = cutout.over("blur").foreground
    ring = (np.hypot(*(np.mgrid[:120, :160] - np.array([60, 70])[:, None, None])) > 44) & (cutout.alpha == 0)
    assert np.abs(out[ring].astype(int) - [20, 190, 60]).max() <= 8


@pytest.mark.parametrize(
    ("background", "error", "message"),
    [
        ("gren", BadParameter, "gren"),
        ("nowhere/sea.jpg", BadPicture, r"nowhere/sea\.jpg"),
        ((1, 2), BadParameter, "colour"),
    ],
)
def test_a_wrong_background_is_named(cutout: Cutout, background: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cutout.over(background)  # type: ignore[arg-type]


def test_crop_keeps_the_margin_that_is_asked(cutout: Cutout) -> None:
    tight, wide = cutout.crop(), cutout.crop("10px")
    assert wide.size == (tight.size[0] + 20, tight.size[1] + 20)
    top, left, bottom, right = tight.window
    np.testing.assert_array_equal(tight.alpha, cutout.alpha[top:bottom, left:right])
    assert wide.over("blur").size == wide.size


def test_crop_beyond_the_picture_is_transparent(cutout: Cutout) -> None:
    out = cutout.crop("100px")
    assert out.alpha[0].max() == 0
    assert out.size[0] > cutout.size[0]
    with pytest.raises(BadParameter, match="blurred only while"):
        out.over("blur")


def test_crop_of_a_picture_with_a_background_ends_at_its_frame(cutout: Cutout) -> None:
    out = cutout.over("blur").crop("100px")
    assert out.size == cutout.size
    assert out.alpha.min() == 1


def test_a_margin_in_pixels_may_be_numbers(cutout: Cutout) -> None:
    numbers, text = cutout.crop((1, 2, 3, 4)), cutout.crop("1px 2px 3px 4px")
    assert numbers.window == text.window
    np.testing.assert_array_equal(numbers.rgba, text.rgba)


def test_a_cutout_knows_where_its_subject_is_whatever_is_seen_beside_it(cutout: Cutout) -> None:
    top, left, bottom, right = cutout.own_box
    height, width = bottom - top, right - left
    assert cutout.box == cutout.own_box
    shaded = cutout.shadow("cast", grow=True)
    assert shaded.box != shaded.own_box
    dressed = shaded.over("white")
    for each in (shaded, dressed):
        y, x, lower, after = each.own_box
        assert (lower - y, after - x) == (height, width)
        np.testing.assert_array_equal(each.foreground[y + height // 2, x + width // 2], RED)
    assert cutout.over("white").crop("9px").own_box == (9, 9, 9 + height, 9 + width)
    assert cutout.over("white").crop("9px").size == (height + 18, width + 18)
    assert dressed.frame((-5, -7, 200, 300)).own_box == tuple(np.add(dressed.own_box, (5, 7, 5, 7)))
    small = dressed.resize((dressed.size[0] * 2, dressed.size[1] * 2))
    assert small.own_box == tuple(np.multiply(dressed.own_box, 2))


def test_a_subject_is_found_again_on_a_canvas(cutout: Cutout) -> None:
    white = Cutout(cutout.alpha, np.full_like(cutout.foreground, 255), cutout.picture)
    placed = white.shadow().over("black").place((300, 500), scale=0.7, position=(1, 0))
    seen = (placed.foreground[..., 0] > 5) & (placed.alpha > 0)
    rows, columns = np.nonzero(seen)
    found = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert np.abs(np.subtract(placed.own_box, found)).max() <= 2


def test_an_empty_cutout_has_no_subject_on_a_background_either() -> None:
    dressed = nothing().shadow().over("white")
    assert dressed.own_box == (0, 0, 0, 0)
    assert dressed.crop("5%").size == dressed.size


def test_place_fills_the_share_of_the_canvas(cutout: Cutout) -> None:
    out = cutout.place((400, 400), scale=0.8)
    top, left, bottom, right = out.box
    assert abs(max(bottom - top, right - left) - 320) <= 2
    assert abs((top + bottom) / 2 - 200) <= 2


def test_place_of_the_own_size_moves_every_pixel_unchanged(cutout: Cutout) -> None:
    top, left, bottom, right = cutout.own_box
    out = cutout.place((200, 300), position=(1, 0))
    np.testing.assert_array_equal(out.rgba[: bottom - top, 300 - (right - left) :], cutout.rgba[top:bottom, left:right])
    assert out.alpha.sum() == pytest.approx(cutout.alpha[top:bottom, left:right].sum())


def test_place_of_nothing_is_an_empty_canvas() -> None:
    out = nothing().place((6, 5), scale=0.5)
    assert out.size == (6, 5)
    assert not out.rgba.any()


def test_shadow_is_dark_and_below(cutout: Cutout) -> None:
    out = cutout.shadow(opacity=0.5)
    shaded = (out.alpha > 0.05) & (cutout.alpha == 0)
    assert shaded.any()
    assert np.nonzero(shaded)[0].mean() > 60
    assert out.foreground[shaded].max() <= 60


def test_the_frame_grows_for_a_shadow_only_when_asked(cutout: Cutout) -> None:
    tight = cutout.crop("0")
    assert tight.shadow("cast").size == tight.size
    grown = tight.shadow("cast", grow=True)
    assert grown.size[1] > 1.5 * tight.size[1]
    assert grown.box is not None
    assert grown.box[2] - grown.box[0] >= tight.size[0]


def test_a_background_may_be_translucent(cutout: Cutout) -> None:
    out = cutout.over("red", opacity=0.5)
    outside = cutout.alpha == 0
    assert out.alpha[outside] == pytest.approx(0.5)
    assert (out.foreground[outside] == (255, 0, 0)).all()
    assert (out.alpha[cutout.alpha == 1] == 1).all()
    with pytest.raises(BadParameter, match="background opacity 2"):
        cutout.over("red", opacity=2)


@pytest.mark.parametrize("name", sorted(load_presets()))
def test_presets_give_the_canvas_and_fill_that_they_state(cutout: Cutout, name: str) -> None:
    rule, out = load_presets()[name], cutout.preset(name)
    assert out.size == (rule.height, rule.width)
    if rule.background != "transparent" and not rule.shadow:
        corner = out.foreground[0, 0]
        assert (corner == 255).all()
        assert out.alpha.min() == 1


def test_an_unknown_preset_lists_the_valid_ones(cutout: Cutout) -> None:
    with pytest.raises(BadParameter, match=r"did you mean 'amazon'\?.*ebay"):
        cutout.preset("amazn")


@pytest.mark.parametrize("format", ["png", "webp", "tiff"])
def test_lossless_files_hold_the_cutout_exactly(cutout: Cutout, tmp_path: Path, format: str) -> None:  # noqa: A002
    path = cutout.save(tmp_path / f"disc.{format}")
    np.testing.assert_array_equal(np.asarray(Image.open(path).convert("RGBA")), cutout.rgba)


def test_jpeg_is_white_unless_said(cutout: Cutout) -> None:
    white = np.asarray(Image.open(io.BytesIO(cutout.encode("jpeg"))))
    blue = np.asarray(Image.open(io.BytesIO(cutout.encode("jpeg", background="blue"))))
    assert white[0, 0].min() >= 250
    assert blue[0, 0, 2] >= 250
    assert blue[0, 0, 0] <= 10


def test_zip_holds_colours_and_alpha(cutout: Cutout) -> None:
    with zipfile.ZipFile(io.BytesIO(cutout.encode("zip"))) as archive:
        assert sorted(archive.namelist()) == ["alpha.png", "color.jpg"]
        alpha = np.asarray(Image.open(archive.open("alpha.png")))
    np.testing.assert_array_equal(alpha, cutout.mask)


def test_mask_and_foreground_alone(cutout: Cutout) -> None:
    mask = Image.open(io.BytesIO(cutout.encode("png", kind="mask")))
    colours = Image.open(io.BytesIO(cutout.encode("png", kind="foreground")))
    assert (mask.mode, colours.mode) == ("L", "RGB")
    np.testing.assert_array_equal(np.asarray(mask), cutout.mask)
    visible = cutout.mask > 0
    np.testing.assert_array_equal(np.asarray(colours)[visible], cutout.foreground[visible])


@pytest.mark.parametrize("kind", ["foreground", "zip"])
def test_the_old_background_is_in_no_kind_of_file(disc: tuple[np.ndarray, np.ndarray], kind: str) -> None:
    rgb, alpha = disc
    colours = np.where(alpha[..., None] > 0, RED, rgb)
    cut = Cutout(alpha, colours, open_picture(rgb))
    if kind == "zip":
        with zipfile.ZipFile(io.BytesIO(cut.encode("zip"))) as archive:
            shown = np.asarray(Image.open(archive.open("color.jpg")))
    else:
        shown = np.asarray(Image.open(io.BytesIO(cut.encode("png", kind="foreground"))))
    assert np.abs(shown.astype(int) - RED).mean() < 4


def test_an_unknown_kind_is_refused(cutout: Cutout) -> None:
    with pytest.raises(BadParameter, match="did you mean 'mask'"):
        cutout.encode("png", kind="masc")  # type: ignore[arg-type]


def test_the_picture_itself_is_not_overwritten(lemur: Picture, tmp_path: Path) -> None:
    Image.fromarray(lemur.rgb).save(tmp_path / "photo.png")
    picture = open_picture(tmp_path / "photo.png")
    cut = Cutout(np.ones(picture.size, np.float32), picture.rgb, picture)
    with pytest.raises(OutputFailed, match=r"photo\.png: is the picture itself"):
        cut.save(tmp_path / "photo.png")
    cut.save(tmp_path / "photo.png", overwrite=True)
    cut.save(tmp_path / "other.png")
    cut.save(tmp_path / "other.png")
    with pytest.raises(OutputFailed):
        cut.save(tmp_path / "other.png", overwrite=False)


def test_sixteen_bits_survive_where_nothing_was_changed(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65535, (20, 30, 3), np.uint16)
    picture = open_picture(deep)
    cut = Cutout(np.ones((20, 30), np.float32), picture.rgb, picture, window=(0, 0, 20, 30))
    cut.save(tmp_path / "deep.png")
    again = cv2.imread(str(tmp_path / "deep.png"), cv2.IMREAD_UNCHANGED)
    assert again.dtype == np.uint16
    np.testing.assert_array_equal(again[..., 2::-1], deep)


def test_sixteen_bits_survive_a_crop_with_transparency(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65535, (40, 40, 3), np.uint16)
    alpha = np.zeros((40, 40), np.float32)
    alpha[10:30, 5:25] = 1
    alpha[10:20, 5:15] = 0.5
    picture = open_picture(deep)
    Cutout(alpha, picture.rgb, picture, window=(0, 0, 40, 40)).crop().save(tmp_path / "deep.tiff")
    again = cv2.imread(str(tmp_path / "deep.tiff"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(again[..., 2::-1], deep[10:30, 5:25])
    assert set(np.unique(again[..., 3])) == {32768, 65535}


def test_profile_and_dpi_survive(lemur: Picture, tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(lemur.rgb).save(tmp_path / "in.jpg", icc_profile=profile, dpi=(300, 300))
    picture = open_picture(tmp_path / "in.jpg")
    cut = Cutout(np.ones(picture.size, np.float32), picture.rgb, picture)
    for name in ("out.png", "out.tiff", "out.jpg", "out.webp"):
        with Image.open(cut.save(tmp_path / name)) as again:
            assert again.info["icc_profile"] == profile
            if name != "out.webp":
                assert round(float(again.info["dpi"][0])) == 300


def test_empty_cutouts_can_be_dressed_and_saved(tmp_path: Path) -> None:
    empty = nothing()
    assert empty.empty
    assert empty.box is None
    for dressed in (empty.crop("5%"), empty.place((50, 50), scale=0.5), empty.shadow(), empty.preset("square-white")):
        dressed.save(tmp_path / "empty.png")


def test_sheet_shows_before_and_after(cutout: Cutout) -> None:
    sheet = cutout.sheet()
    assert sheet.size[0] > 2 * sheet.size[1] * 0.9
    assert cutout.sheet().mode == "RGB"
