from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.errors import BadParameter
from mattebox.shadows import SHADOWS, find_ground, make_shadow, room_for_shadow, suited_shadow
from mattebox.types import Alpha

KINDS = [kind for kind in SHADOWS if kind != "auto"]


def subject(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (300, 400)) -> Alpha:
    """Opaque boxes (top, left, bottom, right)."""
    alpha = np.zeros(size, np.float32)
    for top, left, bottom, right in boxes:
        alpha[top:bottom, left:right] = 1
    return alpha


def centre(shadow: Alpha) -> tuple[float, float]:
    """(row, column) of the middle of a shadow."""
    y, x = (float(np.average(grid, weights=shadow)) for grid in np.indices(shadow.shape))
    return y, x


@pytest.mark.parametrize("kind", KINDS)
@given(
    opacity=st.floats(0, 1),
    blur=st.floats(0, 3),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_shadow_stays_between_nothing_and_its_opacity(
    kind: str, opacity: float, blur: float, height: int, width: int, seed: int
) -> None:
    alpha = np.random.default_rng(seed).random((height, width), np.float32)
    shadow = make_shadow(kind, alpha, opacity=opacity, blur=blur)
    assert shadow.shape == alpha.shape
    assert shadow.dtype == np.float32
    assert shadow.min() >= 0
    assert shadow.max() <= np.float32(opacity)


@pytest.mark.parametrize("blur", [0, 0.02, 0.3])
def test_a_drop_shadow_falls_where_the_offset_says(blur: float) -> None:
    alpha = subject((100, 150, 200, 250))
    shadow = make_shadow("drop", alpha, offset=(0.2, -0.1), blur=blur, opacity=0.5)
    assert centre(shadow) == pytest.approx((149.5 - 10, 199.5 + 20), abs=0.5)
    assert shadow.sum() == pytest.approx(alpha.sum() / 2, rel=0.02)


def test_the_drop_shadow_of_a_subject_cut_by_the_edge_goes_on_along_it() -> None:
    shadow = make_shadow("drop", subject((40, 30, 100, 70), size=(100, 100)), offset=(0, -0.2), blur=0, opacity=1)
    assert shadow[99, 50] == 1
    assert shadow[28:, 50].min() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_throws_no_shadow(kind: str) -> None:
    assert not make_shadow(kind, np.zeros((5, 6), np.float32)).any()
    assert room_for_shadow(kind, np.zeros((5, 6), np.float32)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("dorp", {}, "did you mean 'drop'"),
        ("drop", {"opacity": 1.1}, "opacity 1.1"),
        ("cast", {"opacity": -0.1}, "opacity -0.1"),
        ("contact", {"opacity": float("nan")}, "opacity nan"),
        ("drop", {"blur": -1}, "blur -1"),
        ("cast", {"blur": float("nan")}, "blur nan"),
        ("contact", {"offset": (0.1, 0.1)}, "only a drop shadow has one"),
    ],
)
def test_what_makes_no_sense_is_refused(kind: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        make_shadow(kind, subject((10, 10, 20, 20)), **settings)


def test_a_contact_shadow_lies_under_the_subject_and_fades_around_it() -> None:
    box = subject((100, 120, 220, 280))
    shadow = make_shadow("contact", box, opacity=1)
    y, x = centre(shadow)
    assert x == pytest.approx(199.5, abs=1)
    assert y == pytest.approx(220, abs=12)
    assert shadow[221, 200] > 0.8
    assert shadow[221, 200] > shadow[232, 200] > shadow[246, 200]
    assert not shadow[:150].any()
    assert not shadow[290:].any()


def test_what_hangs_close_over_the_ground_darkens_it_and_what_is_high_does_not() -> None:
    car = subject((100, 50, 190, 350), (190, 80, 210, 120), (190, 280, 210, 320))
    arch = subject((50, 50, 90, 350), (90, 80, 210, 120), (90, 280, 210, 320))
    under_car, under_arch = (make_shadow("contact", alpha, opacity=1)[205, 200] for alpha in (car, arch))
    assert under_car > 0.4
    assert under_arch == 0


def test_a_cast_shadow_runs_to_the_right_and_to_the_back_and_fades() -> None:
    post = subject((100, 90, 280, 110))
    shadow = make_shadow("cast", post, opacity=1)
    near, far = (280 - 10, 100 + 17), (280 - 50, 100 + 86)
    assert shadow[near] > 2 * shadow[far] > 0.2
    assert shadow[:, :60].max() < 0.01
    assert shadow[:190].max() < 0.01
    assert shadow[281, 100] > 0.3


def test_the_ground_goes_from_wheel_to_wheel() -> None:
    wheels = subject((50, 50, 150, 350), (150, 60, 180, 100), (150, 300, 220, 340))
    ground = find_ground(wheels)
    assert ground is not None
    assert (ground.left, ground.right) == (60, 340)
    assert ground.level[[60, 339]].tolist() == [180, 220]
    assert 185 < ground.level[200] < 215
    assert (ground.level >= ground.lowest).all()


def test_a_lamp_stands_on_its_foot_and_not_on_the_rim_of_its_shade() -> None:
    lamp = subject((50, 100, 120, 300), (120, 195, 260, 205), (255, 180, 262, 220))
    ground = find_ground(lamp)
    assert ground is not None
    assert (ground.left, ground.right) == (180, 220)


@pytest.mark.parametrize("kind", ["contact", "cast"])
def test_what_the_lower_edge_cuts_stands_on_nothing(kind: str) -> None:
    bust = subject((100, 100, 300, 300))
    assert not make_shadow(kind, bust).any()
    assert room_for_shadow(kind, bust) == (0, 0, 0, 0)
    foot = subject((100, 100, 290, 300), (290, 180, 300, 200))
    assert make_shadow(kind, foot).any()


@pytest.mark.parametrize(
    ("kind", "suits"),
    [
        ("person", "cast"),
        ("animal", "cast"),
        ("vehicle", "contact"),
        ("object", "contact"),
        ("graphic", "drop"),
        (None, "drop"),
    ],
)
def test_the_shadow_suits_the_subject(kind: str | None, suits: str) -> None:
    assert suited_shadow(kind, subject((100, 100, 200, 200))) == suits
    assert suited_shadow(kind, subject((100, 100, 300, 300))) == "drop"


@pytest.mark.parametrize("kind", KINDS)
def test_the_room_for_a_shadow_holds_it(kind: str) -> None:
    tight = subject((0, 40, 60, 60), (60, 0, 90, 100), (90, 20, 100, 40), (90, 60, 100, 80), size=(100, 100))
    above, right, below, left = room_for_shadow(kind, tight)
    assert right > 0
    assert below > 0
    roomy = np.pad(tight, ((above, below), (left, right)))
    wide = np.pad(tight, 100)
    whole = make_shadow(kind, wide)
    inside = whole[100 - above : 200 + below, 100 - left : 200 + right]
    assert make_shadow(kind, roomy).sum() == pytest.approx(whole.sum(), rel=0.03)
    assert inside.sum() == pytest.approx(whole.sum(), rel=0.03)


def test_there_is_no_room_where_the_frame_cuts_the_subject() -> None:
    above, right, below, left = room_for_shadow("drop", subject((0, 0, 95, 95), size=(100, 100)))
    assert (above, left) == (0, 0)
    assert right > 0
    assert below > 0
    assert room_for_shadow("drop", subject((5, 5, 100, 100), size=(100, 100)))[1:3] == (0, 0)
