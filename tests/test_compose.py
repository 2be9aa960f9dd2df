from contextlib import nullcontext

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.compose import (
    before_after,
    blurred_background,
    checkerboard,
    fit_picture,
    gradient,
    merge,
    over,
    parse_colour,
    solid,
)
from mattebox.errors import BadParameter

BAD = pytest.raises(BadParameter)


def disc(size=(120, 160), radius=40):
    y, x = np.mgrid[: size[0], : size[1]]
    return np.clip(radius - np.hypot(y - size[0] / 2, x - size[1] / 2), 0, 1).astype(np.float32)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("#fff", (255, 255, 255)),
        ("abc", (0xAA, 0xBB, 0xCC)),
        (" #00FF7f ", (0, 255, 127)),
        ("00ff7f", (0, 255, 127)),
        ("Tomato", (255, 99, 71)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("hsl(120, 100%, 50%)", (0, 255, 0)),
        ((1, 2, 3), (1, 2, 3)),
        (np.array([1, 2, 3], np.uint8), (1, 2, 3)),
    ],
)
def test_colours_read(colour, expected):
    assert parse_colour(colour) == expected
    assert all(type(value) is int for value in parse_colour(colour))


@pytest.mark.parametrize(
    "colour",
    [
        "",
        "#12",
        "#ffff",
        "#ffffff80",
        "ffffffff",
        "whitish",
        "rgb(256, 0, 0)",
        (1, 2),
        (1, 2, 3, 4),
        (-1, 0, 0),
        (0.5, 0, 0),
        7,
        None,
    ],
)
def test_colours_refused_with_what_is_valid(colour):
    with pytest.raises(BadParameter, match=r"#ffffff.*white.*rgb"):
        parse_colour(colour)


def test_solid_has_its_size_and_colour():
    picture = solid((2, 3), "#010203")
    assert picture.shape == (2, 3, 3)
    assert picture.dtype == np.uint8
    assert (picture == (1, 2, 3)).all()


@pytest.mark.parametrize(
    ("angle", "first", "last"),
    [
        (0, (-1, 0), (0, 0)),
        (90, (0, 0), (0, -1)),
        (180, (0, 0), (-1, 0)),
        (270, (0, -1), (0, 0)),
        (45, (-1, 0), (0, -1)),
        (135, (0, 0), (-1, -1)),
    ],
)
def test_gradient_runs_where_css_runs(angle, first, last):
    ramp = gradient((256, 256), "black", "white", angle)
    assert ramp[first].max() <= 1
    assert ramp[last].min() >= 254
    assert (ramp[..., 0] == ramp[..., 2]).all()


def test_gradient_keeps_within_rounding_of_the_line_and_across_it():
    ramp = gradient((3, 1000), (0, 10, 255), (255, 20, 0))
    share = (np.arange(1000) + 0.5) / 1000
    line = np.stack([255 * share, 10 + 10 * share, 255 - 255 * share], axis=1)
    assert np.abs(ramp - line).max() <= 0.5 + 1e-4


def test_diagonal_gradient_of_a_wide_picture_meets_the_corners():
    ramp = gradient((100, 400), "black", "white", 45)
    assert ramp[-1, 0].max() <= 1
    assert ramp[0, -1].min() >= 254


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(["cover", "contain", "tile"]),
)
def test_fit_picture_always_has_the_asked_size(height, width, rows, columns, mode):
    picture = np.full((rows, columns, 3), 90, np.uint8)
    assert (
        fit_picture(picture, (height, width), mode, (90, 90, 90)).tolist() == np.full((height, width, 3), 90).tolist()
    )


def test_cover_cuts_both_sides_alike():
    picture = np.zeros((10, 30, 3), np.uint8)
    picture[:, 10:20] = 255
    assert (fit_picture(picture, (10, 10), "cover") == 255).all()
    assert (fit_picture(picture, (5, 5), "cover") == 255).all()


def test_contain_shows_all_of_it_centred():
    fitted = fit_picture(np.full((10, 30, 3), 9, np.uint8), (30, 30), "contain", "red")
    assert (fitted[10:20] == 9).all()
    assert (fitted[:10] == (255, 0, 0)).all()
    assert (fitted[20:] == (255, 0, 0)).all()


def test_a_thin_picture_is_tiled_over_the_frame_alone():
    thin = np.zeros((1, 3_000_000, 3), np.uint8)
    assert fit_picture(thin, (3_000, 5), "tile").shape == (3_000, 5, 3)  # not 27 GB on the way


def test_tile_repeats_from_the_top_left():
    picture = np.random.default_rng(1).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    tiled = fit_picture(picture, (7, 9), "tile")
    assert all((tiled[y, x] == picture[y % 3, x % 4]).all() for y in range(7) for x in range(9))


def test_unknown_fit_mode_is_refused():
    with pytest.raises(BadParameter, match="did you mean 'cover'"):
        fit_picture(solid((4, 4), "red"), (2, 2), "covr")


@pytest.mark.parametrize("radius", [1, 5, 30, 200])
def test_subject_does_not_bleed_into_its_blurred_background(radius):
    alpha = disc()
    ground = np.full((*alpha.shape, 3), (20, 60, 200), np.uint8)
    picture = over(solid(alpha.shape, (255, 0, 0)), alpha, ground)
    blurred = blurred_background(picture, alpha, radius)
    assert blurred.dtype == np.uint8
    assert np.abs(blurred.astype(int)[alpha < 1] - (20, 60, 200)).max() <= 8


def test_background_is_left_sharp_without_a_radius():
    picture = np.random.default_rng(5).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    filled = blurred_background(picture, disc(), 0)
    np.testing.assert_array_equal(filled[disc() == 0], picture[disc() == 0])


