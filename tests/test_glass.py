import numpy as np
import pytest

from mattebox import Cutout, open_picture
from mattebox.errors import BadParameter
from mattebox.glass import find_glass
from mattebox.types import Alpha


@pytest.fixture
def car() -> Alpha:
    """A body with a window, a hole, a gap between hairs, and a notch that is open to the outside."""
    alpha = np.zeros((200, 300), np.float32)
    alpha[50:150, 50:250] = 1
    alpha[70:100, 70:120] = 0.4
    alpha[70:100, 150:180] = 0
    alpha[120, 200] = 0.5
    alpha[140:150, 100:120] = 0.5
    return alpha


def test_glass_is_what_is_enclosed_and_not_quite_clear(car: Alpha) -> None:
    glass = find_glass(car)
    expected = np.zeros_like(glass)
    expected[70:100, 70:120] = True
    np.testing.assert_array_equal(glass, expected)


def test_holes_are_taken_too_where_nothing_is_too_faint(car: Alpha) -> None:
    glass = find_glass(car, faintest=0)
    assert glass[70:100, 150:180].all()
    assert glass.sum() == 30 * 50 + 30 * 30


def test_what_reaches_the_frame_is_no_glass(car: Alpha) -> None:
    assert not find_glass(car[85:], faintest=0).any()
    assert not find_glass(np.full((9, 9), 0.5, np.float32), faintest=0).any()


def test_filled_glass_shows_what_is_behind_it(car: Alpha) -> None:
    rgb = np.random.default_rng(4).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    cutout = Cutout(car, np.zeros_like(rgb), open_picture(rgb), window=(0, 0, 200, 300))
    filled = cutout.fill()
    window = np.s_[70:100, 70:120]
    assert (filled.alpha[window] == 1).all()
    np.testing.assert_array_equal(filled.foreground[window], rgb[window])
    assert filled.alpha[85, 165] == 0
    assert filled.alpha[145, 110] == 0.5
    assert not filled.foreground[:60].any()
    with pytest.raises(BadParameter, match="while the subject stands"):
        cutout.frame((-1, -1, 201, 301)).fill()


def test_filled_glass_is_no_more_opaque_than_the_picture_was(car: Alpha) -> None:
    rgba = np.full((200, 300, 4), 255, np.uint8)
    rgba[80:90, 80:90, 3] = 51
    cutout = Cutout(car, rgba[..., :3].copy(), open_picture(rgba), window=(0, 0, 200, 300))
    assert cutout.fill().alpha[85, 85] == pytest.approx(0.2)
