from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mattebox.evaluate.report import Row, Truth
from mattebox.evaluate.run import Compared
from mattebox.evaluate.sheet import CELL, GAP, GREEN, LINE, PAPER, Strip, WorstCases, draw_sheet, draw_strip

SIZE = (60, 80)


def compared(iou: float, name: str = "a.png", truth: Truth = "binary") -> Compared:
    """A grey picture; found is the left half, true is the upper half."""
    alpha, true = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    alpha[:, :40], true[:30] = 1, 1
    figures = {} if truth == "none" else {"iou": iou}
    row = Row(f"photos/{name}", "", "", truth, figures, 0.5, refused=False, subject_score=None, seconds=0)
    return Compared(row, np.full((*SIZE, 3), 100, np.uint8), alpha, true)


def test_a_strip_shows_photo_result_truth_and_difference() -> None:
    strip = draw_strip(compared(0.25))
    assert strip.caption == "a.png  IoU 0.250"
    assert strip.views.shape == (CELL, 4 * (CELL + GAP), 3)
    photo, result, truth, difference = (strip.views[:, start : start + CELL] for start in range(0, 656, CELL + GAP))
    upper_left, upper_right, lower_left, lower_right, below = (30, 40), (30, 120), (90, 40), (90, 120), (140, 80)
    for view, colours in (
        (photo, [(100,) * 3] * 4),
        (result, [(100,) * 3, GREEN, (100,) * 3, GREEN]),
        (truth, [(100,) * 3, (100,) * 3, GREEN, GREEN]),
        (difference, [(0, 0, 0), (0, 76, 255), (255, 76, 0), (0, 0, 0)]),
    ):
        corners = (upper_left, upper_right, lower_left, lower_right)
        assert [tuple(view[at]) for at in corners] == colours
        assert tuple(view[below]) == PAPER


def test_a_strip_of_a_saved_result_has_no_photo() -> None:
    strip = draw_strip(compared(0.25), photo=False)
    assert strip.views.shape == (CELL, 3 * (CELL + GAP), 3)
    result, truth, difference = (strip.views[30, start : start + CELL] for start in range(0, 492, CELL + GAP))
    assert [tuple(result[at]) for at in (40, 120)] == [(255,) * 3, (0,) * 3]
    assert [tuple(truth[at]) for at in (40, 120)] == [(255,) * 3] * 2
    assert tuple(difference[120]) == (0, 76, 255)
    worst = WorstCases(photo=False)
    worst.add(compared(0.25))
    assert worst.draw().shape[1] == 3 * (CELL + GAP) + 2 * GAP


@pytest.mark.parametrize("size", [(1, 900), (900, 1), (7, 5)])
def test_every_shape_fits_its_cell(size: tuple[int, int]) -> None:
    alpha = np.ones(size, np.float32)
    flat = Compared(compared(1).row, np.zeros((*size, 3), np.uint8), alpha, alpha)
    assert draw_strip(flat).views.shape == (CELL, 4 * (CELL + GAP), 3)


def test_the_worst_are_kept_in_their_order() -> None:
    worst = WorstCases(3)
    for index, iou in enumerate([0.9, 0.2, 0.5, 0.7, 0.1, 0.2]):
        worst.add(compared(iou, f"{index}.png"))
    worst.add(compared(0, "empty.png", truth="none"))
    expected = [draw_strip(compared(iou, name)) for iou, name in ((0.1, "4.png"), (0.2, "1.png"), (0.2, "5.png"))]
    np.testing.assert_array_equal(worst.draw(), draw_sheet(expected))


def test_captions_are_drawn_and_stay_on_their_side() -> None:
    blank = WorstCases().draw()
    assert (blank != PAPER).any()  # what the columns are
    short, long, odd = (draw_sheet([draw_strip(compared(0.5, name))] * 2) for name in ("a", "a" * 300, "ü\n\udcff語"))
    captions = np.s_[LINE + GAP : 2 * LINE + GAP]
    for sheet in (short, long, odd):
        assert sheet.shape == short.shape
        left, right = np.split(sheet[captions, GAP:], 2, axis=1)
        np.testing.assert_array_equal(left, right)
        assert (left != PAPER).any()
        assert (left[:, -GAP:] == PAPER).all()
    assert (long != short).any()


def test_cases_are_ranked_by_the_first_figure_when_there_is_no_iou() -> None:
    def with_figures(**figures: float) -> Strip:
        one = compared(0)
        return draw_strip(replace(one, row=replace(one.row, figures=figures)))

    few, many = with_figures(sad=1.5), with_figures(sad=4, mean_f=0.9)
    assert (few.caption, many.caption) == ("a.png  SAD 1.500", "a.png  SAD 4.000")
    assert many.quality < few.quality
    assert with_figures(mean_f=0.2).quality < with_figures(mean_f=0.3).quality
