from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mattebox import BadParameter, BadPicture, open_picture
from mattebox.hints import Hints, read_mask, read_trimap

GREYS = np.array([[0, 25, 26, 127], [128, 229, 230, 255]], np.uint8)


def test_greys_are_read_by_the_stated_rule() -> None:
    np.testing.assert_array_equal(read_trimap(GREYS, (2, 4)), [[0, 0, 128, 128], [128, 128, 255, 255]])


@pytest.mark.parametrize(
    ("values", "told"), [((0, 128, 255), 0), ((0, 127, 255), 0), ((0, 128, 129, 255), 1), ((3, 128), 1), ((26, 128), 1)]
)
def test_greys_beyond_three_are_told_once(
    values: tuple[int, ...],
    told: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "trimap.png"
    Image.fromarray(np.array([values], np.uint8)).save(path)
    monkeypatch.setattr("mattebox.hints.TOLD", [])
    with caplog.at_level(logging.WARNING, "mattebox"):
        for _ in range(2):
            read_trimap(path, (1, len(values)))
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == told
    assert all(words.startswith(f"{path}: a trimap of other greys than black, white and one between") for words in said)


def test_a_trimap_of_another_size_is_an_error_unless_it_is_to_be_resized(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    Image.fromarray(np.array([[0, 128], [128, 255]], np.uint8)).save(path)
    with pytest.raises(BadParameter, match=r"small\.png: a trimap of 2 x 2 pixels, where the picture has 6 x 6: give"):
        read_trimap(path, (6, 6))
    resized = read_trimap(path, (6, 6), resize=True)
    np.testing.assert_array_equal(resized, np.kron([[0, 128], [128, 255]], np.ones((3, 3))))
    with pytest.raises(BadParameter, match="resized it would be squeezed"):
        read_trimap(path, (4, 6), resize=True)


def test_a_trimap_in_the_alpha_channel_is_found() -> None:
    colours = np.dstack([np.zeros((2, 4, 3), np.uint8), np.array([[0, 0, 128, 255]] * 2, np.uint8)])
    np.testing.assert_array_equal(read_trimap(Image.fromarray(colours), (2, 4)), [[0, 0, 128, 255]] * 2)


def test_a_trimap_of_class_numbers_is_refused() -> None:
    with pytest.raises(BadParameter, match="its values go from 0 to 2; a trimap has 0 for background, 128 for unknown"):
        read_trimap(np.array([[0, 1, 2]], np.uint8), (1, 3))


def test_a_trimap_that_asks_for_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mattebox"):
        read_trimap(np.array([[0, 255]], np.uint8), (1, 2))
    assert "nothing in this trimap is unknown, so nothing is matted" in caplog.text


def test_a_trimap_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG no")
    with pytest.raises(BadPicture, match=r"broken\.png"):
        read_trimap(path, (4, 4))


def test_a_mask_is_the_opacity_or_else_the_lightness() -> None:
    grey = np.full((2, 2), 51, np.uint8)
    np.testing.assert_allclose(read_mask(grey), 0.2, atol=1e-6)
    colours = np.dstack([np.full((2, 2, 3), 255, np.uint8), grey])
    np.testing.assert_allclose(read_mask(Image.fromarray(colours)), 0.2, atol=1e-6)


def test_hints_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(BadParameter, match="mask and box contradict each other"):
        Hints(mask=GREYS, box=(0, 0, 1, 1))


@pytest.mark.parametrize(
    ("hints", "wrong"),
    [
        ({"points": [(1,)]}, r"point \(1,\): give \(row, column\)"),
        ({"points": (220, 310)}, r"point 220: give"),
        ({"points": [(1.5, 2)]}, r"point \(1\.5, 2\): give"),
        ({"points": [(1, 2, 3, 4)]}, r"point \(1, 2, 3, 4\): give"),
        ({"box": (1, 2, 3)}, r"box \(1, 2, 3\): give \(top, left, bottom, right\)"),
        ({"box": (0.5, 0, 1, 1)}, r"box \(0\.5, 0, 1, 1\): give"),
        ({"transparent": (1, 2, 3, 4)}, r"transparent 1: give"),
    ],
)
def test_malformed_hints_are_told_in_words(hints: dict[str, object], wrong: str) -> None:
    with pytest.raises(BadParameter, match=wrong):
        Hints(**hints)


def test_points_are_on_the_subject_unless_said_otherwise() -> None:
    expected = ((1, 2, True), (3, 4, False), (5, 6, True))
    assert Hints(points=[(1, 2), (3, 4, False), (5, 6, True)]).points == expected
    assert Hints(points=np.array([[1, 2], [3, 4]])).points == ((1, 2, True), (3, 4, True))


@pytest.mark.parametrize(
    ("hints", "part", "wrong"),
    [
        (Hints(points=[(0, 4)]), (0, 0, 2, 4), r"point \(0, 4\) lies outside the picture of 2 x 4 pixels"),
        (Hints(points=[(-1, 0)]), (0, 0, 2, 4), r"point \(-1, 0\) lies outside"),
        (Hints(points=[(0, 0)]), (0, 1, 2, 4), r"point \(0, 0\) lies outside the region \(0, 1, 2, 4\)"),
        (Hints(box=(0, 0, 3, 2)), (0, 0, 2, 4), r"box \(0, 0, 3, 2\) must be"),
        (Hints(box=(1, 1, 1, 2)), (0, 0, 2, 4), r"box \(1, 1, 1, 2\) must be"),
        (Hints(box=(0, 0, 2, 1)), (0, 1, 2, 4), r"box \(0, 0, 2, 1\) lies outside the region"),
        (Hints(transparent=[(0, 0, 2, 5)]), (0, 0, 2, 4), r"box \(0, 0, 2, 5\) must be"),
    ],
)
def test_points_and_boxes_lie_in_the_picture(hints: Hints, part: tuple[int, int, int, int], wrong: str) -> None:
    with pytest.raises(BadParameter, match=wrong):
        hints.check(open_picture(GREYS), part)
