from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.errors import BadParameter
from mattebox.geometry import (
    fitting,
    margins,
    placement,
    resize_straight,
    resized,
    scaled,
    subject_box,
    window,
    within,
)

sizes = st.tuples(st.integers(8, 90), st.integers(8, 90))
BAD = pytest.raises(BadParameter)


def block(size, box, dtype=np.uint8):
    """A grey layer, opaque inside the box only."""
    alpha = np.zeros(size, np.float32)
    alpha[box[0] : box[2], box[1] : box[3]] = 1
    return np.full((*size, 3), 120, dtype), alpha


@st.composite
def boxes(draw, side=40):
    top, bottom = sorted(draw(st.lists(st.integers(0, side), min_size=2, max_size=2, unique=True)))
    left, right = sorted(draw(st.lists(st.integers(0, side), min_size=2, max_size=2, unique=True)))
    return top, left, bottom, right


@given(boxes())
def test_subject_box_is_the_block_that_was_drawn(box):
    assert subject_box(block((40, 40), box)[1]) == box


@pytest.mark.parametrize(("level", "found"), [(0.0, None), (0.02, None), (0.03, (3, 4, 4, 5))])
def test_subject_box_leaves_out_what_is_fainter_than_the_threshold(level, found):
    alpha = np.zeros((8, 9), np.float32)
    alpha[3, 4] = level
    assert subject_box(alpha) == found


def test_subject_box_of_a_transposed_view():
    alpha = block((20, 30), (2, 5, 9, 28))[1]
    assert subject_box(alpha.T) == (5, 2, 28, 9)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("10", (10, 10, 10, 10)),
        (10, (10, 10, 10, 10)),
        ("0", (0, 0, 0, 0)),
        ("12.4px", (12, 12, 12, 12)),
        ("5%", (20, 10, 20, 10)),
        (".5%", (2, 1, 2, 1)),
        ("10px 5%", (10, 10, 10, 10)),
        ("  1 2px  3%   4 ", (1, 2, 12, 4)),
    ],
)
@pytest.mark.parametrize("extent", [(400, 200), (7, 9, 407, 209)], ids=["size", "box"])
def test_margins_read(spec, extent, expected):
    assert margins(spec, extent) == expected


@pytest.mark.parametrize(
    "spec", ["", "a", "-1", "5 %", "1 2 3", "1 2 3 4 5", "10em", "1e3", "nan", "9" * 400, "%", "."]
)
def test_margins_refused(spec):
    with pytest.raises(BadParameter, match="margin"):
        margins(spec, (400, 200))


@given(st.integers(-15, 15), st.integers(-15, 15), st.integers(1, 30), st.integers(1, 30), st.sampled_from([(), (3,)]))
def test_window_is_the_padded_array_cut(top, left, height, width, channels):
    array = np.random.default_rng(7).integers(1, 256, (9, 11, *channels), dtype=np.uint8)
    padded = np.pad(array, [(50, 50), (50, 50)] + [(0, 0)] * len(channels), constant_values=77)
    expected = padded[50 + top : 50 + top + height, 50 + left : 50 + left + width]
    np.testing.assert_array_equal(window(array, top, left, height, width, fill=77), expected)


def test_window_fills_with_a_colour_and_does_not_share_memory():
    array = np.zeros((4, 4, 3), np.uint8)
    cut = window(array, 0, 0, 5, 4, fill=(1, 2, 3))
    assert cut[4].tolist() == [[1, 2, 3]] * 4
    cut[:] = 9
    assert not array.any()


@pytest.mark.parametrize(("height", "width"), [(0, 3), (3, -1)])
def test_an_empty_window_is_refused(height, width):
    with BAD:
        window(np.zeros((4, 4)), 0, 0, height, width)


