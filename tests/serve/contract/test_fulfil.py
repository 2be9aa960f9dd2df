"""Orders are fulfilled with a stand-in that takes red for the subject, so that every pixel of the answer is known."""

from __future__ import annotations

import io
import zipfile
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageCms

from mattebox import Cutout, Remover
from mattebox.cancelling import Cancellation, Cancelled
from mattebox.encode import encode
from mattebox.errors import BadParameter, BadPicture
from mattebox.picture import Picture
from mattebox.remover import part_of
from mattebox.serve.contract.fulfil import class_of, fulfil
from mattebox.serve.contract.order import Order, read_order
from mattebox.serve.refusals import Refusal
from mattebox.serve.result import Result

HEIGHT, WIDTH = 400, 600
TOP, LEFT, BOTTOM, RIGHT = 100, 200, 300, 350
RED, GREEN = (200, 0, 0), (0, 120, 0)

MOST = 50_000_000


class RedRemover:
    """Finds what is red, and says that it is of some kind."""

    def __init__(self, kind: str | None = "object") -> None:
        self.kind = kind
        self.seen: Picture | None = None

    def __call__(self, picture: Picture, *, region: tuple[int, int, int, int] | None = None) -> Cutout:
        self.seen = picture
        alpha = np.zeros(picture.size, np.float32)
        part = part_of(picture, region)
        alpha[part] = np.clip((picture.rgb[part][..., 0].astype(np.float32) - 20) / 160, 0, 1)
        return Cutout(alpha, np.full_like(picture.rgb, RED), picture, kind=self.kind, window=(0, 0, *picture.size))


def photo(size: tuple[int, int] = (HEIGHT, WIDTH), *, format: str = "png", **marks: Any) -> bytes:  # noqa: A002
    """A red box on green, as a file."""
    share = size[0] / HEIGHT
    rgb = np.full((*size, 3), GREEN, np.uint8)
    rgb[round(TOP * share) : round(BOTTOM * share), round(LEFT * share) : round(RIGHT * share)] = RED
    return encode(rgb, format, **marks)


def done(
    picture: bytes | None = None, background: bytes | None = None, kind: str | None = "object", **asked: object
) -> Result:
    """What an order comes to."""
    order = read_order({"size": "full", **asked})
    return fulfil(order, picture or photo(), background, cast("Remover", RedRemover(kind)), max_pixels=MOST)


def image_of(result: Result) -> Image.Image:
    """The answer, opened and checked against what its headers say."""
    image = Image.open(io.BytesIO(result.data))
    image.load()
    assert Image.MIME[str(image.format)] == result.media_type
    assert (str(image.width), str(image.height)) == (result.headers["X-Width"], result.headers["X-Height"])
    return image


def pixels(result: Result) -> np.ndarray[Any, np.dtype[np.int16]]:
    """The answer's samples, signed so that they can be compared."""
    return np.asarray(image_of(result), np.int16)


