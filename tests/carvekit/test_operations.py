"""Trimaps, masks and composition through the names that programs call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from carvekit.trimap import add_ops
from carvekit.trimap.cv_gen import CV2TrimapGenerator
from carvekit.trimap.generator import TrimapGenerator
from carvekit.utils import image_utils, mask_utils
from parity.golden import drawn, record, recorded

FUNCTIONS: dict[str, Callable[..., Image.Image]] = {
    "TrimapGenerator": lambda *images, **settings: TrimapGenerator(**settings)(*images),
    "CV2TrimapGenerator": lambda *images, **settings: CV2TrimapGenerator(**settings)(*images),
    **{name: getattr(add_ops, name) for name in add_ops.__all__},
    **{name: getattr(mask_utils, name) for name in mask_utils.__all__},
    "transparency_paste": image_utils.transparency_paste,
    "add_margin": image_utils.add_margin,
}
ROWS = [row for row in record("operations")["rows"] if row["op"] in FUNCTIONS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['op']}")
def test_every_recorded_operation(row: dict[str, Any]) -> None:
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in row["params"].items()}
    settings.pop("note", None)
    ours = FUNCTIONS[row["op"]](*map(drawn, row["inputs"]), **settings)
    assert ours.mode == row["mode"]
    np.testing.assert_array_equal(ours, recorded("operations", row["id"]))


def test_trimaps_are_made_of_masks_of_mode_l_and_of_the_pictures_size() -> None:
    picture, mask = Image.new("RGB", (64, 48)), Image.new("L", (64, 48))
    for generator in (TrimapGenerator(), CV2TrimapGenerator()):
        with pytest.raises(ValueError, match="the mask is of mode RGB; convert it to L"):
            generator(picture, picture)
        with pytest.raises(ValueError, match=r"the picture has \(32, 48\) pixels and its mask \(64, 48\)"):
            generator(Image.new("RGB", (32, 48)), mask)
    for operation in (add_ops.prob_filter, add_ops.low_prob_filter, add_ops.post_erosion):
        with pytest.raises(ValueError, match="is of mode RGB"):
            operation(picture)
    with pytest.raises(ValueError, match="the trimap is of mode RGB"):
        add_ops.prob_as_unknown_area(picture, mask)


def test_the_settings_of_a_generator_can_be_changed() -> None:
    mask = drawn(["mask", [97, 131], 1])
    picture = Image.new("RGB", mask.size)
    generator = TrimapGenerator()
    generator.prob_threshold, generator.kernel_size = 180, 4
    generator.erosion_iters, generator.filter_threshold = 1, 40
    np.testing.assert_array_equal(generator(picture, mask), TrimapGenerator(180, 4, 1, 40)(picture, mask))