@pytest.mark.parametrize("size", [(50, 50), (37, 61), (100, 100), (240, 180), (300, 90), (7, 5)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_resize_straight_leaves_no_fringe(size, dtype):
    top = np.iinfo(dtype).max
    y, x = np.mgrid[:100, :100]
    alpha = np.clip(30 - np.hypot(y - 50, x - 50), 0, 1).astype(np.float32)
    green, red = np.array([0, top, 0], dtype), np.array([top, 0, 0], dtype)
    colours, opacity = resize_straight(np.where((alpha > 0)[..., None], red, green), alpha, size)
    assert colours.dtype == dtype
    assert colours.shape == (*size, 3)
    assert opacity.shape == size
    edge = (opacity > 0.004) & (opacity < 0.996)
    assert edge.any()
    assert np.abs(colours[edge].astype(int) - red.astype(int)).max() <= 1
    assert (colours[opacity == 0] == green).all()


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_resize_straight_invents_no_colour_and_no_opacity(height, width, seed):
    rng = np.random.default_rng(seed)
    rgb = rng.integers(40, 201, (23, 17, 3), dtype=np.uint8)
    alpha = rng.random((23, 17), np.float32)
    colours, opacity = resize_straight(rgb, alpha, (height, width))
    assert colours.min() >= rgb.min() - 1
    assert colours.max() <= rgb.max() + 1
    assert opacity.min() >= 0
    assert opacity.max() <= 1


def test_shrinking_averages_areas():
    stripes = np.tile(np.array([0, 200], np.uint8), (8, 4))
    assert (resized(stripes, (4, 4)) == 100).all()


@given(sizes, sizes, st.none() | st.floats(0.1, 1), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_the_subject_is_placed_on_the_canvas_at_the_asked_share(size, canvas, scale, position):
    (height, width), (x, y) = canvas, position
    top, left, bottom, right = placement(size, canvas, scale=scale, position=position)
    assert 0 <= top < bottom <= height
    assert 0 <= left < right <= width
    rows, columns = bottom - top, right - left
    ratios = (rows / size[0], columns / size[1])
    if scale is None:
        assert max(ratios) <= 1
        assert (rows, columns) == size or rows == height or columns == width
    else:
        share = max(rows - scale * height, columns - scale * width)
        assert -0.51 <= share <= max(0.51, 1 - scale * min(height, width))
    assert abs(top - (height - rows) * y) <= 0.51
    assert abs(left - (width - columns) * x) <= 0.51


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ({"scale": 1}, nullcontext()),
        ({"scale": 0}, BAD),
        ({"scale": 1.2}, BAD),
        ({"scale": float("nan")}, BAD),
        ({"position": (0, 1.01)}, BAD),
        ({"position": (-0.1, 0)}, BAD),
        ({"canvas": (0, 5)}, BAD),
    ],
)
def test_placement_settings(settings, outcome):
    with outcome:
        placement((3, 3), **{"canvas": (8, 8)} | settings)


@given(st.integers(1, 60_000), st.integers(1, 60_000), st.sampled_from([0.25, 1.5, 4, 10, 25, 50]))
def test_a_size_is_never_exceeded_nor_enlarged(height: int, width: int, megapixels: float) -> None:
    down, across = fitting((height, width), megapixels)
    assert 1 <= down <= height
    assert 1 <= across <= width
    assert down * across <= megapixels * 1e6
    if height * width <= megapixels * 1e6:
        assert (down, across) == (height, width)
    elif 0.2 < height / width < 5:
        assert down * across > 0.98 * megapixels * 1e6
        assert down / across == pytest.approx(height / width, rel=0.01)


def test_the_example_of_the_contract() -> None:
    assert fitting((4000, 6250), 0.25) == (400, 625)


@given(st.data())
def test_a_box_stays_inside_and_is_never_empty(data: st.DataObject) -> None:
    height, width, down, across = (data.draw(st.integers(1, 9000)) for _ in range(4))
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    box = scaled((top, left, bottom, right), (height, width), (down, across))
    assert 0 <= box[0] < box[2] <= down
    assert 0 <= box[1] < box[3] <= across
    assert scaled((0, 0, height, width), (height, width), (down, across)) == (0, 0, down, across)


@given(boxes(), boxes())
def test_a_box_seen_in_a_frame_is_what_is_seen_of_it_there(box, frame):
    top, left, bottom, right = frame
    seen = window(block((40, 40), box)[1], top, left, bottom - top, right - left)
    y, x, lower, after = within(box, frame)
    assert seen.sum() == seen[y:lower, x:after].size
    assert seen[y:lower, x:after].all()