def box_of(result: Result) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) as the headers tell it, which the details say too."""
    told = [int(result.headers[f"X-Foreground-{name}"]) for name in ("Top", "Left", "Width", "Height")]
    assert list(result.details.values()) == told
    assert list(result.details) == [f"foreground_{name}" for name in ("top", "left", "width", "height")]
    top, left, width, height = told
    return top, left, top + height, left + width


def visible(alpha: np.ndarray[Any, Any]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of what can be seen."""
    rows, columns = (np.flatnonzero((alpha > 5).any(axis)) for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def refusal(**asked: object) -> Refusal:
    with pytest.raises(Refusal) as refused:
        done(**cast("dict[str, Any]", asked))
    return refused.value


def test_an_order_of_nothing_special_gives_the_cutout_in_its_frame() -> None:
    result = done()
    rgba = pixels(result)
    assert rgba.shape == (HEIGHT, WIDTH, 4)
    assert visible(rgba[..., 3]) == box_of(result) == (TOP, LEFT, BOTTOM, RIGHT)
    assert rgba[200, 250].tolist() == [*RED, 255]
    assert rgba[0, 0].tolist() == [0, 0, 0, 0]
    assert result.headers["X-Type"] == "product"
    assert (result.headers["X-Max-Width"], result.headers["X-Max-Height"]) == ("600", "400")


@pytest.mark.parametrize(
    ("size", "given", "result"),
    [
        ("preview", (HEIGHT, WIDTH), (HEIGHT, WIDTH)),
        ("preview", (1600, 2500), (400, 625)),
        ("medium", (1600, 2500), (979, 1530)),
        ("full", (1600, 2500), (1600, 2500)),
        ("auto", (1600, 2500), (1600, 2500)),
    ],
)
def test_a_size_is_a_maximum(size: str, given: tuple[int, int], result: tuple[int, int]) -> None:
    answer = done(photo(given), size=size)
    assert image_of(answer).size[::-1] == pytest.approx(result, abs=1)
    assert (answer.headers["X-Max-Width"], answer.headers["X-Max-Height"]) == (str(given[1]), str(given[0]))


def test_the_picture_is_shrunk_before_anything_looks_at_it() -> None:
    remover = RedRemover()
    fulfil(read_order({}), photo((1600, 2500)), None, cast("Remover", remover), max_pixels=MOST)
    assert remover.seen is not None
    assert remover.seen.size == (400, 625)


def test_png_ends_at_ten_megapixels_and_the_other_formats_do_not() -> None:
    large = photo((3000, 4500), format="jpeg")
    png, jpg = done(large, format="png"), done(large, format="jpg")
    width, height = image_of(png).size
    assert 9.9e6 < width * height <= 10e6
    assert image_of(jpg).size == (4500, 3000)
    assert (png.headers["X-Max-Width"], png.headers["X-Max-Height"]) == (str(width), str(height))
    assert jpg.headers["X-Max-Width"] == "4500"


def test_the_box_of_a_picture_above_the_limit_is_told_in_its_own_pixels() -> None:
    result = done(photo((4200, 6300), format="jpeg"), size="preview")
    assert image_of(result).size == pytest.approx((612, 408), abs=1)
    assert box_of(result) == pytest.approx((1050, 2100, 3150, 3675), abs=12)
    assert int(result.headers["X-Max-Width"]) == pytest.approx(3872, abs=8)


@pytest.mark.parametrize(
    ("asked", "media_type", "mode"),
    [
        ({"format": "auto"}, "image/png", "RGBA"),
        ({"format": "auto", "bg_color": "white"}, "image/jpeg", "RGB"),
        ({"format": "auto", "bg_color": "fff8"}, "image/png", "RGBA"),
        ({"format": "png", "bg_color": "white"}, "image/png", "RGB"),
        ({"format": "jpg"}, "image/jpeg", "RGB"),
        ({"format": "webp"}, "image/webp", "RGBA"),
        ({"format": "webp", "bg_color": "white"}, "image/webp", "RGB"),
        ({"format": "auto", "channels": "alpha"}, "image/png", "L"),
        ({"format": "auto", "channels": "alpha", "bg_color": "white"}, "image/png", "L"),
        ({"format": "jpg", "channels": "alpha"}, "image/jpeg", "L"),
    ],
)
def test_formats(asked: dict[str, str], media_type: str, mode: str) -> None:
    result = done(**asked)
    assert result.media_type == media_type
    assert image_of(result).mode == mode


def test_a_jpg_without_a_background_is_on_white() -> None:
    rgb = pixels(done(format="jpg"))
    assert rgb[10, 10].tolist() == [255, 255, 255]
    assert rgb[200, 250] == pytest.approx(RED, abs=4)


def layers(result: Result) -> tuple[Image.Image, Image.Image]:
    assert result.media_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(result.data))
    assert archive.namelist() == ["color.jpg", "alpha.png"]
    assert all(each.compress_type == zipfile.ZIP_STORED for each in archive.infolist())
    color, alpha = (Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist())
    assert (color.mode, alpha.mode) == ("RGB", "L")
    assert color.size == alpha.size == (int(result.headers["X-Width"]), int(result.headers["X-Height"]))
    return color, alpha


def test_a_zip_holds_corrected_colours_and_grey_alpha() -> None:
    color, alpha = layers(done(format="zip"))
    assert visible(np.asarray(alpha)) == (TOP, LEFT, BOTTOM, RIGHT)
    assert np.asarray(color)[0, 0] == pytest.approx(RED, abs=4)
    layers(done(format="zip", channels="alpha"))


