from __future__ import annotations

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.evaluate.figures import BAND, FIGURES, chosen, measured
from mattebox.evaluate.metrics import mad, mse


def maps() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    truth = np.zeros((30, 40), np.float32)
    truth[5:25, 8:30] = 1
    return np.clip(truth + rng.normal(0, 0.3, truth.shape), 0, 1).astype(np.float32), truth


def test_better_is_higher_or_lower_as_the_figure_says() -> None:
    alpha, truth = maps()
    good, bad = measured(FIGURES, truth, truth, None), measured(FIGURES, alpha, truth, None)
    for name, figure in FIGURES.items():
        better, worse = np.max(good[name]), np.max(bad[name])
        assert better > worse if figure.higher else better < worse, name


def test_regional_figures_can_be_told_what_counts() -> None:
    alpha, truth = maps()
    region = np.zeros(truth.shape, bool)
    region[:, :20] = True
    names = [name for name, figure in FIGURES.items() if figure.regional]
    assert set(BAND) <= set(names)
    part, whole = measured(names, alpha, truth, region), measured(names, alpha, truth, None)
    for name in names:
        assert part[name] != whole[name], name
    assert part["mse"] == mse(alpha, truth, region)


def test_both_scalings_are_there() -> None:
    alpha, truth = maps()
    found = measured(FIGURES, alpha, truth, None)
    assert found["mse_x1000"] == 1000 * found["mse"] == 1000 * mse(alpha, truth)
    assert found["mad_x1000"] == 1000 * found["mad"] == 1000 * mad(alpha, truth)
    assert found["mae"] == found["mad"]


def test_what_is_chosen_suits_the_protocol() -> None:
    assert chosen(None, "whole") is None
    assert chosen(None, "unknown") == BAND
    assert chosen(["sad", "iou", "sad"], "whole") == ("sad", "iou")


@pytest.mark.parametrize(
    ("names", "protocol", "message"),
    [
        (["sda"], "whole", "no figure 'sda'; did you mean 'sad'"),
        (["sad", "iou"], "unknown", "'iou' is a figure of whole pictures"),
        (["sad"], "some", "no protocol 'some'"),
    ],
)
def test_what_makes_no_sense_is_told(names: list[str], protocol: str, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        chosen(names, protocol)