def test_negative_blur_is_refused():
    with BAD:
        blurred_background(solid((4, 4), "red"), np.zeros((4, 4), np.float32), -1)


def test_blurred_background_fills_a_hole_wider_than_the_blur():
    alpha = disc((200, 200), 80)
    picture = over(solid(alpha.shape, (255, 0, 0)), alpha, gradient(alpha.shape, "black", (0, 0, 200)))
    blurred = blurred_background(picture, alpha, 3)
    assert blurred[..., 0].max() <= 4
    assert 60 < blurred[100, 100, 2] < 140


def test_blurred_background_blurs_as_much_as_asked():
    step = np.zeros((64, 400, 3), np.uint8)
    step[:, 200:] = 255
    row = blurred_background(step, np.zeros((64, 400), np.float32), 20)[32, :, 0].astype(float)
    expected = cv2.GaussianBlur(step.astype(np.float64), (0, 0), 20)[32, :, 0]
    assert np.abs(row - expected).max() < 4


def test_blurred_background_of_a_picture_that_is_all_subject_is_its_blur():
    picture = gradient((60, 60), "black", "white")
    blurred = blurred_background(picture, np.ones((60, 60), np.float32), 2)
    assert np.abs(blurred.astype(int)[10:-10, 10:-10] - picture[10:-10, 10:-10]).max() <= 2


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.uint8, np.uint16]), st.integers(1, 150))
def test_over_is_within_rounding_of_the_exact_mix_and_exact_at_the_ends(seed, dtype, rows):
    rng = np.random.default_rng(seed)
    top = np.iinfo(dtype).max
    front, back = rng.integers(0, top, (2, rows, 5, 3), dtype=dtype, endpoint=True)
    alpha = np.clip(rng.normal(0.5, 0.7, (rows, 5)), 0, 1).astype(np.float32)
    mixed = over(front, alpha, back)
    assert mixed.dtype == dtype
    exact = alpha[..., None].astype(np.float64)
    assert np.abs(mixed - (front * exact + back * (1 - exact))).max() <= 0.51
    np.testing.assert_array_equal(mixed[alpha == 1], front[alpha == 1])
    np.testing.assert_array_equal(mixed[alpha == 0], back[alpha == 0])


@given(st.integers(0, 255), st.integers(0, 255))
def test_over_moves_evenly_from_background_to_foreground(front, back):
    alpha = np.linspace(0, 1, 256, dtype=np.float32)[None]
    row = over(solid((1, 256), (front,) * 3), alpha, solid((1, 256), (back,) * 3))[0, :, 0].astype(int)
    assert (np.diff(row) * np.sign(front - back) >= 0).all()


@pytest.mark.parametrize(
    ("alpha", "background", "outcome"),
    [
        (np.ones((4, 5), np.float32), np.zeros((4, 5, 3), np.uint8), nullcontext()),
        (np.ones((5, 4), np.float32), np.zeros((4, 5, 3), np.uint8), BAD),
        (np.ones((4, 5), np.float32), np.zeros((1, 1, 3), np.uint8), BAD),
        (np.ones((4, 5), np.float32), np.zeros((4, 5, 3), np.uint16), BAD),
    ],
)
def test_layers_must_match(alpha, background, outcome):
    with outcome:
        over(np.zeros((4, 5, 3), np.uint8), alpha, background)


@given(st.integers(0, 2**32 - 1))
def test_merged_layers_look_as_if_both_were_laid_one_by_one(seed):
    rng = np.random.default_rng(seed)
    colours, below, ground = rng.integers(0, 256, (3, 9, 7, 3), dtype=np.uint8)
    alpha, coverage = np.clip(rng.normal(0.5, 0.6, (2, 9, 7)), 0, 1).astype(np.float32)
    merged = over(*merge(colours, alpha, below, coverage), ground).astype(int)
    apart = over(colours, alpha, over(below, coverage, ground))
    assert np.abs(merged - apart).max() <= 2


def test_a_layer_is_unchanged_where_nothing_lies_below():
    colours = np.random.default_rng(2).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    merged, opacity = merge(colours, disc(), solid((120, 160), "navy"), np.zeros((120, 160), np.float32))
    np.testing.assert_array_equal(merged, colours)
    np.testing.assert_array_equal(opacity, disc())


def test_checkerboard_alternates():
    board = checkerboard((7, 9), 3)[..., 0]
    assert [board[0, 0], board[0, 3], board[3, 0], board[3, 3]] == [255, 204, 204, 255]
    assert board.shape == (7, 9)


@pytest.mark.parametrize(
    ("before", "after", "longest"),
    [
        ((100, 80), (100, 80), 1600),
        ((3000, 2000), (1000, 1000), 1600),
        ((50, 4000), (60, 10), 300),
        ((900, 20), (10, 10), 200),
    ],
)
def test_sheet_keeps_within_its_bound(before, after, longest):
    alpha = np.zeros(after, np.float32)
    sheet = before_after(solid(before, "red"), solid(after, "blue"), alpha, longest=longest)
    assert max(sheet.shape) <= longest
    assert sheet.shape[0] <= max(before[0], after[0])
    assert (sheet[:, 0] == (255, 0, 0)).all()
    assert set(np.unique(sheet[:, -1])) <= {204, 255}


def test_sheet_shows_the_cut_out_over_the_board():
    sheet = before_after(solid((50, 40), "red"), solid((50, 40), "blue"), np.ones((50, 40), np.float32), gap=4)
    assert sheet.shape == (50, 84, 3)
    assert (sheet[:, :40] == (255, 0, 0)).all()
    assert (sheet[:, 40:44] == 255).all()
    assert (sheet[:, 44:] == (0, 0, 255)).all()