@pytest.mark.parametrize(
    "asked", [{"bg_color": "0000ff"}, {"bg_color": "0000ff80"}, {"shadow_type": "drop"}, {"scale": "50%", "crop": "1"}]
)
def test_a_zip_puts_together_to_the_same_as_the_png(asked: dict[str, str]) -> None:
    color, alpha = layers(done(format="zip", **asked))
    png = image_of(done(format="png", **asked)).convert("RGBA")
    joined = color.copy()
    joined.putalpha(alpha)
    grounds = [Image.alpha_composite(Image.new("RGBA", png.size, "lime"), each) for each in (png, joined)]
    png_rgb, zip_rgb = (np.asarray(each, np.int16) for each in grounds)
    assert np.abs(png_rgb - zip_rgb).mean() < 1.5


@pytest.mark.parametrize(
    ("roi", "box"),
    [
        ("0% 0% 100% 100%", (100, 200, 300, 350)),
        ("0 0 100% 100%", (100, 200, 300, 350)),
        ("250px 0 100% 150px", (100, 250, 150, 350)),
        ("0% 50% 50% 100%", (200, 200, 300, 300)),
    ],
)
def test_outside_of_the_region_everything_is_background(roi: str, box: tuple[int, int, int, int]) -> None:
    assert box_of(done(roi=roi)) == box


def test_the_region_counts_pixels_of_the_picture_as_it_was_sent() -> None:
    result = done(photo((1600, 2400)), size="preview", roi="1000px 0px 2400px 1600px")
    share = int(result.headers["X-Width"]) / 2400
    assert box_of(result)[1] == pytest.approx(1000 * share, abs=1)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"roi": "0 0 601px 100%"}, "roi_exceeds_bounds"),
        ({"roi": "50% 0 50% 100%"}, "roi_region_empty"),
        ({"roi": "0 0 100px 100px"}, "unknown_foreground"),
        ({"picture": encode(np.full((9, 9, 3), GREEN, np.uint8), "png")}, "unknown_foreground"),
        ({"picture": b"%PDF-1.7 ..."}, "invalid_file_type"),
        ({"background": b"<html>"}, "invalid_file_type"),
    ],
)
def test_refused(asked: dict[str, Any], code: str) -> None:
    assert refusal(**asked).code == code


@pytest.mark.parametrize(("which", "name"), [("picture", "the image"), ("background", "the background")])
def test_what_cannot_be_read_is_told_which(which: str, name: str) -> None:
    with pytest.raises(BadPicture, match=name):
        done(**{which: photo()[:200]})


@pytest.mark.parametrize(
    ("asked", "box"),
    [
        ({"scale": "100%"}, (0, 150, 400, 450)),
        ({"scale": "50%"}, (100, 225, 300, 375)),
        ({"scale": "50%", "position": "0%"}, (0, 0, 200, 150)),
        ({"scale": "50%", "position": "100% 0%"}, (0, 450, 200, 600)),
        ({"position": "center"}, (100, 225, 300, 375)),
        ({"position": "0% 100%"}, (200, 0, 400, 150)),
        ({"scale": "25%", "position": "original"}, (150, 238, 250, 313)),
        ({"scale": "100%", "position": "original"}, (0, 125, 400, 425)),
        ({"position": "original"}, (100, 200, 300, 350)),
    ],
)
def test_scale_and_position_on_the_canvas(asked: dict[str, str], box: tuple[int, int, int, int]) -> None:
    result = done(**asked)
    rgba = pixels(result)
    assert rgba.shape == (HEIGHT, WIDTH, 4)
    assert box_of(result) == visible(rgba[..., 3]) == pytest.approx(box, abs=1)


