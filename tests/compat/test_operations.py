from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mattebox.compat import pixels, trimap
from mattebox.stages.fba import distance_channels
from parity import weights
from parity.golden import drawn, record, recorded

ROWS = record("operations")["rows"]


def on_images(operation: Callable[..., Image.Image]) -> Callable[..., np.ndarray]:
    return lambda *arrays, **options: np.asarray(operation(*map(Image.fromarray, arrays), **options))


OPERATIONS: dict[str, Callable[..., np.ndarray]] = {
    "TrimapGenerator": lambda _, mask, **options: trimap.probability_trimap(mask, **options),
    "CV2TrimapGenerator": lambda _, mask, **options: trimap.dilated_trimap(mask, **options),
    "prob_filter": trimap.prob_filter,
    "low_prob_filter": trimap.low_prob_filter,
    "prob_as_unknown_area": trimap.prob_as_unknown_area,
    "post_erosion": trimap.post_erosion,
    "apply_mask": on_images(pixels.apply_mask),
    "composite": on_images(pixels.composite),
    "extract_alpha_channel": on_images(pixels.extract_alpha_channel),
    "transparency_paste": on_images(pixels.transparency_paste),
    "add_margin": on_images(lambda image, color, **sides: pixels.add_margin(image, colour=tuple(color), **sides)),
}
NOTES = {"note", "two_channels", "layout"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['op']}")
def test_every_recorded_operation(row: dict[str, Any]) -> None:
    inputs = [np.array(drawn(recipe)) for recipe in row["inputs"]]
    options = {name: value for name, value in row["params"].items() if name not in NOTES}
    expected = recorded("operations", row["id"])
    if row["op"] == "fba_trimap_transform":
        np.testing.assert_allclose(distance_channels(*inputs).transpose(1, 2, 0), expected, rtol=0, atol=1e-5)
    else:
        ours = OPERATIONS[row["op"]](*inputs, **options)
        assert ours.dtype == np.uint8
        np.testing.assert_array_equal(ours, expected)


def test_operations_leave_their_arguments_alone() -> None:
    mask, known = weights.mask((40, 50), 0), weights.trimap((40, 50), 0)
    before = mask.copy(), known.copy()
    trimap.probability_trimap(mask, 231, 5, 2, 70)
    trimap.prob_as_unknown_area(known, mask)
    trimap.post_erosion(known, 3)
    np.testing.assert_array_equal(mask, before[0])
    np.testing.assert_array_equal(known, before[1])


def test_the_colours_of_a_pasted_picture_are_weighted_twice() -> None:
    half = Image.new("RGBA", (1, 1), (200, 100, 50, 128))
    assert pixels.transparency_paste(Image.new("RGBA", (1, 1)), half).getpixel((0, 0)) == (100, 50, 25, 64)