@pytest.mark.parametrize(
    ("margin", "size", "box"),
    [
        ("", (200, 150), (0, 0, 200, 150)),
        ("30px", (260, 210), (30, 30, 230, 180)),
        ("10% 20%", (240, 210), (20, 30, 220, 180)),
        ("1px 2px 3px 4px", (204, 156), (1, 4, 201, 154)),
        ("500px", (1200, 1150), (500, 500, 700, 650)),
        ("90%", (400, 300), (100, 75, 300, 225)),
    ],
)
def test_a_crop_leaves_its_margins(margin: str, size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    result = done(crop="true", crop_margin=margin, channels="alpha")
    mask = pixels(result)
    assert mask.shape == size
    assert box_of(result) == visible(mask) == box


def test_a_margin_without_a_crop_does_nothing() -> None:
    assert pixels(done(crop_margin="30px")).shape[:2] == (HEIGHT, WIDTH)


def test_a_crop_after_a_scale_keeps_the_size_of_the_subject() -> None:
    assert pixels(done(crop="true", scale="100%", crop_margin="5px")).shape[:2] == (410, 310)


@pytest.mark.parametrize("more", [{"crop_margin": "500px"}, {"shadow_type": "3D"}])
def test_what_would_be_far_larger_than_the_picture_is_refused_before_it_is_made(more: dict[str, str]) -> None:
    """Of a thin picture, margins and shadows make a thousand times as much."""
    rgb = np.full((60_000, 8, 3), GREEN, np.uint8)
    rgb[1_000:59_000, 3:5] = RED
    with pytest.raises(BadParameter, match=r"pixels would be larger than 50 megapixels"):
        done(encode(rgb, "png"), crop="true", **more)


def test_margins_do_not_make_a_result_larger_than_its_size() -> None:
    result = done(photo((1600, 2500)), size="preview", crop="true", crop_margin="50%", roi="0 0 100% 100%")
    subject_only = done(photo((500, 750)), size="preview", crop="true", crop_margin="500px")
    for each in (result, subject_only):
        assert int(each.headers["X-Width"]) * int(each.headers["X-Height"]) <= 250_000
        assert visible(pixels(each)[..., 3]) == pytest.approx(box_of(each), abs=1)


def test_a_background_colour_lies_behind_the_subject() -> None:
    opaque, half = pixels(done(format="png", bg_color="0000ff")), pixels(done(format="png", bg_color="#0000ff80"))
    assert opaque[0, 0].tolist() == [0, 0, 255]
    assert half[0, 0].tolist() == [0, 0, 255, 128]
    assert half[200, 250].tolist() == [*RED, 255]
    assert visible(pixels(done(bg_color="0000"))[..., 3]) == (TOP, LEFT, BOTTOM, RIGHT)


def test_a_background_picture_covers_the_frame_from_its_middle() -> None:
    wide = np.zeros((200, 1000, 3), np.uint8)
    wide[:, 350:650] = (0, 0, 250)
    rgb = pixels(done(background=encode(wide, "png"), format="png"))
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    assert rgb[10, 5].tolist() == rgb[390, 590].tolist() == [0, 0, 250]
    assert rgb[200, 250].tolist() == list(RED)


def test_a_background_picture_of_the_same_size_is_taken_as_it_is() -> None:
    ground = np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    rgb = pixels(done(background=encode(ground, "png"), format="png"))
    np.testing.assert_array_equal(rgb[:TOP], ground[:TOP])


@pytest.mark.parametrize("kind", ["auto", "car", "3D", "drop"])
def test_a_shadow_stays_in_the_frame_and_does_not_move_the_box(kind: str) -> None:
    plain, result = pixels(done()), done(shadow_type=kind)
    shaded = pixels(result)
    assert shaded.shape == plain.shape
    shadow = shaded[..., 3] - plain[..., 3]
    assert shadow.min() == 0
    assert shadow.max() > 40
    assert box_of(result) == (TOP, LEFT, BOTTOM, RIGHT)


def test_the_opacity_of_a_shadow() -> None:
    plain = pixels(done())[..., 3]
    full, faint, none = (
        (pixels(done(shadow_type="drop", shadow_opacity=value))[..., 3] - plain).max() for value in ("100", "20", "0")
    )
    assert full > 4 * faint > 0
    assert none == 0


def test_add_shadow_is_what_suits_the_subject() -> None:
    for kind, same in (("vehicle", "car"), ("person", "3D"), (None, "drop")):
        assert done(add_shadow="true", kind=kind).data == done(shadow_type=same, kind=kind).data


def test_what_the_frame_cuts_stands_nowhere() -> None:
    bust = np.full((100, 100, 3), GREEN, np.uint8)
    bust[30:, 20:80] = RED
    picture = encode(bust, "png")
    for asked in ({}, {"scale": "50%"}):
        shaded = done(picture, kind="person", shadow_type="auto", **asked)
        assert shaded.data == done(picture, kind="person", shadow_type="drop", **asked).data


def test_a_crop_makes_room_for_the_shadow_and_measures_margins_by_the_subject() -> None:
    tight = encode(np.full((200, 150, 3), RED, np.uint8)[:-1], "png")
    framed = np.full((220, 152, 3), GREEN, np.uint8)
    framed[10:210, 1:151] = RED
    result = done(encode(framed, "png"), crop="true", crop_margin="10%", shadow_type="drop")
    rgba = pixels(result)
    top, left, bottom, right = box_of(result)
    assert (bottom - top, right - left) == (200, 150)
    assert visible(rgba[..., 3])[3] > right
    assert rgba.shape[1] > 150 + 2 * 15
    assert (rgba[top:bottom, left:right, :3] == RED).all()
    assert image_of(done(tight, crop="true", shadow_type="drop")).size == (150, 199)


def test_the_mask_is_that_of_the_subject_alone() -> None:
    asked = {"channels": "alpha", "shadow_type": "drop", "bg_color": "red", "crop": "true", "crop_margin": "7px"}
    mask = pixels(done(**asked))
    assert visible(mask) == (7, 7, 207, 157)
    assert mask.max() == 255


def test_without_semitransparency_windows_are_filled() -> None:
    rgb = np.asarray(Image.open(io.BytesIO(photo()))).copy()
    rgb[150:200, 220:260] = (84, 60, 30)
    rgb[150:200, 280:320] = GREEN
    car = encode(rgb, "png")
    seen, filled = pixels(done(car, kind="vehicle")), pixels(done(car, kind="vehicle", semitransparency="false"))
    assert seen[175, 240, 3] < 128
    assert seen[175, 300, 3] == 0
    assert filled[175, 240].tolist() == [84, 60, 30, 255]
    assert filled[175, 300].tolist() == [*GREEN, 255]
    assert filled[10, 10, 3] == 0
    cup = pixels(done(car, semitransparency="false"))
    assert cup[175, 240, 3] == 255
    assert cup[175, 300, 3] == 0


@pytest.mark.parametrize(
    ("kind", "hint", "first", "second"),
    [
        ("person", "auto", "person", "person"),
        ("animal", "car", "animal", "animal"),
        ("object", "auto", "product", "product"),
        ("vehicle", "auto", "car", "car"),
        ("vehicle", "car_interior", "car", "car_interior"),
        ("vehicle", "transportation", "other", "transportation"),
        ("graphic", "auto", "other", "graphics"),
        (None, "auto", "other", "other"),
        (None, "car_part", "car", "car_part"),
        (None, "animal", "animal", "animal"),
    ],
)
def test_the_class_of_the_subject(kind: str | None, hint: str, first: str, second: str) -> None:
    assert class_of(Order(type=hint, type_level="1"), kind) == first
    assert class_of(Order(type=hint, type_level="2"), kind) == second
    assert class_of(Order(type=hint, type_level="latest"), kind) == second


def test_nobody_is_told_the_class_who_does_not_ask() -> None:
    assert "X-Type" not in done(type_level="none").headers


def test_a_picture_on_its_side_comes_out_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.open(io.BytesIO(photo())).rotate(90, expand=True).save(buffer, "JPEG", quality=95, exif=exif)
    result = done(buffer.getvalue(), roi="200px 0 100% 100%")
    image = image_of(result)
    assert image.size == (WIDTH, HEIGHT)
    assert image.getexif().get(0x0112) is None
    assert box_of(result) == pytest.approx((TOP, LEFT, BOTTOM, RIGHT), abs=2)


def test_profile_and_resolution_go_along_and_sixteen_bits_do_not() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    deep = np.asarray(Image.open(io.BytesIO(photo())), np.uint16) * 257
    picture = encode(deep, "png", icc_profile=profile, dpi=(300, 300))
    for form in ("png", "jpg"):
        result = done(picture, format=form)
        image = image_of(result)
        assert image.info["icc_profile"] == profile
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    depth = done(picture).data[24]
    assert depth == 8


def test_work_that_nobody_waits_for_is_given_up() -> None:
    with Cancellation() as cancellation:
        cancellation.cancel()
        with pytest.raises(Cancelled):
            done()


def test_the_real_pipeline_keeps_the_transparency_of_its_picture(lemur: bytes) -> None:
    source = Image.open(io.BytesIO(lemur)).convert("RGBA")
    source.paste((0, 0, 0, 0), (0, 0, source.width, source.height // 2))
    buffer = io.BytesIO()
    source.save(buffer, "PNG")
    result = fulfil(read_order({"crop": "true"}), buffer.getvalue(), None, Remover(), max_pixels=MOST)
    rgba = pixels(result)
    assert result.headers["X-Type"] == "animal"
    assert rgba.shape[0] <= source.height // 2 + 1
    assert (rgba[..., 3] == 255).mean() > 0.2
